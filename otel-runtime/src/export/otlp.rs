//! OTLP: encodes what the SDK hands over, once, and leaves it to the delivery.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, Value};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{LogBatch, LogProcessor, SdkLogRecord};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use prost::Message;

use crate::delivery::{Batch, Batcher, Delivery, Encoder, Parcel, Signal};

/// How long a flush through a provider of the SDK waits for the delivery; that interface has no deadline of its own.
const FLUSH: Duration = Duration::from_secs(5);

/// Takes ended spans, of ours and of code that uses the plain API.
#[derive(Debug)]
pub(crate) struct OtlpSpans {
    batcher: Batcher<SpanData>,
    delivery: Arc<Delivery>,
    open: Arc<AtomicU64>,
}

impl OtlpSpans {
    /// `open` counts the spans that were started and did not end.
    pub(crate) fn new(delivery: &Arc<Delivery>, batch: Batch, resource: &Resource, open: Arc<AtomicU64>) -> Self {
        let resource = ResourceAttributesWithSchema::from(resource);
        let encode = Box::new(move |spans| {
            ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(spans, &resource) }.encode_to_vec()
        });
        let encoder = Encoder { size: span_size, encode };
        Self { batcher: Batcher::start(delivery, Signal::Traces, batch, encoder), delivery: Arc::clone(delivery), open }
    }

    pub(crate) fn batcher(&self) -> Batcher<SpanData> {
        self.batcher.clone()
    }
}

impl SpanProcessor for OtlpSpans {
    fn on_start(&self, _: &mut Span, _: &Context) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    fn on_end(&self, span: SpanData) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        // Recorded but not sampled: for processors in the program, not for a backend.
        if span.span_context.is_sampled() {
            self.batcher.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        flush(&self.batcher, &self.delivery)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        gather(&self.batcher, timeout)
    }
}

/// Takes log records.
#[derive(Debug)]
pub(crate) struct OtlpLogs {
    batcher: Batcher<(SdkLogRecord, InstrumentationScope)>,
    delivery: Arc<Delivery>,
}

impl OtlpLogs {
    pub(crate) fn new(delivery: &Arc<Delivery>, batch: Batch, resource: &Resource) -> Self {
        let resource = ResourceAttributesWithSchema::from(resource);
        let encode = Box::new(move |logs: Vec<(SdkLogRecord, InstrumentationScope)>| {
            let logs: Vec<_> = logs.iter().map(|(record, scope)| (record, scope)).collect();
            ExportLogsServiceRequest { resource_logs: group_logs_by_resource_and_scope(&LogBatch::new(&logs), &resource) }.encode_to_vec()
        });
        let encoder = Encoder { size: |(record, _)| log_size(record), encode };
        Self { batcher: Batcher::start(delivery, Signal::Logs, batch, encoder), delivery: Arc::clone(delivery) }
    }

    pub(crate) fn batcher(&self) -> Batcher<(SdkLogRecord, InstrumentationScope)> {
        self.batcher.clone()
    }
}

impl LogProcessor for OtlpLogs {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.batcher.push((record.clone(), scope.clone()));
    }

    fn force_flush(&self) -> OTelSdkResult {
        flush(&self.batcher, &self.delivery)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        gather(&self.batcher, timeout)
    }
}

fn gather<T: Send + 'static>(batcher: &Batcher<T>, timeout: Duration) -> OTelSdkResult {
    if batcher.flush(Instant::now() + timeout) { Ok(()) } else { Err(OTelSdkError::Timeout(timeout)) }
}

fn flush<T: Send + 'static>(batcher: &Batcher<T>, delivery: &Delivery) -> OTelSdkResult {
    let deadline = Instant::now() + FLUSH;
    if batcher.flush(deadline) && delivery.flush(deadline) { Ok(()) } else { Err(OTelSdkError::Timeout(FLUSH)) }
}

/// Takes what a reader collects.
#[derive(Debug)]
pub(crate) struct OtlpMetrics {
    delivery: Arc<Delivery>,
    temporality: Temporality,
}

impl OtlpMetrics {
    pub(crate) fn new(delivery: &Arc<Delivery>, temporality: Temporality) -> Self {
        Self { delivery: Arc::clone(delivery), temporality }
    }
}

impl PushMetricExporter for OtlpMetrics {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let request = ExportMetricsServiceRequest::from(metrics);
        let items = data_points(&request);
        // An empty request says nothing that a backend needs to hear.
        if items > 0 {
            self.delivery.queue().push_new(Signal::Metrics, Parcel { body: request.encode_to_vec().into(), items });
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        if self.delivery.flush(Instant::now() + FLUSH) { Ok(()) } else { Err(OTelSdkError::Timeout(FLUSH)) }
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

/// The bytes that a span takes, by a rough count of what may be long.
fn span_size(span: &SpanData) -> usize {
    let attributes = |attributes: &[KeyValue]| attributes.iter().map(attribute_size).sum::<usize>();
    let events = span.events.iter().map(|event| EACH + event.name.len() + attributes(&event.attributes));
    let links = span.links.iter().map(|link| EACH + attributes(&link.attributes));
    EACH + span.name.len() + attributes(&span.attributes) + events.chain(links).sum::<usize>()
}

/// What anything takes beside its texts.
const EACH: usize = 64;

fn attribute_size(attribute: &KeyValue) -> usize {
    let value = match &attribute.value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| EACH + text.as_str().len()).sum(),
        Value::Array(Array::I64(numbers)) => 8 * numbers.len(),
        Value::Array(Array::F64(numbers)) => 8 * numbers.len(),
        _ => 8,
    };
    attribute.key.as_str().len() + 16 + value
}

fn log_size(record: &SdkLogRecord) -> usize {
    let attributes = record.attributes_iter().map(|(key, value)| key.as_str().len() + 16 + any_size(value));
    EACH + record.body().map_or(0, any_size) + attributes.sum::<usize>()
}

fn any_size(value: &AnyValue) -> usize {
    match value {
        AnyValue::String(text) => text.as_str().len(),
        AnyValue::Bytes(bytes) => bytes.len(),
        AnyValue::ListAny(list) => list.iter().map(|value| 16 + any_size(value)).sum(),
        AnyValue::Map(map) => map.iter().map(|(key, value)| key.as_str().len() + 16 + any_size(value)).sum(),
        _ => 8,
    }
}

fn data_points(request: &ExportMetricsServiceRequest) -> u64 {
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let data = scopes.flat_map(|scope| &scope.metrics).filter_map(|metric| metric.data.as_ref());
    let points = data.map(|data| match data {
        Data::Gauge(gauge) => gauge.data_points.len(),
        Data::Sum(sum) => sum.data_points.len(),
        Data::Histogram(histogram) => histogram.data_points.len(),
        Data::ExponentialHistogram(histogram) => histogram.data_points.len(),
        Data::Summary(summary) => summary.data_points.len(),
    });
    points.sum::<usize>() as u64
}
