use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    #[attribute("order id")]
    id: u64,
}

fn main() {}
