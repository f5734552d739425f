use otel_runtime::traced;

#[traced(error_if = |count| count.checked_sub(1))]
fn place_order() -> u64 {
    1
}

fn main() {
    place_order();
}
