use otel_runtime::counted;

#[counted(fields(..order))]
fn place_order(order: u64) {
    let _ = order;
}

fn main() {
    place_order(1);
}
