use otel_runtime::traced;

#[traced(err(retry.after = |error| 1))]
fn place_order() -> u64 {
    1
}

fn main() {
    place_order();
}
