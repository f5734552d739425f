//! A span, as a test looks at it.

use std::fmt::{self, Write};
use std::time::SystemTime;

use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// One span, as a test looks at it. Its `Display` is its line in [`Captured::tree`](super::Captured::tree).
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The name.
    pub name: String,
    /// The name of its instrumentation scope.
    pub scope: String,
    /// The kind.
    pub kind: SpanKind,
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its id.
    pub span_id: SpanId,
    /// The id of its parent; all zero for a root.
    pub parent_span_id: SpanId,
    /// When it started; children are shown in this order.
    pub start_time: SystemTime,
    /// The attributes, in the order in which they were set.
    pub attributes: Vec<KeyValue>,
    /// The names of its events, with their attributes.
    pub events: Vec<(String, Vec<KeyValue>)>,
    /// The contexts of the spans that it links to.
    pub links: Vec<(TraceId, SpanId)>,
    /// The status.
    pub status: Status,
    /// The baggage in which it started, its own included, by name.
    pub baggage: Vec<(String, String)>,
    /// Whether it had not ended when the capture was looked at; then all of this is as it was at its start.
    pub open: bool,
}

impl From<&SpanData> for Span {
    fn from(span: &SpanData) -> Self {
        Self {
            name: span.name.to_string(),
            scope: span.instrumentation_scope.name().to_owned(),
            kind: span.span_kind.clone(),
            trace_id: span.span_context.trace_id(),
            span_id: span.span_context.span_id(),
            parent_span_id: span.parent_span_id,
            start_time: span.start_time,
            attributes: span.attributes.clone(),
            events: span.events.iter().map(|event| (event.name.to_string(), event.attributes.clone())).collect(),
            links: span.links.iter().map(|link| (link.span_context.trace_id(), link.span_context.span_id())).collect(),
            status: span.status.clone(),
            baggage: Vec::new(),
            open: false,
        }
    }
}

impl Span {
    /// The value of an attribute; of the last one, if it was set more than once.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        value(&self.attributes, key)
    }

    /// The attributes of the first event with a name.
    ///
    /// ```
    /// use otel_runtime::{AttributeKey, current, testing, traced};
    ///
    /// const ATTEMPT: AttributeKey = AttributeKey::new("shop.attempt");
    ///
    /// #[traced]
    /// fn fetch() {
    ///     current().event("retry", &[(ATTEMPT, &2)]);
    /// }
    ///
    /// let ((), captured) = testing::capture(fetch);
    /// let retry = captured.one("fetch").event("retry").unwrap();
    /// assert_eq!(retry[0].value, 2.into());
    /// ```
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&[KeyValue]> {
        self.events.iter().find(|(event, _)| event == name).map(|(_, attributes)| attributes.as_slice())
    }

    /// Whether it links to another.
    #[must_use]
    pub fn links_to(&self, other: &Self) -> bool {
        self.links.contains(&(other.trace_id, other.span_id))
    }

    /// Whether it is a child of another.
    #[must_use]
    pub fn is_child_of(&self, other: &Self) -> bool {
        (self.trace_id, self.parent_span_id) == (other.trace_id, other.span_id)
    }

    /// The value of an entry of the baggage in which it started.
    #[must_use]
    pub fn baggage(&self, name: &str) -> Option<&str> {
        self.baggage.iter().find(|(entry, _)| entry == name).map(|(_, value)| value.as_str())
    }
}

/// The value of the last attribute with a key.
pub(super) fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    attributes.iter().rev().find(|attribute| attribute.key.as_str() == key).map(|attribute| &attribute.value)
}

/// ` key=value…`, without `code.*`, which changes with every line that is added to a file.
pub(super) fn line_of(attributes: &[KeyValue], without: &[&str]) -> String {
    let shown = attributes.iter().filter(|attribute| {
        let key = attribute.key.as_str();
        !key.starts_with("code.") && !without.contains(&key)
    });
    shown.fold(String::new(), |mut line, KeyValue { key, value, .. }| {
        let _ = write!(line, " {key}={value}");
        line
    })
}

/// `name kind? key=value… error=…? cancelled? open?`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.kind != SpanKind::Internal {
            write!(f, " ({})", format!("{:?}", self.kind).to_lowercase())?;
        }
        f.write_str(&line_of(&self.attributes, &["error.type", "function.outcome"]))?;
        if let Status::Error { description } = &self.status {
            let error_type = self.attribute("error.type").map(ToString::to_string).unwrap_or_default();
            write!(f, " error={error_type}")?;
            if !description.is_empty() {
                write!(f, " {description:?}")?;
            }
        }
        if let Some(outcome) = self.attribute("function.outcome") {
            write!(f, " {outcome}")?;
        }
        if self.open { f.write_str(" open") } else { Ok(()) }
    }
}
