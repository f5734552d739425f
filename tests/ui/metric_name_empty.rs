use otel_runtime::counted;

#[counted("")]
fn place_order() {}

fn main() {
    place_order();
}
