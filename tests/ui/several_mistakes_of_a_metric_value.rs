use otel_runtime::MetricValue;

#[derive(MetricValue)]
#[metric_value(prefix = "by")]
pub enum Payment {
    #[metric_value(rename = "card")]
    Card { number: u64 },
    #[metric_value]
    Cash,
}

fn main() {}
