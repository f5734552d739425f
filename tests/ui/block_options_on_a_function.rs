use otel_runtime::traced;

#[traced(only(pub), except(new))]
fn place_order() {}

fn main() {
    place_order();
}
