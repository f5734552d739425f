//! How many bytes a span takes, by a count of what may be long: for what is held back, and for when a batch is full. It need not be exact.

use opentelemetry::trace::Status;
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// What a span and an event take beside their texts: ids, times and numbers.
const EACH: usize = 128;

/// What a value takes beside its text.
const VALUE: usize = 16;

pub(super) fn of_span(span: &SpanData) -> usize {
    let attributes = |attributes: &[KeyValue]| attributes.iter().map(of_attribute).sum::<usize>();
    let events = span.events.iter().map(|event| EACH + event.name.len() + attributes(&event.attributes));
    let status = match &span.status {
        Status::Error { description } => description.len(),
        _ => 0,
    };
    EACH + span.name.len() + status + attributes(&span.attributes) + events.sum::<usize>()
}

fn of_attribute(attribute: &KeyValue) -> usize {
    let value = match &attribute.value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| VALUE + text.as_str().len()).sum(),
        Value::Array(Array::I64(numbers)) => VALUE * numbers.len(),
        Value::Array(Array::F64(numbers)) => VALUE * numbers.len(),
        Value::Array(Array::Bool(truths)) => VALUE * truths.len(),
        _ => 0,
    };
    attribute.key.as_str().len() + 2 * VALUE + value
}
