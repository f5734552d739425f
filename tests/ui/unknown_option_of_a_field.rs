use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    #[attribute(rename = "order.id")]
    id: u64,
}

fn main() {}
