use otel_runtime::traced;

#[traced(baggage(..order))]
fn place_order(order: u8) {}

fn main() {
    place_order(1);
}
