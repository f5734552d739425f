use otel_runtime::Attributes;

#[derive(Attributes)]
#[attributes(prefix = "order.", postfix)]
pub struct Order {
    #[attribute(name = "order.id")]
    id: u64,
    #[attribute("order.email", redact = encrypt, debug = true)]
    email: String,
    #[attribute(flatten, "order.address")]
    address: String,
}

fn main() {}
