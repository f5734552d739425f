use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    #[attribute(redact = encrypt)]
    email: String,
}

fn main() {}
