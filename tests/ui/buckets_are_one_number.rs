use otel_runtime::timed;

#[timed("shop.order.duration", buckets = 0.1)]
fn place_order() {}

fn main() {
    place_order();
}
