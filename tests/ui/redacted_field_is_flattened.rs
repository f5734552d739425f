use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Address {
    city: String,
}

#[derive(Attributes)]
pub struct Order {
    #[attribute(flatten, redact = hash)]
    address: Address,
}

fn main() {}
