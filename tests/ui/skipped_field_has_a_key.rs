use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    #[attribute(skip, "order.card")]
    card: String,
}

fn main() {}
