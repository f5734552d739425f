use otel_runtime::traced;

#[traced(nmae = PLACE_ORDER)]
fn place_order() {}

fn main() {
    place_order();
}
