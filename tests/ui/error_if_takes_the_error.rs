use otel_runtime::traced;

#[traced(error_if = |error: &String| error.is_empty())]
fn place_order() -> Result<u64, String> {
    Ok(1)
}

fn main() {
    let _ = place_order();
}
