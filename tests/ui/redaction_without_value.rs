use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    #[attribute(redact)]
    email: String,
    #[attribute(redact = "hash")]
    phone: String,
    #[attribute(redact(erase))]
    name: String,
}

fn main() {}
