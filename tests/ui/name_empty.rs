use otel_runtime::traced;

#[traced("")]
fn place_order() {}

fn main() {
    place_order();
}
