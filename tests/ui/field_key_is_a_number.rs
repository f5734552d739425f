use otel_runtime::traced;

#[traced(fields(order.1 = id))]
fn place_order(id: u64) {
    drop(id);
}

fn main() {
    place_order(1);
}
