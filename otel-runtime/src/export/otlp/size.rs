//! How many bytes an item takes, by a count of what may be long: for what is held back, and for when a batch is full. It is seldom less than what
//! the item takes when it is encoded, and need not be exact.

use opentelemetry::logs::AnyValue;
use opentelemetry::trace::Status;
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::logs::SdkLogRecord;
use opentelemetry_sdk::trace::SpanData;

/// What a span, an event, a link and a record take beside their texts: ids, times and numbers.
const EACH: usize = 128;

/// What a value takes beside its text, with the lengths of what it stands in.
const VALUE: usize = 16;

pub(in crate::export) fn of_span(span: &SpanData) -> usize {
    let attributes = |attributes: &[KeyValue]| attributes.iter().map(of_attribute).sum::<usize>();
    let events = span.events.iter().map(|event| EACH + event.name.len() + attributes(&event.attributes));
    let links = span.links.iter().map(|link| EACH + attributes(&link.attributes));
    let status = match &span.status {
        Status::Error { description } => description.len(),
        _ => 0,
    };
    EACH + span.name.len() + status + attributes(&span.attributes) + events.chain(links).sum::<usize>()
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

pub(super) fn of_log(record: &SdkLogRecord) -> usize {
    let attributes = record.attributes_iter().map(|(key, value)| key.as_str().len() + VALUE + of_any(value));
    let names = record.event_name().map_or(0, str::len) + record.severity_text().map_or(0, str::len);
    EACH + names + record.target().map_or(0, |target| target.len()) + record.body().map_or(0, of_any) + attributes.sum::<usize>()
}

fn of_any(value: &AnyValue) -> usize {
    let content = match value {
        AnyValue::String(text) => text.as_str().len(),
        AnyValue::Bytes(bytes) => bytes.len(),
        AnyValue::ListAny(list) => list.iter().map(of_any).sum(),
        AnyValue::Map(map) => map.iter().map(|(key, value)| key.as_str().len() + VALUE + of_any(value)).sum(),
        _ => 0,
    };
    VALUE + content
}

#[cfg(test)]
mod tests;
