//! OTLP: encodes what the SDK hands over, once, and leaves it to the delivery.

mod divide;
mod size;

#[cfg(test)]
mod testing;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::SdkLogRecord;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use self::divide::{MAX_REQUEST, parcels};
use super::limited::{LimitedLog, LogExporter};
use crate::delivery::{Batch, Batcher, Delivery, Encoder, Signal};
use crate::trace_flags;

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
            let request = ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(spans, &resource) };
            parcels(request, MAX_REQUEST)
        });
        let encoder = Encoder { size: size::of_span, encode };
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

    fn on_end(&self, mut span: SpanData) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        // Recorded but not sampled: for processors in the program, not for a backend.
        if span.span_context.is_sampled() {
            trace_flags::flag(&mut span);
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

/// A log record on its way.
#[derive(Debug)]
pub(crate) struct Log {
    record: SdkLogRecord,
    dropped_attributes: u32,
    scope: InstrumentationScope,
}

/// Takes log records.
#[derive(Debug)]
pub(crate) struct OtlpLogs {
    batcher: Batcher<Log>,
    delivery: Arc<Delivery>,
}

impl OtlpLogs {
    pub(crate) fn new(delivery: &Arc<Delivery>, batch: Batch, resource: &Resource) -> Self {
        let resource = ResourceAttributesWithSchema::from(resource);
        let encode = Box::new(move |logs: Vec<Log>| parcels(logs_request(&logs, &resource), MAX_REQUEST));
        let encoder = Encoder { size: |log: &Log| size::of_log(&log.record), encode };
        Self { batcher: Batcher::start(delivery, Signal::Logs, batch, encoder), delivery: Arc::clone(delivery) }
    }

    pub(crate) fn batcher(&self) -> Batcher<Log> {
        self.batcher.clone()
    }
}

impl LogExporter for OtlpLogs {
    fn take(&self, log: LimitedLog<'_>) {
        let LimitedLog { record, dropped_attributes, scope } = log;
        self.batcher.push(Log { record: record.clone(), dropped_attributes, scope: scope.clone() });
    }

    fn force_flush(&self) -> OTelSdkResult {
        flush(&self.batcher, &self.delivery)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        gather(&self.batcher, timeout)
    }
}

/// The records under their scopes. The target of a record stands for the name of its scope, as the SDK's own exporters have it.
fn logs_request(logs: &[Log], resource: &ResourceAttributesWithSchema) -> ExportLogsServiceRequest {
    let mut scope_logs: Vec<ScopeLogs> = Vec::new();
    let mut places = HashMap::new();
    for Log { record, dropped_attributes, scope } in logs {
        let place = *places.entry((scope, record.target())).or_insert_with(|| {
            let schema_url = scope.schema_url().unwrap_or_default().to_owned();
            scope_logs.push(ScopeLogs { scope: Some((scope, record.target().cloned()).into()), schema_url, log_records: Vec::new() });
            scope_logs.len() - 1
        });
        let record = LogRecord { dropped_attributes_count: *dropped_attributes, ..LogRecord::from(record) };
        if let Some(scope) = scope_logs.get_mut(place) {
            scope.log_records.push(record);
        }
    }
    let attributes = resource.attributes.0.clone();
    let schema_url = resource.schema_url.clone().unwrap_or_default();
    let resource = Some(ProtoResource { attributes, ..ProtoResource::default() });
    ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { resource, scope_logs, schema_url }] }
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
        // Where there is no data point there is no parcel: an empty request says nothing that a backend needs to hear.
        for parcel in parcels(ExportMetricsServiceRequest::from(metrics), MAX_REQUEST) {
            self.delivery.queue().push_new(Signal::Metrics, parcel);
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
