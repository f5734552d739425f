//! The SDK's form of a span, made of its bytes, for those who want that.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue as Pair};
use opentelemetry_proto::tonic::trace::v1::span;
use opentelemetry_proto::tonic::trace::v1::{Span, SpanFlags};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use prost::Message;

use super::attributes::EncodedAttributes;

/// The data of a span, of which the context and the scope are known. `None` never happens: what we write can be read.
pub(super) fn decode(span: &[u8], context: &SpanContext, scope: &InstrumentationScope) -> Option<SpanData> {
    let span = Span::decode(span).ok()?;
    let status = span.status.unwrap_or_default();
    let mut events = SpanEvents::default();
    events.dropped_count = span.dropped_events_count;
    events.events = span.events.into_iter().map(event).collect();
    let mut links = SpanLinks::default();
    links.dropped_count = span.dropped_links_count;
    links.links = span.links.into_iter().map(link).collect();
    Some(SpanData {
        span_context: context.clone(),
        parent_span_id: span_id(&span.parent_span_id),
        parent_span_is_remote: is_remote(span.flags),
        span_kind: match span.kind {
            2 => SpanKind::Server,
            3 => SpanKind::Client,
            4 => SpanKind::Producer,
            5 => SpanKind::Consumer,
            _ => SpanKind::Internal,
        },
        name: span.name.into(),
        start_time: time(span.start_time_unix_nano),
        end_time: time(span.end_time_unix_nano),
        attributes: span.attributes.into_iter().filter_map(pair).collect(),
        dropped_attributes_count: span.dropped_attributes_count,
        events,
        links,
        status: match status.code {
            1 => Status::Ok,
            2 => Status::error(status.message),
            _ => Status::Unset,
        },
        instrumentation_scope: scope.clone(),
    })
}

/// The attributes of what a span begins with.
pub(super) fn attributes(begun: &EncodedAttributes) -> Vec<KeyValue> {
    let span = Span::decode(begun.bytes.as_slice()).unwrap_or_default();
    span.attributes.into_iter().filter_map(pair).collect()
}

fn event(event: span::Event) -> Event {
    let attributes = event.attributes.into_iter().filter_map(pair).collect();
    Event::new(event.name, time(event.time_unix_nano), attributes, event.dropped_attributes_count)
}

fn link(link: span::Link) -> Link {
    let trace_id = link.trace_id.try_into().map_or(TraceId::INVALID, TraceId::from_bytes);
    #[allow(clippy::cast_possible_truncation, reason = "the lowest byte are the trace's flags")]
    let flags = TraceFlags::new(link.flags as u8);
    let state = link.trace_state.parse().unwrap_or_default();
    let context = SpanContext::new(trace_id, span_id(&link.span_id), flags, is_remote(link.flags), state);
    Link::new(context, link.attributes.into_iter().filter_map(pair).collect(), link.dropped_attributes_count)
}

fn span_id(bytes: &[u8]) -> SpanId {
    bytes.try_into().map_or(SpanId::INVALID, SpanId::from_bytes)
}

fn is_remote(flags: u32) -> bool {
    flags & SpanFlags::ContextIsRemoteMask as u32 != 0
}

fn time(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

fn pair(pair: Pair) -> Option<KeyValue> {
    Some(KeyValue::new(pair.key, value(pair.value?)?))
}

fn value(value: AnyValue) -> Option<Value> {
    Some(match value.value? {
        Any::BoolValue(value) => Value::Bool(value),
        Any::IntValue(value) => Value::I64(value),
        Any::DoubleValue(value) => Value::F64(value),
        Any::StringValue(text) => Value::String(text.into()),
        Any::ArrayValue(array) => Value::Array(array_of(array)),
        _ => return None,
    })
}

/// Arrays are of one kind; of an empty one nobody knows which.
fn array_of(array: ArrayValue) -> Array {
    let values: Vec<Any> = array.values.into_iter().filter_map(|value| value.value).collect();
    match values.first() {
        Some(Any::BoolValue(_)) => Array::Bool(all(values, |value| if let Any::BoolValue(value) = value { Some(value) } else { None })),
        Some(Any::IntValue(_)) => Array::I64(all(values, |value| if let Any::IntValue(value) = value { Some(value) } else { None })),
        Some(Any::DoubleValue(_)) => Array::F64(all(values, |value| if let Any::DoubleValue(value) = value { Some(value) } else { None })),
        _ => Array::String(all(values, |value| if let Any::StringValue(text) = value { Some(StringValue::from(text)) } else { None })),
    }
}

fn all<T>(values: Vec<Any>, value: impl FnMut(Any) -> Option<T>) -> Vec<T> {
    values.into_iter().filter_map(value).collect()
}
