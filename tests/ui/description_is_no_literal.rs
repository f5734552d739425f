use otel_runtime::counted;

const DESCRIPTION: &str = "Orders placed.";

#[counted("shop.orders", description = DESCRIPTION)]
fn place_order() {}

fn main() {
    place_order();
}
