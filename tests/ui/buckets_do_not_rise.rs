use otel_runtime::timed;

#[timed("shop.order.duration", buckets = [0.1, 1.0, 0.5])]
fn place_order() {}

fn main() {
    place_order();
}
