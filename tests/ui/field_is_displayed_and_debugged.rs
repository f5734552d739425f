use otel_runtime::Attributes;

#[derive(Attributes)]
pub struct Order {
    #[attribute(display, debug)]
    id: u64,
}

fn main() {}
