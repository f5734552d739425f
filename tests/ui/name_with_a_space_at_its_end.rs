use otel_runtime::traced;

#[traced("place_order ")]
fn place_order() {}

fn main() {
    place_order();
}
