//! The fields of an event in a log record.

use std::error::Error;
use std::fmt::{self, Write};

use opentelemetry::logs::{AnyValue, LogRecord};
use opentelemetry_sdk::logs::SdkLogRecord;
use tracing::Event;
use tracing::field::{Field, Visit};
use tracing_log::NormalizeEvent;

use crate::logs::record::integer;

/// Writes fields into a record.
pub(super) struct Fields<'a> {
    record: &'a mut SdkLogRecord,
    /// Whether the event was a line of the `log` crate, whose place in the code is in fields of its own.
    is_log: bool,
    has_exception: bool,
    error: Option<String>,
    message: Option<String>,
    /// Whether anybody wants to know what failed.
    is_error: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn of(event: &Event<'_>, record: &'a mut SdkLogRecord) -> Self {
        let is_error = *event.metadata().level() == tracing::Level::ERROR;
        Self { record, is_log: event.is_log(), has_exception: false, error: None, message: None, is_error }
    }

    /// What failed: the error, or else the message.
    pub(super) fn failure(self) -> String {
        self.error.or(self.message).unwrap_or_default()
    }

    fn put(&mut self, field: &Field, value: AnyValue) {
        match field.name() {
            "message" => {
                self.message = self.text(&value);
                self.record.set_body(value);
            }
            "log.target" | "log.module_path" | "log.file" | "log.line" if self.is_log => {}
            name => {
                if name == "error" && self.error.is_none() {
                    self.error = self.text(&value);
                }
                self.record.add_attribute(name, value);
            }
        }
    }

    fn text(&self, value: &AnyValue) -> Option<String> {
        match value {
            AnyValue::String(text) if self.is_error => Some(text.as_str().to_owned()),
            _ => None,
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned().into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, integer(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(field, integer(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field, integer(value));
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.put(field, value.into());
    }

    /// The type of an error is not known here, and the conventions ask for it or for the message.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let message = value.to_string();
        if self.has_exception {
            self.put(field, message.into());
            return;
        }
        self.has_exception = true;
        if let Some(causes) = causes(value) {
            self.record.add_attribute("exception.stacktrace", format!("{message}{causes}"));
        }
        self.error = Some(message.clone());
        self.record.add_attribute("exception.message", message);
    }
}

/// The sources of an error, as Rust programs write them below it: a trace of the calls is in none.
fn causes(error: &(dyn Error + 'static)) -> Option<String> {
    /// An error may be its own source, by mistake.
    const MOST: usize = 32;
    let mut sources = std::iter::successors(error.source(), |source| (*source).source()).take(MOST).peekable();
    sources.peek()?;
    let mut text = String::from("\n\nCaused by:");
    for source in sources {
        let _ = write!(text, "\n    {source}");
    }
    Some(text)
}
