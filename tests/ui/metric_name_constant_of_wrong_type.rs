use otel_runtime::counted;

const ORDERS: &str = "shop.orders";

#[counted(name = ORDERS)]
fn place_order() {}

fn main() {
    place_order();
}
