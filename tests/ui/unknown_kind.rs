use otel_runtime::traced;

#[traced(kind = clinet)]
fn place_order() {}

fn main() {
    place_order();
}
