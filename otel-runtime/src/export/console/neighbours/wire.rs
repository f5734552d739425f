//! A tree as bytes, and back: in OTLP, which every span can be written in.
//!
//! Bytes come from another process, so nothing is believed: what is not a tree
//! of one trace, as [`encode`] writes it, is none.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue as WireKeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::span::{self as wire, SpanKind as WireKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span, SpanFlags, Status as WireStatus};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use prost::Message;

use super::super::tree::{Row, Tree};

/// What a tree may take, in bytes.
pub(super) const LIMIT: usize = 16 * 1024 * 1024;
const SERVICE_NAME: &str = "service.name";

/// `None` for a tree that is too large.
pub(super) fn encode(tree: &Tree) -> Option<Vec<u8>> {
    let mut services: Vec<(&Arc<str>, Vec<SpanData>)> = Vec::new();
    for row in &tree.rows {
        let mut data = row.data.clone();
        if row.running {
            // As of a span that has no end.
            data.end_time = UNIX_EPOCH;
        }
        match services.iter_mut().find(|(service, _)| **service == row.service) {
            Some((_, spans)) => spans.push(data),
            None => services.push((&row.service, vec![data])),
        }
    }
    let resource_spans = services.into_iter().flat_map(|(service, spans)| {
        let resource = Resource::builder_empty().with_service_name(service.to_string()).build();
        group_spans_by_resource_and_scope(spans, &ResourceAttributesWithSchema::from(&resource))
    });
    let request = ExportTraceServiceRequest { resource_spans: resource_spans.collect() };
    (request.encoded_len() <= LIMIT).then(|| request.encode_to_vec())
}

/// The spans of a tree of `trace`, which are still to be put in order.
pub(super) fn decode(bytes: &[u8], trace: TraceId) -> Option<Vec<Row>> {
    let request = ExportTraceServiceRequest::decode(bytes).ok()?;
    let rows: Option<Vec<_>> = request.resource_spans.into_iter().map(|resource| service(resource, trace)).collect();
    let rows: Vec<_> = rows?.into_iter().flatten().collect();
    (!rows.is_empty()).then_some(rows)
}

fn service(spans: ResourceSpans, trace: TraceId) -> Option<Vec<Row>> {
    let attributes = attributes(spans.resource?.attributes)?;
    let service: Arc<str> = attributes.iter().find(|attribute| attribute.key.as_str() == SERVICE_NAME)?.value.as_str().into();
    let spans = spans.scope_spans.into_iter().flat_map(|scope| scope.spans);
    spans
        .map(|span| {
            Some(Row {
                depth: 0,
                service: Arc::clone(&service),
                running: span.end_time_unix_nano == 0,
                data: data(span, trace)?,
                printed_parent: None,
                held: None,
            })
        })
        .collect()
}

fn data(span: Span, trace: TraceId) -> Option<SpanData> {
    let context = context(&span.trace_id, &span.span_id)?;
    if context.trace_id() != trace {
        return None;
    }
    let mut events = SpanEvents::default();
    events.events = span.events.into_iter().map(event).collect::<Option<_>>()?;
    events.dropped_count = span.dropped_events_count;
    let mut links = SpanLinks::default();
    links.links = span.links.into_iter().map(link).collect::<Option<_>>()?;
    links.dropped_count = span.dropped_links_count;
    Some(SpanData {
        span_context: context,
        parent_span_id: if span.parent_span_id.is_empty() { SpanId::INVALID } else { span_id(&span.parent_span_id)? },
        parent_span_is_remote: span.flags & SpanFlags::ContextIsRemoteMask as u32 != 0,
        span_kind: kind(span.kind)?,
        name: span.name.into(),
        start_time: time(span.start_time_unix_nano),
        end_time: time(span.end_time_unix_nano),
        attributes: attributes(span.attributes)?,
        dropped_attributes_count: span.dropped_attributes_count,
        events,
        links,
        status: status(span.status?)?,
        instrumentation_scope: InstrumentationScope::default(),
    })
}

fn context(trace: &[u8], span: &[u8]) -> Option<SpanContext> {
    let trace = TraceId::from_bytes(trace.try_into().ok()?);
    let context = SpanContext::new(trace, span_id(span)?, TraceFlags::SAMPLED, true, TraceState::NONE);
    context.is_valid().then_some(context)
}

fn span_id(bytes: &[u8]) -> Option<SpanId> {
    Some(SpanId::from_bytes(bytes.try_into().ok()?))
}

fn time(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

fn kind(kind: i32) -> Option<SpanKind> {
    match WireKind::try_from(kind).ok()? {
        WireKind::Unspecified => None,
        WireKind::Internal => Some(SpanKind::Internal),
        WireKind::Server => Some(SpanKind::Server),
        WireKind::Client => Some(SpanKind::Client),
        WireKind::Producer => Some(SpanKind::Producer),
        WireKind::Consumer => Some(SpanKind::Consumer),
    }
}

fn status(status: WireStatus) -> Option<Status> {
    Some(match StatusCode::try_from(status.code).ok()? {
        StatusCode::Unset => Status::Unset,
        StatusCode::Ok => Status::Ok,
        StatusCode::Error => Status::error(status.message),
    })
}

fn event(event: wire::Event) -> Option<Event> {
    let attributes = attributes(event.attributes)?;
    Some(Event::new(event.name, time(event.time_unix_nano), attributes, event.dropped_attributes_count))
}

fn link(link: wire::Link) -> Option<Link> {
    // Programs may link to a span that is none.
    let (trace, span) = (link.trace_id.as_slice().try_into().ok()?, span_id(&link.span_id)?);
    let context = SpanContext::new(TraceId::from_bytes(trace), span, TraceFlags::SAMPLED, true, TraceState::NONE);
    Some(Link::new(context, attributes(link.attributes)?, link.dropped_attributes_count))
}

fn attributes(attributes: Vec<WireKeyValue>) -> Option<Vec<KeyValue>> {
    attributes.into_iter().map(|attribute| Some(KeyValue::new(attribute.key, value(attribute.value?)?))).collect()
}

fn value(value: AnyValue) -> Option<Value> {
    Some(match value.value? {
        any_value::Value::BoolValue(value) => value.into(),
        any_value::Value::IntValue(value) => value.into(),
        any_value::Value::DoubleValue(value) => value.into(),
        any_value::Value::StringValue(value) => value.into(),
        any_value::Value::ArrayValue(array) => Value::Array(elements(array.values)?),
        _ => return None,
    })
}

/// The elements of an array, which are all of one type. Of none, the type does
/// not matter.
fn elements(values: Vec<AnyValue>) -> Option<Array> {
    let values: Option<Vec<_>> = values.into_iter().map(value).collect();
    let values = values?;
    Some(match values.first() {
        Some(Value::Bool(_)) => Array::Bool(all(values, |value| if let Value::Bool(value) = value { Some(value) } else { None })?),
        Some(Value::I64(_)) => Array::I64(all(values, |value| if let Value::I64(value) = value { Some(value) } else { None })?),
        Some(Value::F64(_)) => Array::F64(all(values, |value| if let Value::F64(value) = value { Some(value) } else { None })?),
        Some(Value::String(_)) => Array::String(all(values, |value| if let Value::String(value) = value { Some(value) } else { None })?),
        Some(_) => return None,
        None => Array::String(Vec::<StringValue>::new()),
    })
}

fn all<T>(values: Vec<Value>, element: impl Fn(Value) -> Option<T>) -> Option<Vec<T>> {
    values.into_iter().map(element).collect()
}
