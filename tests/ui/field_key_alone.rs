use otel_runtime::traced;

#[traced(fields("order.id"))]
fn place_order(id: u64) {
    drop(id);
}

fn main() {
    place_order(1);
}
