use otel_runtime::Attributes;

#[derive(Attributes)]
pub enum Payment {
    #[attribute(skip)]
    Card { number: u64 },
    Cash,
}

fn main() {}
