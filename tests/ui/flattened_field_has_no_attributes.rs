use otel_runtime::Attributes;

pub struct Address;

#[derive(Attributes)]
pub struct Order {
    #[attribute(flatten)]
    id: u64,
    #[attribute(nested)]
    address: Address,
}

fn main() {}
