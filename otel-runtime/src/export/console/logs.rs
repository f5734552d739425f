//! Logs: one line per record.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::logs::Severity;
use opentelemetry::{SpanId, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::SdkLogRecord;

use super::super::limited::{LimitedLog, LogExporter};
use super::Console;
use super::style::{Paint, Style};
use super::text::{any_value, columns, escape, log_attributes, timestamp, with_dropped};
use crate::own::{Account, counted};

/// Prints the records of a logger provider as they are emitted.
#[derive(Debug)]
pub(crate) struct ConsoleLogs {
    console: Console,
    account: Option<Arc<Account>>,
}

impl ConsoleLogs {
    pub(super) fn new(console: Console) -> Self {
        Self { console, account: None }
    }

    /// The same, whose records are counted.
    pub(crate) fn counted(self, account: Option<Arc<Account>>) -> Self {
        Self { account, ..self }
    }
}

impl LogExporter for ConsoleLogs {
    fn take(&self, log: LimitedLog<'_>) {
        let text = line(log, self.console.style());
        counted(self.account.as_ref(), || 1, || self.console.print(&text));
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Time, severity, body, attributes, span, and who says so.
fn line(log: LimitedLog<'_>, style: Style) -> String {
    let LimitedLog { record, dropped_attributes, scope } = log;
    let dim = |text: &str| style.paint(Paint::Dim, text);
    let source = record.target().map_or(scope.name(), |target| target);
    let parts = [
        dim(&time(record)),
        severity(record, style),
        body(record),
        dim(&with_dropped(log_attributes(record.attributes_iter()), dropped_attributes)),
        dim(&span(record)),
        dim(&escape(source)),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}\n", parts.join("  ").trim_end())
}

fn time(record: &SdkLogRecord) -> String {
    let time = record.timestamp().or(record.observed_timestamp());
    time.map(timestamp).unwrap_or_default()
}

/// The severity, wide enough to align the common ones.
fn severity(record: &SdkLogRecord, style: Style) -> String {
    let number = record.severity_number();
    let text = record.severity_text().or(number.map(|n| n.name()));
    let text = escape(text.unwrap_or("-"));
    let padding = 5_usize.saturating_sub(columns(&text));
    let text = match number {
        Some(number) if number >= Severity::Error => style.paint(Paint::Red, &text),
        Some(number) if number >= Severity::Warn => style.paint(Paint::Yellow, &text),
        Some(number) if number < Severity::Info => style.paint(Paint::Dim, &text),
        _ => text,
    };
    text + &" ".repeat(padding)
}

/// The body, or the name of an event that has none.
fn body(record: &SdkLogRecord) -> String {
    let body = record.body().map(any_value);
    let text = body.or_else(|| record.event_name().map(str::to_owned));
    escape(&text.unwrap_or_default())
}

fn span(record: &SdkLogRecord) -> String {
    let Some(context) = record.trace_context() else {
        return String::new();
    };
    if context.trace_id == TraceId::INVALID {
        return String::new();
    }
    let trace = format!("trace_id={}", context.trace_id);
    if context.span_id == SpanId::INVALID {
        return trace;
    }
    format!("{trace} span_id={}", context.span_id)
}
