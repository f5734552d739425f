use otel_runtime::traced;

#[derive(Clone)]
struct Order;

#[traced(fields(order = Some(order.clone())))]
fn place_order(order: Order) {
    drop(order);
}

fn main() {
    place_order(Order);
}
