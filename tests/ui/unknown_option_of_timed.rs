use otel_runtime::timed;

#[timed(in_flight)]
fn place_order() {}

fn main() {
    place_order();
}
