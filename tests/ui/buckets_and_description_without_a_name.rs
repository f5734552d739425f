use otel_runtime::timed;

#[timed(buckets = [0.1, 1.0], description = "Time to place an order.")]
fn place_order() {}

fn main() {
    place_order();
}
