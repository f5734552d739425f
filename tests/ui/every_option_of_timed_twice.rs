use otel_runtime::timed;

#[timed(
    "shop.order.duration",
    name = DURATION,
    description = "a",
    description = "b",
    buckets = [1.0],
    buckets = [2.0],
    fields(a = true),
    fields(b = true),
    crate = ::otel_runtime,
    crate = ::otel_runtime,
)]
fn place_order() {}

fn main() {
    place_order();
}
