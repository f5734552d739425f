use otel_runtime::{counted, timed};

#[timed]
#[counted]
#[counted("shop.orders")]
fn place_order() {}

fn main() {
    place_order();
}
