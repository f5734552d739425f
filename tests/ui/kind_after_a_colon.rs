use otel_runtime::traced;

#[traced(kind: client)]
fn place_order() {}

fn main() {
    place_order();
}
