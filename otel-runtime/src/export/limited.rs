//! The one processor of log records: it copies baggage and applies the limits once, and hands on to every exporter, so that all of them see the same.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{Logger, LoggerProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord, SdkLogger, SdkLoggerProvider};

use crate::clock::deadline;
use crate::copied::BaggageKeys;
use crate::limits::OfLogs;
use crate::own::Tally;

/// A log record that is within the limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LimitedLog<'a> {
    pub(crate) record: &'a SdkLogRecord,
    /// How many attributes it had beyond those that it has.
    pub(crate) dropped_attributes: u32,
    pub(crate) scope: &'a InstrumentationScope,
}

/// Takes log records that are within the limits. The SDK's interface has no place for what was dropped.
pub(crate) trait LogExporter: fmt::Debug + Send + Sync {
    fn take(&self, log: LimitedLog<'_>);

    fn force_flush(&self) -> OTelSdkResult;

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult;
}

/// Hands log records on.
#[derive(Debug)]
pub(crate) struct LimitedLogs {
    limits: OfLogs,
    baggage: BaggageKeys,
    exporters: Vec<Box<dyn LogExporter>>,
    /// Makes empty records, which nothing else can; it has nobody to give one to.
    blank: SdkLogger,
    /// Where records are counted, if they are.
    created: Option<Arc<Tally<1>>>,
}

impl LimitedLogs {
    pub(crate) fn new(limits: OfLogs, baggage: BaggageKeys, exporters: Vec<Box<dyn LogExporter>>) -> Self {
        let blank = SdkLoggerProvider::builder().with_resource(Resource::builder_empty().build()).build().logger("");
        Self { limits, baggage, exporters, blank, created: None }
    }

    /// The same, which counts records.
    pub(crate) fn counted(self, created: Option<Arc<Tally<1>>>) -> Self {
        Self { created, ..self }
    }
}

impl LogProcessor for LimitedLogs {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        if let Some(created) = &self.created {
            created.count(0);
        }
        self.baggage.emit(record);
        let dropped_attributes = self.limits.dropped(record);
        if dropped_attributes > 0 || self.limits.is_any_too_long(record) {
            *record = self.limits.copy(record, self.blank.create_log_record());
        }
        for exporter in &self.exporters {
            exporter.take(LimitedLog { record, dropped_attributes, scope });
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        each(&self.exporters, LogExporter::force_flush)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let deadline = deadline(timeout);
        each(&self.exporters, |exporter| exporter.shutdown_with_timeout(deadline.saturating_duration_since(Instant::now())))
    }
}

/// Asks all, whatever becomes of one; the first failure is that of all.
fn each<T: ?Sized>(exporters: &[Box<T>], ask: impl Fn(&T) -> OTelSdkResult) -> OTelSdkResult {
    exporters.iter().map(|exporter| ask(exporter)).fold(Ok(()), Result::and)
}
