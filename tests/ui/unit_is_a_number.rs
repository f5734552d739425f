use otel_runtime::counted;

#[counted("shop.orders", unit = 1)]
fn place_order() {}

fn main() {
    place_order();
}
