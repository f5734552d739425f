use otel_runtime::timed;

#[timed("2nd.duration")]
fn place_order() {}

fn main() {
    place_order();
}
