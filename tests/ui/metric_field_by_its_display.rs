use otel_runtime::timed;

#[timed(fields(order.id = %id, ?id))]
fn place_order(id: u64) {
    drop(id);
}

fn main() {
    place_order(1);
}
