use otel_runtime::traced;

const SCOPE: &str = "shop";

#[traced(scope = SCOPE)]
fn place_order() {}

fn main() {
    place_order();
}
