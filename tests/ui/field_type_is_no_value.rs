use otel_runtime::Attributes;

pub struct Address;

#[derive(Attributes)]
pub struct Order {
    id: u64,
    address: Address,
}

fn main() {}
