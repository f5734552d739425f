use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    #[attribute(redact = truncate)]
    email: String,
    #[attribute(redact = truncate())]
    phone: String,
    #[attribute(redact = truncate("8"))]
    name: String,
    #[attribute(redact = truncate(-8))]
    street: String,
    #[attribute(redact = truncate(8, 9))]
    city: String,
}

fn main() {}
