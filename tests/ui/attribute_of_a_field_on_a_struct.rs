use otel_runtime::Attributes;

#[derive(Attributes)]
#[attribute("order")]
pub struct Order {
    id: u64,
}

fn main() {}
