use otel_runtime::traced;

const PLACE_ORDER: &str = "shop.place_order";

#[traced(name = PLACE_ORDER)]
fn place_order() {}

fn main() {
    place_order();
}
