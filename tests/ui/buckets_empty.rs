use otel_runtime::timed;

#[timed("shop.order.duration", buckets = [])]
fn place_order() {}

fn main() {
    place_order();
}
