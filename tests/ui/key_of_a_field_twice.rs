use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    #[attribute("order.id", "order.number")]
    id: u64,
}

fn main() {}
