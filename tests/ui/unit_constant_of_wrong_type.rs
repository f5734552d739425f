use otel_runtime::counted;

const ORDER: &str = "{order}";

#[counted("shop.orders", unit = ORDER)]
fn place_order() {}

fn main() {
    place_order();
}
