use otel_runtime::counted;

#[counted(
    "shop.orders",
    "shop",
    unit = 1,
    in_flight(all),
    level = debug,
    fields(id, ..order, error.type = true, id),
)]
fn place_order(id: u64) {
    drop(id);
}

fn main() {
    place_order(1);
}
