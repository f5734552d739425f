#[derive(MetricValue)]
enum Payment {
    Card,
    #[metric_value("cash")]
    CashOnDelivery,
}
