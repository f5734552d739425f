use otel_runtime::traced;

#[traced]
async fn total(items: &[u32]) -> Result<u32, String> {
    let count: u32 = items.len();
    Ok("none")
}

fn main() {
    let _ = total(&[]);
}
