use otel_runtime::traced;

#[traced(kind, fields)]
fn place_order() {}

fn main() {
    place_order();
}
