use otel_runtime::timed;

#[timed("shop.order.duration", buckets = ["10ms", "1s"])]
fn place_order() {}

fn main() {
    place_order();
}
