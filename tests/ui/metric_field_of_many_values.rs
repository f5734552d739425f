use otel_runtime::counted;

#[counted("shop.orders", fields(customer = customer))]
fn place_order(customer: String) {
    drop(customer);
}

fn main() {
    place_order(String::new());
}
