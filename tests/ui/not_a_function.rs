use otel_runtime::traced;

#[traced]
struct Order;

fn main() {
    let _ = Order;
}
