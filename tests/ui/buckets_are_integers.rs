use otel_runtime::timed;

#[timed("shop.order.duration", buckets = [1, 10])]
fn place_order() {}

fn main() {
    place_order();
}
