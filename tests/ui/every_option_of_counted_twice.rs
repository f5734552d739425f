use otel_runtime::counted;

#[counted(
    "shop.orders",
    name = ORDERS,
    unit = "{order}",
    unit = "1",
    description = "a",
    description = "b",
    in_flight,
    in_flight,
    fields(a = true),
    fields(b = true),
    crate = ::otel_runtime,
    crate = ::otel_runtime,
)]
fn place_order() {}

fn main() {
    place_order();
}
