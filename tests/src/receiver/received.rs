//! The flattened view: spans, metrics and log records by themselves, each with
//! the scope and resource it came under.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use opentelemetry_proto::tonic::{
    common::v1::{InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::Metric,
    resource::v1::Resource,
    trace::v1::{Span, Status, span::SpanKind, status::StatusCode},
};
use otel_runtime::opentelemetry::trace as api;
use otel_runtime::testing;

use super::record::{Body, Request};

/// An item of an accepted request.
#[derive(Debug, Clone, PartialEq)]
pub struct Received<T = Span> {
    pub data: T,
    /// Empty if the sender left it out, as [`Self::resource`].
    pub scope: InstrumentationScope,
    /// The schema of the scope and of the data.
    pub schema_url: String,
    pub resource: Resource,
}

impl<T> Received<T> {
    /// An attribute of the resource.
    #[must_use]
    pub fn resource_attribute(&self, key: &str) -> Option<&Value> {
        find(&self.resource.attributes, key)
    }
}

impl Received<Span> {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.data.name
    }

    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        find(&self.data.attributes, key)
    }

    #[must_use]
    pub fn kind(&self) -> SpanKind {
        self.data.kind()
    }

    /// The code of the status; unset if there is no status.
    #[must_use]
    pub fn status_code(&self) -> StatusCode {
        self.data.status.as_ref().map_or(StatusCode::Unset, Status::code)
    }

    #[must_use]
    pub fn trace_id_hex(&self) -> String {
        hex(&self.data.trace_id)
    }

    #[must_use]
    pub fn span_id_hex(&self) -> String {
        hex(&self.data.span_id)
    }

    /// The parent, or nothing for a root span.
    #[must_use]
    pub fn parent_span_id_hex(&self) -> Option<String> {
        let parent = &self.data.parent_span_id;
        (!parent.is_empty()).then(|| hex(parent))
    }
}

impl Received<Metric> {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.data.name
    }
}

impl Received<LogRecord> {
    #[must_use]
    pub fn body(&self) -> Option<&Value> {
        self.data.body.as_ref()?.value.as_ref()
    }

    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        find(&self.data.attributes, key)
    }

    #[must_use]
    pub fn trace_id_hex(&self) -> String {
        hex(&self.data.trace_id)
    }

    #[must_use]
    pub fn span_id_hex(&self) -> String {
        hex(&self.data.span_id)
    }
}

/// The spans as a capture would give them, so that a test can look at what arrived in the same way.
#[must_use]
pub fn captured(spans: &[Received]) -> testing::Captured {
    spans.iter().map(|span| captured_span(&span.data, &span.scope)).collect()
}

fn captured_span(span: &Span, scope: &InstrumentationScope) -> testing::Span {
    let description = || span.status.as_ref().map(|status| status.message.clone()).unwrap_or_default();
    testing::Span {
        name: span.name.clone(),
        scope: scope.name.clone(),
        kind: match span.kind() {
            SpanKind::Server => api::SpanKind::Server,
            SpanKind::Client => api::SpanKind::Client,
            SpanKind::Producer => api::SpanKind::Producer,
            SpanKind::Consumer => api::SpanKind::Consumer,
            SpanKind::Internal | SpanKind::Unspecified => api::SpanKind::Internal,
        },
        trace_id: api::TraceId::from_bytes(bytes(&span.trace_id)),
        span_id: api::SpanId::from_bytes(bytes(&span.span_id)),
        parent_span_id: api::SpanId::from_bytes(bytes(&span.parent_span_id)),
        start_time: UNIX_EPOCH + Duration::from_nanos(span.start_time_unix_nano),
        attributes: key_values(&span.attributes),
        events: span.events.iter().map(|event| (event.name.clone(), key_values(&event.attributes))).collect(),
        links: span
            .links
            .iter()
            .map(|link| (api::TraceId::from_bytes(bytes(&link.trace_id)), api::SpanId::from_bytes(bytes(&link.span_id))))
            .collect(),
        baggage: Vec::new(),
        open: false,
        status: match span.status.as_ref().map_or(StatusCode::Unset, Status::code) {
            StatusCode::Unset => api::Status::Unset,
            StatusCode::Ok => api::Status::Ok,
            StatusCode::Error => api::Status::error(description()),
        },
    }
}

/// An id; all zero where there is none.
fn bytes<const N: usize>(id: &[u8]) -> [u8; N] {
    id.try_into().unwrap_or([0; N])
}

fn key_values(attributes: &[KeyValue]) -> Vec<otel_runtime::opentelemetry::KeyValue> {
    let pairs = attributes.iter().filter_map(|attribute| {
        let value = attribute.value.as_ref()?.value.as_ref()?;
        Some(otel_runtime::opentelemetry::KeyValue::new(attribute.key.clone(), to_api(value)?))
    });
    pairs.collect()
}

fn to_api(value: &Value) -> Option<otel_runtime::opentelemetry::Value> {
    match value {
        Value::BoolValue(value) => Some((*value).into()),
        Value::IntValue(value) => Some((*value).into()),
        Value::DoubleValue(value) => Some((*value).into()),
        Value::StringValue(value) => Some(value.clone().into()),
        // The text is enough to compare by.
        Value::ArrayValue(values) => Some(format!("{:?}", values.values).into()),
        _ => None,
    }
}

/// How the items of one signal lie in its requests: under a resource, then under a scope.
macro_rules! flattened {
    ($(#[$doc:meta])* $name:ident: $signal:ident, $of_resource:ident, $of_scope:ident, $items:ident => $item:ty) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(requests: &[Request]) -> Vec<Received<$item>> {
            let mut flat = Vec::new();
            for request in requests.iter().filter(|request| request.accepted) {
                let Body::$signal(body) = &request.body else { continue };
                for under in &body.$of_resource {
                    for group in &under.$of_scope {
                        flat.extend(group.$items.iter().map(|data| Received {
                            data: data.clone(),
                            scope: group.scope.clone().unwrap_or_default(),
                            schema_url: group.schema_url.clone(),
                            resource: under.resource.clone().unwrap_or_default(),
                        }));
                    }
                }
            }
            flat
        }
    };
}

flattened!(
    /// The spans of the accepted ones among the requests.
    spans: Traces, resource_spans, scope_spans, spans => Span
);

flattened!(
    /// The metrics of the accepted ones among the requests.
    metrics: Metrics, resource_metrics, scope_metrics, metrics => Metric
);

flattened!(
    /// The log records of the accepted ones among the requests.
    logs: Logs, resource_logs, scope_logs, log_records => LogRecord
);

fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string succeeds");
        text
    })
}
