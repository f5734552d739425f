use otel_runtime::traced;

#[traced(skip)]
fn place_order() {}

fn main() {
    place_order();
}
