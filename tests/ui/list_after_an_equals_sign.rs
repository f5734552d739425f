use otel_runtime::traced;

#[traced(fields = (order.id = 7))]
fn place_order() {}

fn main() {
    place_order();
}
