use otel_runtime::MetricValue;

#[derive(MetricValue)]
pub enum Payment {
    #[metric_value(rename = "card")]
    Card,
}

fn main() {}
