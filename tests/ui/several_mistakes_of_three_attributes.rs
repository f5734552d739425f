use otel_runtime::{counted, timed, traced};

#[counted(unit = "{order}")]
#[timed(bukets = [1.0])]
#[traced(knid = client, fields(order.id))]
fn place_order() {}

fn main() {
    place_order();
}
