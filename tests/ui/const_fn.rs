use otel_runtime::traced;

#[traced]
const fn place_order() {}

fn main() {
    place_order();
}
