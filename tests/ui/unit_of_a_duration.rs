use otel_runtime::timed;

#[timed("shop.order.duration", unit = "ms")]
fn place_order() {}

fn main() {
    place_order();
}
