use otel_runtime::timed;

#[timed("shop.order.duration", buckets = [0.1, f64::NAN])]
fn place_order() {}

fn main() {
    place_order();
}
