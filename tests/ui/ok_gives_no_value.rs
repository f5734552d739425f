use otel_runtime::traced;

struct Order;

#[traced(ok(order = |order| order))]
fn place_order() -> Order {
    Order
}

fn main() {
    place_order();
}
