use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order(u64, #[attribute("order.items")] u32);

fn main() {}
