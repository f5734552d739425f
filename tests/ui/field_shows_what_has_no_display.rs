use otel_runtime::traced;

struct Order;

#[traced(fields(order = %order))]
fn place_order(order: Order) {
    drop(order);
}

fn main() {
    place_order(Order);
}
