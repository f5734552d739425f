use otel_runtime::Attributes;

#[derive(Attributes)]
#[attributes(prefix = "my order")]
pub struct Order {
    id: u64,
    items: u32,
}

fn main() {}
