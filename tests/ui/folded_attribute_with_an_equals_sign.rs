use otel_runtime::{counted, timed};

#[timed]
#[counted = "shop.orders"]
fn place_order() {}

fn main() {
    place_order();
}
