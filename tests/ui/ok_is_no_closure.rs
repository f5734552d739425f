use otel_runtime::traced;

#[traced(ok(order.id = 7))]
fn place_order() -> Result<u64, String> {
    Ok(1)
}

fn main() {
    let _ = place_order();
}
