use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    #[attribute]
    id: u64,
    #[attribute = "order.items"]
    items: u32,
}

fn main() {}
