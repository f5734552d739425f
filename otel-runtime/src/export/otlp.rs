//! OTLP of log records and metrics: encodes what the SDK hands over, once, and leaves it to the delivery.

mod size;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::SdkLogRecord;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use super::limited::{LimitedLog, LogExporter};
use crate::clock::deadline;
use crate::delivery::{Batch, Batcher, Delivery, Encoder, MAX_REQUEST, Route, parcels};

/// How long a flush through a provider waits for the delivery, where its interface has no deadline of its own.
pub(crate) const FLUSH: Duration = Duration::from_secs(5);

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
    pub(crate) fn new(delivery: &Arc<Delivery>, route: Route, batch: Batch, resource: &Resource) -> Self {
        let resource = ResourceAttributesWithSchema::from(resource);
        let encode = Box::new(move |logs: Vec<Log>| parcels(logs_request(&logs, &resource), MAX_REQUEST));
        let encoder = Encoder { items: |_| 1, size: |log: &Log| size::of_log(&log.record), encode };
        Self { batcher: Batcher::start(delivery, route, batch, encoder), delivery: Arc::clone(delivery) }
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
        let deadline = Instant::now() + FLUSH;
        if self.batcher.flush(deadline) && self.delivery.flush(deadline) { Ok(()) } else { Err(OTelSdkError::Timeout(FLUSH)) }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if self.batcher.flush(deadline(timeout)) { Ok(()) } else { Err(OTelSdkError::Timeout(timeout)) }
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

/// Takes what a reader collects.
#[derive(Debug)]
pub(crate) struct OtlpMetrics {
    delivery: Arc<Delivery>,
    route: Route,
    temporality: Temporality,
}

impl OtlpMetrics {
    pub(crate) fn new(delivery: &Arc<Delivery>, route: Route, temporality: Temporality) -> Self {
        Self { delivery: Arc::clone(delivery), route, temporality }
    }
}

impl PushMetricExporter for OtlpMetrics {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        // Where there is no data point there is no parcel: an empty request says nothing that a backend needs to hear.
        for parcel in parcels(ExportMetricsServiceRequest::from(metrics), MAX_REQUEST) {
            self.delivery.queue().push_new(self.route, parcel);
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
