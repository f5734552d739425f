use otel_runtime::traced;

#[traced]
fn total(items: &[u32]) -> u32 {
    let count = items.len();
    "none"
}

fn main() {
    total(&[]);
}
