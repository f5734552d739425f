//! A log record, as a test looks at it.

use std::fmt;

use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry::{KeyValue, Value};

use super::spans::{self, line_of};
use crate::export::limited::LimitedLog;

/// One log record, as a test looks at it. Its `Display` is its line in [`Captured::log_lines`](super::Captured::log_lines).
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// The name of the event; empty if it has none.
    pub name: String,
    /// The name of its instrumentation scope, or, of a bridge, the target.
    pub scope: String,
    /// The severity.
    pub severity: Option<Severity>,
    /// The body as text; empty if it has none.
    pub body: String,
    /// The attributes. What is neither text, number nor truth is the text of its `Debug`.
    pub attributes: Vec<KeyValue>,
    /// The trace it belongs to; all zero for none.
    pub trace_id: TraceId,
    /// The span it belongs to; all zero for none.
    pub span_id: SpanId,
}

impl From<LimitedLog<'_>> for Log {
    fn from(log: LimitedLog<'_>) -> Self {
        let LimitedLog { record, scope, .. } = log;
        let (trace_id, span_id) =
            record.trace_context().map_or((TraceId::INVALID, SpanId::INVALID), |context| (context.trace_id, context.span_id));
        Self {
            name: record.event_name().unwrap_or_default().to_owned(),
            scope: record.target().map_or(scope.name(), |target| target).to_owned(),
            severity: record.severity_number(),
            body: record.body().map(|body| value(body).to_string()).unwrap_or_default(),
            attributes: record.attributes_iter().map(|(key, any)| KeyValue::new(key.clone(), value(any))).collect(),
            trace_id,
            span_id,
        }
    }
}

fn value(any: &AnyValue) -> Value {
    match any {
        AnyValue::Int(value) => (*value).into(),
        AnyValue::Double(value) => (*value).into(),
        AnyValue::Boolean(value) => (*value).into(),
        AnyValue::String(text) => Value::String(text.clone()),
        other => format!("{other:?}").into(),
    }
}

impl Log {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        spans::value(&self.attributes, key)
    }

    /// Whether it belongs to a span.
    #[must_use]
    pub fn is_of(&self, span: &super::Span) -> bool {
        (self.trace_id, self.span_id) == (span.trace_id, span.span_id)
    }
}

/// `SEVERITY name "body" key=value…`.
impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.severity.map_or("-", |severity| severity.name()))?;
        if !self.name.is_empty() {
            write!(f, " {}", self.name)?;
        }
        if !self.body.is_empty() {
            write!(f, " {:?}", self.body)?;
        }
        f.write_str(&line_of(&self.attributes, &[]))
    }
}
