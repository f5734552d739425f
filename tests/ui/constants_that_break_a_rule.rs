use otel_runtime::{AttributeKey, MetricName, SpanName, Unit, traced};

const SPAN: SpanName = SpanName::new("order {id}");
const KEY: AttributeKey = AttributeKey::new("order id");
const METRIC: MetricName = MetricName::new("2nd.order");
const UNIT: Unit = Unit::new("{order");

#[traced("order {id}", fields("order id" = 1))]
fn the_same_as_literals() {}

fn main() {
    let _ = (SPAN, KEY, METRIC, UNIT);
}
