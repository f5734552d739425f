use otel_runtime::traced;

#[traced(fields(order.id = id), ok(order.id = |id| *id))]
fn place_order(id: u64) -> u64 {
    id
}

fn main() {
    place_order(1);
}
