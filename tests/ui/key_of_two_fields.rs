use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    id: u64,
    #[attribute("id")]
    number: u32,
}

fn main() {}
