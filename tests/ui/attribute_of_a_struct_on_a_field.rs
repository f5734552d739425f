use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    #[attributes(prefix = "order")]
    id: u64,
}

fn main() {}
