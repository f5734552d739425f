use otel_runtime::counted;

#[counted("shop.orders", unit = "placed orders")]
fn place_order() {}

fn main() {
    place_order();
}
