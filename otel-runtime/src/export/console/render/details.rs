//! What is told of a span beyond its name and time: attributes, outcome,
//! events and links.

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, Status};
use opentelemetry_sdk::trace::SpanData;

use super::super::style::{Paint, Style};
use super::super::text::{attributes, count, escape, excerpt, offset, with_dropped};
use super::super::tree::Row;
use super::MESSAGE_LIMIT;

/// Where the framework says that a function was dropped before it returned.
const OUTCOME: &str = "function.outcome";
const CANCELLED: &str = "cancelled";
const ERROR_TYPE: &str = "error.type";

/// How a span ended, as far as that is worth a word.
pub(super) enum Outcome {
    Unremarkable,
    Cancelled,
    /// With type and description, as far as there are any.
    Error(String),
}

pub(super) fn outcome(row: &Row) -> Outcome {
    let data = &row.data;
    if let Status::Error { description } = &data.status {
        let kind = text_of(data, ERROR_TYPE).map(|kind| escape(short(&kind)));
        let description = excerpt(description, MESSAGE_LIMIT);
        let parts = [kind.unwrap_or_default(), description];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        return Outcome::Error(parts.join(": "));
    }
    match text_of(data, OUTCOME) {
        Some(outcome) if outcome == CANCELLED => Outcome::Cancelled,
        _ => Outcome::Unremarkable,
    }
}

/// A box of any error has a type whose path is long, and says no more than that.
fn short(kind: &str) -> &str {
    if kind.starts_with("alloc::boxed::Box<dyn core::error::Error") { "Box<dyn Error>" } else { kind }
}

impl Outcome {
    pub(super) fn paint(&self, style: Style) -> String {
        match self {
            Self::Unremarkable => String::new(),
            Self::Cancelled => style.paint(Paint::Yellow, "⊘ cancelled"),
            Self::Error(text) if text.is_empty() => style.paint(Paint::Red, "✗ error"),
            Self::Error(text) => style.paint(Paint::Red, &format!("✗ {text}")),
        }
    }

    /// Whether the outcome already says what the attribute says.
    fn tells(&self, attribute: &KeyValue) -> bool {
        match self {
            Self::Unremarkable => false,
            Self::Cancelled => attribute.key.as_str() == OUTCOME,
            Self::Error(_) => attribute.key.as_str() == ERROR_TYPE,
        }
    }
}

/// The last value of a span's attribute; earlier ones are overwritten by it.
fn text_of(data: &SpanData, key: &str) -> Option<String> {
    let attribute = data.attributes.iter().rfind(|a| a.key.as_str() == key)?;
    Some(attribute.value.as_str().into_owned())
}

/// The attributes shown with a span: not where its code stands, and not what
/// its outcome tells.
pub(super) fn span_attributes(data: &SpanData, outcome: &Outcome) -> String {
    let shown = data.attributes.iter().filter(|attribute| !attribute.key.as_str().starts_with("code.") && !outcome.tells(attribute));
    with_dropped(attributes(shown), data.dropped_attributes_count)
}

/// The lines that stand under a span: its events, then its links.
pub(super) fn details(data: &SpanData, style: Style) -> Vec<String> {
    let events = data.events.iter().map(|event| event_line(data, event, style));
    let links = data.links.iter().map(|link| link_line(data, link, style));
    let dropped = [(data.events.dropped_count, "dropped event"), (data.links.dropped_count, "dropped link")];
    let dropped = dropped.into_iter().filter(|(number, _)| *number > 0);
    let dropped = dropped.map(|(number, thing)| {
        let text = format!("· {}", count(number as usize, thing));
        style.paint(Paint::Dim, &text)
    });
    events.chain(links).chain(dropped).collect()
}

fn event_line(data: &SpanData, event: &Event, style: Style) -> String {
    let offset = offset(data.start_time, event.timestamp);
    let name = excerpt(&event.name, MESSAGE_LIMIT);
    let attributes = with_dropped(attributes(&event.attributes), event.dropped_attributes_count);
    detail_line(&format!("· {offset} {name}"), &attributes, style)
}

fn link_line(data: &SpanData, link: &Link, style: Style) -> String {
    let linked = &link.span_context;
    let trace =
        if linked.trace_id() == data.span_context.trace_id() { "this trace".to_owned() } else { format!("trace {}", linked.trace_id()) };
    let text = format!("→ span {} of {trace}", linked.span_id());
    let attributes = with_dropped(attributes(&link.attributes), link.dropped_attributes_count);
    detail_line(&text, &attributes, style)
}

fn detail_line(text: &str, attributes: &str, style: Style) -> String {
    if attributes.is_empty() { text.to_owned() } else { format!("{text}  {}", style.paint(Paint::Dim, attributes)) }
}
