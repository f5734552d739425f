use otel_runtime::traced;

#[traced(fields(order.id))]
fn place_order() {}

fn main() {
    place_order();
}
