use otel_runtime::counted;

#[counted(in_flight = true)]
fn place_order() {}

fn main() {
    place_order();
}
