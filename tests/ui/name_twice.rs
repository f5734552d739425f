use otel_runtime::{SpanName, traced};

const PLACE_ORDER: SpanName = SpanName::new("shop.place_order");

#[traced("place_order", name = PLACE_ORDER)]
fn place_order() {}

fn main() {
    place_order();
}
