use otel_runtime::traced;

#[traced("place an order with all that belongs to it, its items, its addresses, its payments, its parcels, and whatever else there may be to it")]
fn place_order() {}

fn main() {
    place_order();
}
