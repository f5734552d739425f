use otel_runtime::{AttributeKey, counted, traced};

const CLASS: AttributeKey = AttributeKey::new("error.type");
const STATUS: AttributeKey = AttributeKey::new("otel.status_code");

#[traced(fields(CLASS = "mine"))]
fn on_a_span() {}

#[counted("shop.orders", fields(self::STATUS = "OK"))]
fn on_a_metric() {}

fn main() {}
