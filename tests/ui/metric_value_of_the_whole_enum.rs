use otel_runtime::MetricValue;

#[derive(MetricValue)]
#[metric_value("payment")]
pub enum Payment {
    Card,
}

fn main() {}
