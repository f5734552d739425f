use otel_runtime::counted;

#[counted("shop.{id}")]
fn place_order(id: u64) {
    drop(id);
}

fn main() {
    place_order(1);
}
