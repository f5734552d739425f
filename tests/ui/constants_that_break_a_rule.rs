use otel_runtime::{AttributeKey, MetricName, SpanName, Unit, traced};

const LONG: &str = "a_name_of_many_words_a_name_of_many_words_a_name_of_many_words_a_name_of_many_words_a_name_of_many_words_a_name_of_many_words_a_name_of_many_words_a_name_of_many_words_a_name_of_many_words_a_name_of_many_words_a_name_of_many_words_a_name_of_many_words_and_more";

const SPAN: SpanName = SpanName::new("order {id}");
const SPAN_WITH_A_BREAK: SpanName = SpanName::new("order\nid");
const KEY: AttributeKey = AttributeKey::new("order id");
const KEY_WITH_A_BREAK: AttributeKey = AttributeKey::new("order\nid");
const LONG_KEY: AttributeKey = AttributeKey::new(LONG);
const METRIC: MetricName = MetricName::new("2nd.order");
const LONG_METRIC: MetricName = MetricName::new(LONG);
const UNIT: Unit = Unit::new("{order");
const LONG_UNIT: Unit = Unit::new(LONG);
const NESTED_UNIT: Unit = Unit::new("{{order}}");
const CLOSED_UNIT: Unit = Unit::new("order}");

#[traced("order {id}")]
fn a_literal_name() {}

#[traced(fields("order id" = 1))]
fn a_literal_key() {}

fn main() {
    let _ = (SPAN, SPAN_WITH_A_BREAK, KEY, KEY_WITH_A_BREAK, LONG_KEY, METRIC, LONG_METRIC, UNIT, LONG_UNIT, NESTED_UNIT, CLOSED_UNIT);
}
