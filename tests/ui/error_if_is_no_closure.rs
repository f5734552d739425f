use otel_runtime::traced;

#[traced(error_if = true)]
fn place_order() -> u64 {
    1
}

fn main() {
    place_order();
}
