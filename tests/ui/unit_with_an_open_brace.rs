use otel_runtime::counted;

#[counted("shop.orders", unit = "{order")]
fn place_order() {}

fn main() {
    place_order();
}
