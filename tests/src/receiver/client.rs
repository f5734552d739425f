//! What the tests of this crate send requests with: no exporter, but the bare
//! protocols, so that they can send what no exporter would.

use std::net::TcpStream;

use http_body_util::Full;
use hyper::{Method, Request, body::Bytes, header::CONTENT_TYPE};
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest,
        metrics::v1::ExportMetricsServiceRequest,
        trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse, trace_service_client::TraceServiceClient},
    },
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{Metric, ResourceMetrics, ScopeMetrics},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, span::SpanKind},
};
use prost::Message;
use tonic::Status;

use crate::http;

pub(crate) const PROTOBUF: &str = "application/x-protobuf";

/// Sends any request; an error means that no answer came.
pub(crate) async fn send(
    endpoint: &str,
    method: Method,
    path: &str,
    content_type: &str,
    body: Vec<u8>,
) -> Result<http::Answer, http::Error> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, content_type)
        .header("x-test", "sent")
        .body(Full::new(Bytes::from(body)))?;
    http::exchange(address(endpoint), request).await
}

pub(crate) async fn post_traces(endpoint: &str, traces: &ExportTraceServiceRequest) -> Result<http::Answer, http::Error> {
    let body = traces.encode_to_vec();
    send(endpoint, Method::POST, "/v1/traces", PROTOBUF, body).await
}

pub(crate) async fn call_traces(endpoint: &str, traces: ExportTraceServiceRequest) -> Result<ExportTraceServiceResponse, Status> {
    let connected = TraceServiceClient::connect(endpoint.to_owned()).await;
    let mut client = connected.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = tonic::Request::new(traces);
    let value = "sent".parse().expect("it is a metadata value");
    request.metadata_mut().insert("x-test", value);
    Ok(client.export(request).await?.into_inner())
}

/// Whether something accepts connections there.
pub(crate) fn accepts_connections(endpoint: &str) -> bool {
    TcpStream::connect(address(endpoint)).is_ok()
}

/// A request with spans of these names, the children of the first.
pub(crate) fn traces(names: &[&str]) -> ExportTraceServiceRequest {
    let spans = names.iter().zip(1..).map(|(name, number)| Span {
        trace_id: vec![0xab; 16],
        span_id: vec![number; 8],
        parent_span_id: if number == 1 { vec![] } else { vec![1; 8] },
        name: (*name).to_owned(),
        kind: SpanKind::Server.into(),
        attributes: vec![text("http.request.method", "GET")],
        ..Span::default()
    });
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource()),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope { name: "scope".to_owned(), ..InstrumentationScope::default() }),
                spans: spans.collect(),
                schema_url: "schema".to_owned(),
            }],
            schema_url: String::new(),
        }],
    }
}

/// A request with one metric.
pub(crate) fn metrics() -> ExportMetricsServiceRequest {
    let metric = Metric { name: "requests".to_owned(), ..Metric::default() };
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource()),
            scope_metrics: vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }],
            ..ResourceMetrics::default()
        }],
    }
}

/// A request with one log record.
pub(crate) fn logs() -> ExportLogsServiceRequest {
    let value = Some(Value::StringValue("hello".to_owned()));
    let record =
        LogRecord { body: Some(AnyValue { value }), span_id: vec![7; 8], attributes: vec![text("key", "value")], ..LogRecord::default() };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource()),
            scope_logs: vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    }
}

fn resource() -> Resource {
    Resource { attributes: vec![text("service.name", "service")], ..Resource::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) }), ..KeyValue::default() }
}

fn address(endpoint: &str) -> &str {
    endpoint.strip_prefix("http://").expect("it is an address")
}
