//! Baggage on spans, log records and measurements: the entries that were asked for by name, and no other, because baggage comes from whoever calls and
//! may have anything in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::logs::{AnyValue, LogRecord};
use opentelemetry::{Context, Key, KeyValue, StringValue};
use opentelemetry_sdk::logs::SdkLogRecord;
use percent_encoding::percent_decode_str;
#[cfg(feature = "config-file")]
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::thread;

/// The names of the entries that become attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BaggageKeys(Arc<[Key]>);

impl BaggageKeys {
    pub(crate) fn new(names: Vec<String>) -> Self {
        // A key that is shared costs nothing to copy.
        Self(names.into_iter().map(|name| Key::from(Arc::<str>::from(name))).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg(feature = "config-file")]
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// What a context has of them.
    pub(crate) fn entries(&self, context: &Context) -> Vec<(Key, StringValue)> {
        let baggage = context.baggage();
        let entry = |key: &Key| Some((key.clone(), baggage.get(key)?.clone()));
        self.0.iter().filter_map(entry).collect()
    }

    /// Whether an attribute of this key is copied from baggage, unless the program sets it.
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.0.contains(key)
    }

    /// Gives a log record what the current context has, unless it was given the key itself.
    pub(crate) fn emit(&self, record: &mut SdkLogRecord) {
        if self.is_empty() || !thread::has_context() {
            return;
        }
        let mut entries = Context::map_current(|current| self.entries(current));
        if entries.is_empty() {
            return;
        }
        let given: BTreeSet<&Key> = record.attributes_iter().map(|(key, _)| key).collect();
        entries.retain(|(key, _)| !given.contains(key));
        record.add_attributes(entries.into_iter().map(|(key, value)| (key, AnyValue::String(value))));
    }
}

/// The entries that become attributes of measurements, each with the values that stand there as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MetricBaggage(Arc<[(Key, Vec<StringValue>)]>);

impl MetricBaggage {
    /// What stands for a value that was not named.
    const OTHER: &str = "_OTHER";

    /// `name=value|value`; `None` where there is no `=`.
    pub(crate) fn parse(entry: &str) -> Option<(&str, Vec<StringValue>)> {
        let (name, values) = entry.split_once('=')?;
        let values = values.split('|').map(str::trim).filter(|value| !value.is_empty());
        let values = values.map(|value| percent_decode_str(value).decode_utf8_lossy().into_owned().into());
        Some((name.trim(), values.collect()))
    }

    pub(crate) fn new(entries: &[String]) -> Self {
        let mut known: Vec<(Key, Vec<StringValue>)> = Vec::new();
        for (name, values) in entries.iter().filter_map(|entry| Self::parse(entry)) {
            match known.iter_mut().find(|(key, _)| key.as_str() == name) {
                Some((_, more)) => more.extend(values),
                None => known.push((Key::from(Arc::<str>::from(name)), values)),
            }
        }
        Self(known.into())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As [`new`](Self::new) takes them.
    #[cfg(feature = "config-file")]
    pub(crate) fn entries(&self) -> Vec<String> {
        let encoded = |value: &StringValue| utf8_percent_encode(value.as_str(), NON_ALPHANUMERIC).to_string();
        let entry = |(key, values): &(Key, Vec<StringValue>)| format!("{key}={}", values.iter().map(encoded).collect::<Vec<_>>().join("|"));
        self.0.iter().map(entry).collect()
    }

    /// What a context, or else the current one, has of them.
    pub(crate) fn attributes(&self, context: Option<&Context>) -> Vec<KeyValue> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let attributes = |context: &Context| {
            let baggage = context.baggage();
            let attribute = |(key, values): &(Key, Vec<StringValue>)| {
                let value = baggage.get(key)?;
                let is_known = values.contains(value);
                Some(KeyValue::new(key.clone(), if is_known { value.clone() } else { Self::OTHER.into() }))
            };
            self.0.iter().filter_map(attribute).collect()
        };
        context.map_or_else(|| Context::map_current(attributes), attributes)
    }
}
