use otel_runtime::traced;

#[traced(root = true)]
fn place_order() {}

fn main() {
    place_order();
}
