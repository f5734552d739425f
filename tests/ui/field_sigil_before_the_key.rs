use otel_runtime::traced;

struct Order {
    id: u64,
}

#[traced(fields(%order.id))]
fn place_order(order: Order) {
    drop(order.id);
}

fn main() {
    place_order(Order { id: 1 });
}
