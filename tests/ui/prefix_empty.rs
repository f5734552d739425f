use otel_runtime::Attributes;

#[derive(Attributes)]
#[attributes(prefix = "")]
pub struct Order {
    id: u64,
}

fn main() {}
