//! Errors and panics that spans end with, as exceptions: events of the span, or log records.
//!
//! What an exception looks like is said by the semantic conventions ([exceptions in
//! logs](https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/), [recording
//! errors](https://opentelemetry.io/docs/specs/semconv/general/recording-errors/)). They want an exception once, though it passes through many
//! functions: so a log record is written where an error is seen first, and a span around it says nothing that was said inside of it ([`Inner`]).

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use opentelemetry::logs::{LogRecord, Logger, Severity};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger};

use crate::outcome::Failure;
use crate::pipeline;
use crate::scope::Scope;
use crate::site::Code;
use crate::thread::{self, Silence};

/// The name of the event, of either kind.
const NAME: &str = "exception";

/// How exceptions are emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceptions {
    /// Not at all: an error or a panic is the outcome of its span, and nothing more.
    None,
    /// As events of the span.
    Events,
    /// As log records.
    Logs,
    /// As both.
    Both,
}

impl Exceptions {
    pub(crate) fn has_logs(self) -> bool {
        matches!(self, Self::Logs | Self::Both)
    }

    fn has_events(self) -> bool {
        matches!(self, Self::Events | Self::Both)
    }
}

/// What is to be said of an exception by where it is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) scope: Scope,
    /// How it is emitted, if that is said there.
    pub(crate) way: Option<Exceptions>,
    pub(crate) kind: Option<&'a SpanKind>,
    pub(crate) code: Option<&'a Code>,
}

/// Emits what a span ends with, whose context this is. What a status code says has failed is no exception.
pub(crate) fn emit(seen: Seen<'_>, context: &Context, failure: &Failure, is_panic: bool, at: SystemTime) {
    if failure.exception_type.is_none() && failure.description.is_empty() {
        return;
    }
    let pipeline = pipeline::serving(context);
    let way = seen.way.or_else(|| pipeline.as_ref()?.exceptions);
    // Where nobody says how: a panic is an event, as people are used to.
    let (events, logs) = way.map_or((is_panic, false), |way| (way.has_events(), way.has_logs()));
    let logger = pipeline.filter(|_| logs && thread::has_context()).and_then(|pipeline| pipeline.logger(seen.scope));
    // What cannot be a log record is an event, and not lost.
    if events || (logs && logger.is_none()) {
        let exception = vec![
            KeyValue::new("exception.type", failure.exception_type().clone()),
            KeyValue::new("exception.message", failure.description.clone()),
        ];
        context.span().add_event_with_timestamp(NAME, at, exception);
    }
    let Some(logger) = logger else { return };
    let severity = match seen.kind {
        // Who calls is expected to handle it.
        Some(SpanKind::Client | SpanKind::Producer) if !is_panic => Severity::Warn,
        _ => Severity::Error,
    };
    let is_entry = matches!(seen.kind, Some(SpanKind::Server | SpanKind::Consumer));
    if is_new(context, failure, severity, is_entry) {
        let mut record = record(&logger, severity, &failure.description, at);
        record.add_attribute("exception.type", failure.exception_type().clone());
        record.add_attribute("error.type", failure.error_type.clone());
        if let Some(code) = seen.code {
            record.add_attribute("code.function.name", code.function);
            record.add_attribute("code.file.path", code.file);
            record.add_attribute("code.line.number", i64::from(code.line));
        }
        send(&logger, context, record);
    }
}

/// Emits an error that was handled, as the environment says. Of its type nothing is known here.
pub(crate) fn emit_handled(context: &Context, error: &dyn Error) {
    let span = context.span();
    if !span.is_recording() {
        return;
    }
    let pipeline = pipeline::serving(context);
    let way = pipeline.as_ref().and_then(|pipeline| pipeline.exceptions).unwrap_or(Exceptions::Events);
    let logger = pipeline.filter(|_| way.has_logs() && thread::has_context()).and_then(|pipeline| pipeline.logger(Scope::OWN));
    if way.has_events() || logger.is_none() {
        span.record_error(error);
    }
    if let Some(logger) = logger {
        // Below an error, because it was handled.
        let record = record(&logger, Severity::Warn, &error.to_string(), SystemTime::now());
        send(&logger, context, record);
    }
}

fn record(logger: &SdkLogger, severity: Severity, message: &str, at: SystemTime) -> SdkLogRecord {
    let mut record = logger.create_log_record();
    record.set_event_name(NAME);
    record.set_timestamp(at);
    record.set_observed_timestamp(SystemTime::now());
    record.set_severity_number(severity);
    record.set_severity_text(severity.name());
    if !message.is_empty() {
        record.add_attribute("exception.message", message.to_owned());
    }
    record
}

/// In the context of its span, from which it has ids and baggage.
fn send(logger: &SdkLogger, context: &Context, record: SdkLogRecord) {
    let _silent = Silence::enter();
    let _attached = context.clone().attach();
    logger.emit(record);
}

/// The context for a span whose exceptions may be log records.
pub(crate) fn noting(parent: &Context) -> Context {
    let around = parent.get::<Noted>().map(|Noted(around)| Arc::downgrade(around)).unwrap_or_default();
    parent.with_value(Noted(Arc::new(Inner { said: Mutex::default(), around })))
}

/// What a context has for the log records that are written inside of it.
struct Noted(Arc<Inner>);

struct Inner {
    /// What was said inside of this span.
    said: Mutex<Vec<Said>>,
    /// The span around this one. It may have ended, and must not be kept by what it started.
    around: Weak<Inner>,
}

/// An exception of which there is a log record.
#[derive(Clone)]
struct Said {
    exception_type: String,
    message: String,
    severity: Severity,
}

/// So many failures of what a span runs side by side are told apart.
const MOST: usize = 8;

/// Whether nothing inside of the span has said this; the entry of a request says it once more if it is worse than was thought. The span around it
/// is told how it was said.
fn is_new(context: &Context, failure: &Failure, severity: Severity, is_entry: bool) -> bool {
    let Some(Noted(own)) = context.get::<Noted>() else { return true };
    let before = {
        let said = own.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().rev().find(|said| said.is_in(failure)).map(|said| said.severity)
    };
    let is_new = before.is_none_or(|before| is_entry && before < severity);
    if let Some(around) = own.around.upgrade() {
        let mut said = around.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() == MOST {
            said.remove(0);
        }
        let severity = before.filter(|_| !is_new).unwrap_or(severity);
        said.push(Said { exception_type: failure.exception_type().to_string(), message: failure.description.to_string(), severity });
    }
    is_new
}

impl Said {
    /// Whether a failure around it is the same, as it is or in other words: `no route` is in `the order was not placed: no route`.
    fn is_in(&self, failure: &Failure) -> bool {
        if self.message.is_empty() || failure.description.is_empty() {
            return self.message == failure.description && self.exception_type == *failure.exception_type();
        }
        let whole = |text: &str| !text.starts_with(char::is_alphanumeric);
        failure.description.match_indices(&self.message).any(|(at, found)| {
            let before = failure.description[..at].chars().next_back();
            before.is_none_or(|letter| !letter.is_alphanumeric()) && whole(&failure.description[at + found.len()..])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(said: &str, around: &str) -> bool {
        let said = Said { exception_type: "a".to_owned(), message: said.to_owned(), severity: Severity::Error };
        said.is_in(&Failure { error_type: "b".into(), exception_type: Some("b".into()), description: around.to_owned().into() })
    }

    #[test]
    fn an_error_is_known_again_by_whole_words_of_its_message() {
        assert!(is_in("no route", "no route"));
        assert!(is_in("no route", "the order was not placed: no route"));
        assert!(is_in("no route", "no route (tried 3 times)"));
        assert!(is_in("no", "nobody says no"));
        assert!(!is_in("no", "nobody is here"));
        assert!(!is_in("no route", "no router"));
        assert!(!is_in("no route", "out of tea"));
        assert!(!is_in("", "out of tea"));
        assert!(!is_in("", ""), "of another type");
    }

    #[test]
    fn a_span_that_has_ended_is_kept_by_none_that_it_started() {
        let outer = noting(&Context::new());
        let inner = noting(&outer);
        let around = || inner.get::<Noted>().is_some_and(|Noted(inner)| inner.around.upgrade().is_some());
        assert!(around());
        drop(outer);
        assert!(!around());
    }
}
