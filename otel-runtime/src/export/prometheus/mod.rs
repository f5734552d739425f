//! Metrics on a port that Prometheus scrapes.
//!
//! ```text
//! scrape ─► server ─ Accept ─► format
//!                │                │
//!                └─► reader ─► families ─► render ─► text
//!                    (SDK)     (names, numbers, buckets)
//! ```
//!
//! The rules are those of the specification, "Prometheus and OpenMetrics Compatibility"
//! (<https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>) and "Metrics Exporter - Prometheus"
//! (<https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/>).
//!
//! They are written here, and not taken from `opentelemetry-prometheus`, because that is a bridge to a client library, `prometheus`, with a data
//! model of its own: text and Protobuf but no OpenMetrics, which is what Prometheus asks for first and where units and times of creation have their
//! place; all numbers floats; no buckets that are made of exponential ones. What remains is the translation of names, which is the shorter half.

mod buckets;
mod families;
mod format;
mod names;
mod numbers;
mod render;
mod server;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, MeterProviderBuilder, Pipeline, Temporality};

use self::families::Families;
use self::format::Format;
use self::server::{Limits, Server};
use super::{NotServed, points};
use crate::diagnostics::Diagnostics;
use crate::own::{Scrapes, Status};

/// Metrics that are served.
#[derive(Debug)]
pub(crate) struct Endpoint(Server);

impl Endpoint {
    /// Has the provider's metrics served at a host and a port from now on; they are there once the provider is built.
    pub(crate) fn serve(
        builder: MeterProviderBuilder,
        host: &str,
        port: u16,
        diagnostics: &Diagnostics,
        scrapes: Option<Scrapes>,
    ) -> Result<(MeterProviderBuilder, Self), NotServed> {
        let listeners = server::listen(host, port).map_err(NotServed::Address)?;
        let exposition = Exposition { reader: Reader::default(), diagnostics: diagnostics.clone(), said: Mutex::default(), scrapes };
        let builder = builder.with_reader(exposition.reader.clone());
        let pages = Arc::new(move |format| exposition.page(format));
        let server = Server::start(listeners, pages, Limits::default(), diagnostics.clone()).map_err(NotServed::Thread)?;
        Ok((builder, Self(server)))
    }

    /// Where they are, at the first of its addresses if there are several.
    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Closes all connections and gives the port back; `false` if that is not done at the deadline.
    pub(crate) fn shutdown(&self, deadline: Instant) -> bool {
        self.0.shutdown(deadline)
    }
}

/// What there is to read.
struct Exposition {
    reader: Reader,
    diagnostics: Diagnostics,
    /// Each problem is said once, not once a scrape.
    said: Mutex<HashSet<String>>,
    scrapes: Option<Scrapes>,
}

impl Exposition {
    /// The metrics as they are now; `None` once telemetry has ended.
    fn page(&self, format: Format) -> Option<String> {
        let mut metrics = ResourceMetrics::default();
        let began = Instant::now();
        self.reader.collect(&mut metrics).ok()?;
        let held = self.scrapes.as_ref().map(|scrapes| {
            scrapes.reader.done(|| began.elapsed(), None, None);
            scrapes.exporter.hold(points::count(&metrics))
        });
        let page = self.render(&metrics, format);
        if let Some(held) = held {
            held.operations().done(|| began.elapsed(), Some(Status::Http(200)), None);
        }
        Some(page)
    }

    fn render(&self, metrics: &ResourceMetrics, format: Format) -> String {
        let mut families = Families::gather(metrics);
        for problem in families.problems.drain(..) {
            if self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(problem.clone()) {
                self.diagnostics.warn(problem);
            }
        }
        render::render(&families, format)
    }
}

/// The SDK's reader on demand, for the provider and for who demands. All that it reads are sums from the start: views do not change that.
#[derive(Clone, Debug, Default)]
struct Reader(Arc<ManualReader>);

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, _: InstrumentKind) -> Temporality {
        Temporality::Cumulative
    }
}
