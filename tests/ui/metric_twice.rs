use otel_runtime::{MetricName, counted, timed};

const ORDERS: MetricName = MetricName::new("shop.orders");

#[counted("shop.orders")]
#[timed(name = ORDERS)]
fn place_order() {}

fn main() {}
