use otel_runtime::Attributes;

pub struct Address;

#[derive(Attributes)]
pub struct Order {
    #[attribute(display)]
    address: Address,
}

fn main() {}
