use otel_runtime::counted;

#[counted(fields(unbounded(id)))]
fn place_order(id: u64) {
    drop(id);
}

fn main() {
    place_order(1);
}
