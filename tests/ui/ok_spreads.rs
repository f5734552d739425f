use otel_runtime::traced;

#[traced(ok(..order))]
fn place_order() -> u64 {
    1
}

fn main() {
    place_order();
}
