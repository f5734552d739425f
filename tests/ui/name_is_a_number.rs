use otel_runtime::traced;

#[traced(name = 7)]
fn place_order() {}

fn main() {
    place_order();
}
