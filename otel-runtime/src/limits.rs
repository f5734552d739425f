//! What is kept of a span or a log record: how many attributes, and how much of a value. The specification's rules are under "Attribute Limits":
//! <https://opentelemetry.io/docs/specs/otel/common/#attribute-limits>.
//!
//! Spans are within them while they are recorded; the SDK has none for log records, which are copied here. Resources, scopes, metrics and the bodies
//! of log records have no limits.

use opentelemetry::Key;
use opentelemetry::logs::{AnyValue, LogRecord};
use opentelemetry_sdk::logs::SdkLogRecord;

/// As many of anything as there may be where nobody says.
pub(crate) const DEFAULT_COUNT: u32 = 128;

/// The limits of spans, with their events and links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OfSpans {
    pub(crate) attributes: u32,
    pub(crate) events: u32,
    pub(crate) links: u32,
    pub(crate) event_attributes: u32,
    pub(crate) link_attributes: u32,
    /// In characters; `None` is no limit.
    pub(crate) value_length: Option<u32>,
}

impl Default for OfSpans {
    fn default() -> Self {
        Self {
            attributes: DEFAULT_COUNT,
            events: DEFAULT_COUNT,
            links: DEFAULT_COUNT,
            event_attributes: DEFAULT_COUNT,
            link_attributes: DEFAULT_COUNT,
            value_length: None,
        }
    }
}

impl OfSpans {
    /// What no span reaches.
    pub(crate) const NONE: Self = Self {
        attributes: u32::MAX,
        events: u32::MAX,
        links: u32::MAX,
        event_attributes: u32::MAX,
        link_attributes: u32::MAX,
        value_length: None,
    };
}

/// The limits of log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OfLogs {
    pub(crate) attributes: u32,
    /// In characters, or bytes of what is no text; `None` is no limit.
    pub(crate) value_length: Option<u32>,
}

impl Default for OfLogs {
    fn default() -> Self {
        Self { attributes: DEFAULT_COUNT, value_length: None }
    }
}

impl OfLogs {
    /// How many attributes a record has beyond those that are kept.
    pub(crate) fn dropped(&self, record: &SdkLogRecord) -> u32 {
        let beyond = record.attributes_iter().skip(self.attributes as usize).count();
        u32::try_from(beyond).unwrap_or(u32::MAX)
    }

    /// Whether a value of those that are kept is too long.
    pub(crate) fn is_any_too_long(&self, record: &SdkLogRecord) -> bool {
        let kept = || record.attributes_iter().take(self.attributes as usize);
        self.value_length.is_some_and(|limit| kept().any(|(_, value)| is_too_long(value, limit as usize)))
    }

    /// Writes into `blank`, which has nothing yet, what is kept of `record`: an attribute cannot be taken out of a record.
    pub(crate) fn copy(&self, record: &SdkLogRecord, mut blank: SdkLogRecord) -> SdkLogRecord {
        let limit = self.value_length.map_or(usize::MAX, |limit| limit as usize);
        let kept = record.attributes_iter().take(self.attributes as usize);
        blank.add_attributes(kept.map(|(key, value)| (key.clone(), shortened(value, limit))));
        record.body().into_iter().for_each(|body| blank.set_body(body.clone()));
        record.event_name().into_iter().for_each(|name| blank.set_event_name(name));
        record.target().into_iter().for_each(|target| blank.set_target(target.clone()));
        record.timestamp().into_iter().for_each(|time| blank.set_timestamp(time));
        record.observed_timestamp().into_iter().for_each(|time| blank.set_observed_timestamp(time));
        record.severity_text().into_iter().for_each(|text| blank.set_severity_text(text));
        record.severity_number().into_iter().for_each(|number| blank.set_severity_number(number));
        if let Some(context) = record.trace_context() {
            blank.set_trace_context(context.trace_id, context.span_id, context.trace_flags);
        }
        blank
    }
}

/// The beginning of a text that has more than `limit` characters, which are Unicode's code points.
pub(crate) fn beginning(text: &str, limit: usize) -> Option<&str> {
    // No text has more characters than bytes.
    let is_long = text.len() > limit;
    let end = is_long.then(|| text.char_indices().nth(limit)).flatten();
    end.and_then(|(end, _)| text.get(..end))
}

fn is_too_long(value: &AnyValue, limit: usize) -> bool {
    match value {
        AnyValue::String(text) => beginning(text.as_str(), limit).is_some(),
        AnyValue::Bytes(bytes) => bytes.len() > limit,
        AnyValue::ListAny(list) => list.iter().any(|value| is_too_long(value, limit)),
        AnyValue::Map(map) => map.values().any(|value| is_too_long(value, limit)),
        _ => false,
    }
}

fn shortened(value: &AnyValue, limit: usize) -> AnyValue {
    match value {
        AnyValue::String(text) => beginning(text.as_str(), limit).map_or_else(|| value.clone(), |kept| kept.to_owned().into()),
        AnyValue::Bytes(bytes) => AnyValue::Bytes(Box::new(bytes.iter().take(limit).copied().collect())),
        AnyValue::ListAny(list) => AnyValue::ListAny(Box::new(list.iter().map(|value| shortened(value, limit)).collect())),
        AnyValue::Map(map) => {
            let entry = |(key, value): (&Key, &AnyValue)| (key.clone(), shortened(value, limit));
            AnyValue::Map(Box::new(map.iter().map(entry).collect()))
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests;
