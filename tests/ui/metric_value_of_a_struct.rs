use otel_runtime::MetricValue;

#[derive(MetricValue)]
pub struct Payment;

fn main() {}
