//! How many bytes a log record takes, by a count of what may be long: for what is held back, and for when a batch is full. It is seldom less than what
//! it takes when it is encoded, and need not be exact.

use opentelemetry::logs::AnyValue;
use opentelemetry_sdk::logs::SdkLogRecord;

/// What a record takes beside its texts: ids, times and numbers.
const EACH: usize = 128;

/// What a value takes beside its text, with the lengths of what it stands in.
const VALUE: usize = 16;

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
