use otel_runtime::traced;

#[traced(skip_all, level = "debug", err, ret)]
fn place_order() -> Result<(), String> {
    Ok(())
}

fn main() {
    let _ = place_order();
}
