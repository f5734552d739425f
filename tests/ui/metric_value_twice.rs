use otel_runtime::MetricValue;

#[derive(MetricValue)]
pub enum Payment {
    #[metric_value("card", "credit_card")]
    Card,
}

fn main() {}
