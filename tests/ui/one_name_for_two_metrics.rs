use otel_runtime::{counted, timed};

#[counted("shop.orders")]
#[timed("shop.orders")]
fn place_order() {}

fn main() {
    place_order();
}
