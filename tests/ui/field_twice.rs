use otel_runtime::traced;

#[traced(fields(order.id = id, "order.id" = 7))]
fn place_order(id: u64) {
    drop(id);
}

fn main() {
    place_order(1);
}
