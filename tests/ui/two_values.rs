use otel_runtime::traced;

#[traced(kind = client server)]
fn place_order() {}

fn main() {
    place_order();
}
