use otel_runtime::Attributes;

#[derive(Attributes)]
#[attributes(prefx = "order")]
pub struct Order {
    id: u64,
}

fn main() {}
