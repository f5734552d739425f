//! How long it takes to collect metrics.
//!
//! The SDK's reader collects on a thread of its own: it runs all callbacks, the first of which is ours, gathers the rest, and hands everything to its
//! exporter on the same thread. So the time between the two is what it took.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use super::operations::Operations;

thread_local! {
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The first callback runs.
pub(crate) fn collection_begins() {
    BEGAN.set(Some(Instant::now()));
}

/// An exporter whose reader is timed.
#[derive(Debug)]
pub(crate) struct Timed<E> {
    exporter: E,
    reader: Arc<Operations>,
}

impl<E> Timed<E> {
    pub(crate) fn new(exporter: E, reader: Arc<Operations>) -> Self {
        Self { exporter, reader }
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Timed<E> {
    fn export(&self, metrics: &ResourceMetrics) -> impl Future<Output = OTelSdkResult> + Send {
        if let Some(began) = BEGAN.take() {
            self.reader.done(|| began.elapsed(), None, None);
        }
        self.exporter.export(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
