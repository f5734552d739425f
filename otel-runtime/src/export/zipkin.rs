//! Zipkin's own format, version 2 of its API in JSON (OpenTelemetry specification, "OpenTelemetry to Zipkin Transformation":
//! <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/>). Here is what becomes of a span; it is delivered like everything else.

mod size;

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Event, SpanId, SpanKind, Status};
use opentelemetry::{Array, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use serde_json::{Map, Value as Json, json};

use self::size::of_span;
use crate::delivery::{Encoder, Parcel};

/// How spans become requests.
#[allow(clippy::unnecessary_wraps, reason = "the same signature as where the feature is off")]
pub(crate) fn encoder(resource: &Resource) -> Result<Encoder<SpanData>, String> {
    let model = Model::new(resource);
    let encode = Box::new(move |spans: Vec<SpanData>| {
        let mut parcels = Vec::new();
        model.divide(&spans, &mut parcels);
        parcels
    });
    Ok(Encoder { items: |_| 1, size: of_span, encode })
}

/// What Zipkin is told of this program with each span.
#[derive(Clone, Debug)]
struct Model {
    service_name: String,
    /// The rest of the resource, which becomes tags.
    tags: Vec<(String, String)>,
}

impl Model {
    fn new(resource: &Resource) -> Self {
        let service_name = resource.get(&Key::from_static_str(SERVICE_NAME)).map(|name| text(&name)).unwrap_or_default();
        let others = resource.iter().filter(|(key, _)| key.as_str() != SERVICE_NAME);
        Self { service_name, tags: others.map(|(key, value)| (key.as_str().to_owned(), text(value))).collect() }
    }

    /// The spans in as few requests as are not too large, unless a span is so by itself.
    fn divide(&self, spans: &[SpanData], parcels: &mut Vec<Parcel>) {
        let body = self.request(spans);
        if body.len() > MAX_REQUEST && spans.len() > 1 {
            let (first, second) = spans.split_at(spans.len() / 2);
            self.divide(first, parcels);
            self.divide(second, parcels);
        } else if !spans.is_empty() {
            parcels.push(Parcel { body: body.into(), items: spans.len() as u64 });
        }
    }

    /// The body of a request.
    fn request(&self, spans: &[SpanData]) -> Vec<u8> {
        Json::Array(spans.iter().map(|span| self.span(span)).collect()).to_string().into_bytes()
    }

    fn span(&self, span: &SpanData) -> Json {
        let mut zipkin = Map::new();
        let mut set = |key: &str, value: Json| drop(zipkin.insert(key.to_owned(), value));
        set("traceId", span.span_context.trace_id().to_string().into());
        set("id", span.span_context.span_id().to_string().into());
        if span.parent_span_id != SpanId::INVALID {
            set("parentId", span.parent_span_id.to_string().into());
        }
        set("name", (*span.name).into());
        if let Some(kind) = kind(&span.span_kind) {
            set("kind", kind.into());
        }
        set("timestamp", micros(since_epoch(span.start_time)).into());
        // Less than a microsecond counts as one; 0 would stand for "not known".
        set("duration", micros(span.end_time.duration_since(span.start_time).unwrap_or_default()).max(1).into());
        set("localEndpoint", json!({ "serviceName": self.service_name }));
        if let Some(endpoint) = remote_endpoint(span) {
            set("remoteEndpoint", endpoint);
        }
        if !span.events.is_empty() {
            set("annotations", span.events.iter().map(annotation).collect());
        }
        set("tags", Json::Object(self.tags(span)));
        Json::Object(zipkin)
    }

    /// The attributes of the resource, then those of the span, then what has no other place.
    fn tags(&self, span: &SpanData) -> Map<String, Json> {
        let mut tags: Map<String, Json> = self.tags.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        let mut set = |key: &str, value: String| drop(tags.insert(key.to_owned(), value.into()));
        // `error` is how Zipkin knows an error, whatever its value.
        for attribute in span.attributes.iter().filter(|attribute| attribute.key.as_str() != "error") {
            set(attribute.key.as_str(), text(&attribute.value));
        }
        let scope = &span.instrumentation_scope;
        for prefix in ["otel.scope", "otel.library"].into_iter().filter(|_| !scope.name().is_empty()) {
            set(&format!("{prefix}.name"), scope.name().to_owned());
            if let Some(version) = scope.version() {
                set(&format!("{prefix}.version"), version.to_owned());
            }
        }
        let dropped = [
            ("otel.dropped_attributes_count", span.dropped_attributes_count),
            ("otel.dropped_events_count", span.events.dropped_count),
            ("otel.dropped_links_count", span.links.dropped_count),
        ];
        for (key, count) in dropped.into_iter().filter(|(_, count)| *count > 0) {
            set(key, count.to_string());
        }
        match &span.status {
            Status::Unset => {}
            Status::Ok => set("otel.status_code", "OK".to_owned()),
            Status::Error { description } => {
                set("otel.status_code", "ERROR".to_owned());
                set("error", description.to_string());
            }
        }
        tags
    }
}

/// Less than a Zipkin takes over HTTP where nobody says otherwise, which is 5 MB.
const MAX_REQUEST: usize = 4 * 1024 * 1024;

const SERVICE_NAME: &str = "service.name";

fn kind(kind: &SpanKind) -> Option<&'static str> {
    match kind {
        SpanKind::Client => Some("CLIENT"),
        SpanKind::Server => Some("SERVER"),
        SpanKind::Producer => Some("PRODUCER"),
        SpanKind::Consumer => Some("CONSUMER"),
        SpanKind::Internal => None,
    }
}

/// Who is called, by the first attribute that says so.
fn remote_endpoint(span: &SpanData) -> Option<Json> {
    if !matches!(span.span_kind, SpanKind::Client | SpanKind::Producer) {
        return None;
    }
    let attribute =
        |wanted: &str| span.attributes.iter().rfind(|attribute| attribute.key.as_str() == wanted).map(|found| text(&found.value));
    let port = |key: &str| attribute(key).and_then(|port| port.parse::<u16>().ok());
    let named = |name: String, port: Option<u16>| {
        let mut endpoint = match name.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => json!({ "ipv4": address.to_string() }),
            Ok(IpAddr::V6(address)) => json!({ "ipv6": address.to_string() }),
            Err(_) => json!({ "serviceName": name }),
        };
        if let Some(port) = port {
            endpoint["port"] = port.into();
        }
        endpoint
    };
    let service = attribute("service.peer.name").or_else(|| attribute("peer.service")).map(|name| json!({ "serviceName": name }));
    let server = || attribute("server.address").map(|name| named(name, port("server.port")));
    let peer = || attribute("network.peer.address").map(|name| named(name, port("network.peer.port")));
    let database = || attribute("db.namespace").map(|name| json!({ "serviceName": name }));
    service.or_else(server).or_else(peer).or_else(database)
}

/// An event is its name, and its attributes if it has some: `"packed":{"shop.parcels":2}`.
fn annotation(event: &Event) -> Json {
    let attributes: Map<String, Json> =
        event.attributes.iter().map(|KeyValue { key, value, .. }| (key.as_str().to_owned(), json_of(value))).collect();
    let value =
        if attributes.is_empty() { event.name.to_string() } else { format!("{}:{}", Json::from(&*event.name), Json::Object(attributes)) };
    json!({ "timestamp": micros(since_epoch(event.timestamp)), "value": value })
}

/// Tags are texts; arrays are written in JSON (specification, "Mapping Arbitrary Data to OTLP `AnyValue`", the other way round).
fn text(value: &Value) -> String {
    match value {
        Value::Array(_) => json_of(value).to_string(),
        value => value.to_string(),
    }
}

fn json_of(value: &Value) -> Json {
    // JSON has no number that is none.
    let number = |number: f64| if number.is_finite() { number.into() } else { Json::from(number.to_string()) };
    match value {
        Value::Bool(value) => (*value).into(),
        Value::I64(value) => (*value).into(),
        Value::F64(value) => number(*value),
        Value::String(value) => value.as_str().into(),
        Value::Array(Array::Bool(values)) => values.as_slice().into(),
        Value::Array(Array::I64(values)) => values.as_slice().into(),
        Value::Array(Array::F64(values)) => values.iter().copied().map(number).collect(),
        Value::Array(Array::String(values)) => values.iter().map(opentelemetry::StringValue::as_str).collect(),
        other => other.to_string().into(),
    }
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
