use otel_runtime::MetricValue;

#[derive(MetricValue)]
pub enum Payment {
    Card { number: u64 },
    Voucher(String),
    Cash,
}

fn main() {}
