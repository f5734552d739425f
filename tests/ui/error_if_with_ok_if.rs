use otel_runtime::traced;

#[traced(error_if = |_| true, ok_if = |_| false)]
fn place_order() -> Result<u64, String> {
    Ok(1)
}

fn main() {
    let _ = place_order();
}
