//! Builds the providers that a [`Config`] describes.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, InstrumentKind, PeriodicReader, SdkMeterProvider, Stream};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanProcessor};

use super::config::{self, Config, Exporter, RootSampler};
use super::error::InitError;
use super::ids::SaltedIds;
use super::self_metrics;
use super::warning::Warning;
use crate::delivery::{self, Batcher, Delivery, Output, Retries, Route, Signal, Spool, Transport};
use crate::diagnostics::Diagnostics;
use crate::export::console::{Console, ConsoleSpans};
use crate::export::delivered::DeliveredSpans;
use crate::export::limited::{LimitedLogs, LimitedSpans, LogExporter};
use crate::export::otlp::{OtlpLogs, OtlpMetrics};
use crate::export::prometheus::Endpoint;
use crate::export::{NotServed, otlp, zipkin};
use crate::sampling::{Sampler, WithSiteRatios};

/// The three providers, those that anything is exported from, and what lies behind them.
#[derive(Debug, Default)]
pub(super) struct Providers {
    pub(super) tracer: Option<SdkTracerProvider>,
    pub(super) meter: Option<SdkMeterProvider>,
    pub(super) logger: Option<SdkLoggerProvider>,
    pub(super) delivery: Option<Arc<Delivery>>,
    /// Where metrics are scraped.
    pub(super) prometheus: Option<Endpoint>,
    /// Until everything is built.
    spool: Option<Spool>,
    /// What of the configuration turned out not to be possible.
    pub(super) warnings: Vec<Warning>,
    /// What holds items back for a while.
    pub(super) holding: Vec<Box<dyn Flush>>,
    pub(super) open_spans: Arc<AtomicU64>,
    /// Whether metrics go anywhere by themselves.
    pub(super) pushes_metrics: bool,
}

/// Something that holds items back for a while.
pub(super) trait Flush: std::fmt::Debug + Send + Sync {
    fn flush(&self, deadline: Instant) -> bool;
}

impl<T: Send + 'static> Flush for Batcher<T> {
    fn flush(&self, deadline: Instant) -> bool {
        Self::flush(self, deadline)
    }
}

impl Flush for ConsoleSpans {
    fn flush(&self, deadline: Instant) -> bool {
        Self::flush(self, deadline);
        true
    }
}

impl Providers {
    /// Builds what is configured; a signal without exporters gets no provider. The delivery's thread is started only if it is needed.
    pub(super) fn build(config: &Config, sampler: &Sampler, console: &Console, diagnostics: &Diagnostics) -> Result<Self, InitError> {
        let mut providers = Self::default();
        let exporters = [
            (Signal::Traces, &config.traces.exporters, &config.traces.otlp),
            (Signal::Metrics, &config.metrics.exporters, &config.metrics.otlp),
            (Signal::Logs, &config.logs.exporters, &config.logs.otlp),
        ];
        let mut outputs = Outputs::default();
        for (signal, exporters, otlp) in exporters {
            for (exporter, route) in exporters.iter().filter_map(|exporter| Some((exporter, exporter.route(signal)?))) {
                let transport = match exporter {
                    Exporter::Zipkin => delivery::zipkin(&config.traces.zipkin),
                    Exporter::OtlpStdout => delivery::lines(signal, &outputs.stdout()),
                    Exporter::OtlpFile => outputs.file(config).and_then(|file| delivery::lines(signal, &file)),
                    _ => delivery::otlp(signal, otlp),
                };
                providers.deliver(route, transport.map_err(InitError::Unsupported)?, config, diagnostics)?;
            }
        }
        if let (Some(delivery), Some(spool)) = (&providers.delivery, providers.spool.take()) {
            delivery.keep_in(spool, diagnostics.clone()).map_err(InitError::Thread)?;
        }
        // The meter provider comes first: processors of the SDK ask for a meter when they are built.
        providers.meter = providers.meter_provider(config, console, diagnostics)?;
        if let (Some(meter), Some(delivery)) = (&providers.meter, &providers.delivery)
            && config.self_metrics
        {
            for (signal, exporters, otlp) in exporters {
                if exporters.contains(&Exporter::Otlp) {
                    self_metrics::observe(meter, delivery, signal, otlp);
                }
            }
        }
        providers.tracer = providers.tracer_provider(config, sampler, console)?;
        providers.logger = providers.logger_provider(config, console);
        Ok(providers)
    }

    fn deliver(&mut self, route: Route, transport: Transport, config: &Config, diagnostics: &Diagnostics) -> Result<(), InitError> {
        let delivery = if let Some(delivery) = &self.delivery {
            Arc::clone(delivery)
        } else {
            // One that cannot be opened is no reason to be without telemetry.
            let spool = config.spool_folder.as_ref().map(|folder| Spool::open(folder, config.spool_max_bytes)).transpose();
            self.spool = spool.unwrap_or_else(|error| {
                self.warnings.push(Warning::new("OTEL_RUST_SPOOL_DIR", format!("{error}; telemetry is not spooled")));
                None
            });
            Arc::new(Delivery::start(config.queue_max_bytes, diagnostics.clone()).map_err(InitError::Thread)?)
        };
        let is_kept = self.spool.is_some() && route.is_spooled();
        let max_concurrent = if route.is_concurrent() { config.max_concurrent_exports } else { 1 };
        let retries = if is_kept { Retries::PutOffAfter } else { Retries::DroppedAfter }(config.retry_max_elapsed);
        delivery.serve(route, transport, max_concurrent, retries);
        self.delivery = Some(delivery);
        Ok(())
    }

    fn tracer_provider(&mut self, config: &Config, sampler: &Sampler, console: &Console) -> Result<Option<SdkTracerProvider>, InitError> {
        let traces = &config.traces;
        if traces.exporters.is_empty() {
            return Ok(None);
        }
        let mut processors: Vec<Box<dyn SpanProcessor>> = Vec::new();
        for exporter in &traces.exporters {
            if let (Some(route), Some(delivery)) = (exporter.route(Signal::Traces), &self.delivery) {
                let encoder = match exporter {
                    Exporter::Zipkin => zipkin::encoder(&config.resource).map_err(InitError::Unsupported)?,
                    _ => otlp::span_encoder(&config.resource),
                };
                let delivered = DeliveredSpans::new(delivery, route, traces.batch, encoder);
                self.holding.push(Box::new(delivered.batcher()));
                processors.push(Box::new(delivered));
            } else if *exporter == Exporter::Console {
                let console = console.spans();
                self.holding.push(Box::new(console.clone()));
                processors.push(Box::new(console));
            }
        }
        // Whatever is not said here the SDK would read from the environment itself.
        let builder = SdkTracerProvider::builder()
            .with_id_generator(SaltedIds::new())
            .with_sampler(WithSiteRatios(sampler.clone()))
            .with_span_limits(traces.limits.into())
            .with_resource(config.resource.clone())
            .with_span_processor(LimitedSpans::new(
                traces.limits,
                config.baggage_attributes.clone(),
                processors,
                Arc::clone(&self.open_spans),
            ));
        Ok(Some(builder.build()))
    }

    fn meter_provider(
        &mut self,
        config: &Config,
        console: &Console,
        diagnostics: &Diagnostics,
    ) -> Result<Option<SdkMeterProvider>, InitError> {
        let metrics = &config.metrics;
        if metrics.exporters.is_empty() {
            return Ok(None);
        }
        self.pushes_metrics = metrics.exporters.iter().any(|exporter| *exporter != Exporter::Prometheus);
        let mut builder = SdkMeterProvider::builder().with_resource(config.resource.clone());
        if metrics.exponential_histograms {
            builder = builder.with_view(exponential);
        }
        for exporter in &metrics.exporters {
            builder = match (exporter, exporter.route(Signal::Metrics).zip(self.delivery.as_ref())) {
                (_, Some((route, delivery))) => {
                    let delivered = OtlpMetrics::new(delivery, route, metrics.temporality);
                    builder.with_reader(PeriodicReader::builder(delivered).with_interval(metrics.interval).build())
                }
                (Exporter::Console, None) => {
                    builder.with_reader(PeriodicReader::builder(console.metrics()).with_interval(metrics.interval).build())
                }
                (Exporter::Prometheus, None) => {
                    let (host, port) = (&metrics.prometheus_host, metrics.prometheus_port);
                    let served = Endpoint::serve(builder, host, port, diagnostics);
                    let (builder, endpoint) = served.map_err(|problem| not_served(problem, host, port))?;
                    self.prometheus = Some(endpoint);
                    builder
                }
                (_, None) => builder,
            };
        }
        Ok(Some(builder.build()))
    }

    fn logger_provider(&mut self, config: &Config, console: &Console) -> Option<SdkLoggerProvider> {
        let logs = &config.logs;
        if logs.exporters.is_empty() {
            return None;
        }
        let mut exporters: Vec<Box<dyn LogExporter>> = Vec::new();
        for exporter in &logs.exporters {
            if let (Some(route), Some(delivery)) = (exporter.route(Signal::Logs), &self.delivery) {
                let delivered = OtlpLogs::new(delivery, route, logs.batch, &config.resource);
                self.holding.push(Box::new(delivered.batcher()));
                exporters.push(Box::new(delivered));
            } else if *exporter == Exporter::Console {
                exporters.push(Box::new(console.logs()));
            }
        }
        let builder = SdkLoggerProvider::builder().with_resource(config.resource.clone());
        Some(builder.with_log_processor(LimitedLogs::new(logs.limits, config.baggage_attributes.clone(), exporters)).build())
    }
}

/// Where lines are written, once for all signals.
#[derive(Default)]
struct Outputs {
    stdout: Option<Output>,
    file: Option<Output>,
}

impl Outputs {
    fn stdout(&mut self) -> Output {
        self.stdout.get_or_insert_with(Output::stdout).clone()
    }

    fn file(&mut self, config: &Config) -> Result<Output, String> {
        if let Some(file) = &self.file {
            return Ok(file.clone());
        }
        let path = config.otlp_file.as_ref().ok_or("the exporter otlp/file needs a path in OTEL_RUST_OTLP_FILE")?;
        let file = Output::file(path).map_err(|error| format!("OTEL_RUST_OTLP_FILE, {}, cannot be written to: {error}", path.display()))?;
        Ok(self.file.insert(file).clone())
    }
}

/// Histograms that choose their buckets themselves, as fine as the specification has them by default.
fn exponential(instrument: &Instrument) -> Option<Stream> {
    let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: true };
    let is_histogram = instrument.kind() == InstrumentKind::Histogram;
    is_histogram.then(|| Stream::builder().with_aggregation(aggregation).build().ok()).flatten()
}

fn not_served(problem: NotServed, host: &str, port: u16) -> InitError {
    match problem {
        NotServed::Absent => InitError::Unsupported(
            "the exporter for metrics is prometheus, for which otel-runtime must be built with its feature `prometheus`".to_owned(),
        ),
        NotServed::Address(error) => InitError::PrometheusAddress { host: host.to_owned(), port, error },
        NotServed::Thread(error) => InitError::Thread(error),
    }
}

impl From<config::Sampler> for Sampler {
    fn from(sampler: config::Sampler) -> Self {
        // What was read is in range.
        let root = match sampler.root {
            RootSampler::AlwaysOn => Ok(Self::always_on()),
            RootSampler::AlwaysOff => Ok(Self::always_off()),
            RootSampler::TraceIdRatio(ratio) => Self::ratio(ratio),
            RootSampler::RateLimited(per_second) => Self::rate_limited(per_second),
        };
        let root = root.unwrap_or_else(|_| Self::always_on());
        if sampler.parent_based { root.parent_based().into() } else { root }
    }
}
