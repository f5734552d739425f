//! Builds the providers that a [`Config`] describes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, PeriodicReader, SdkMeterProvider};

use super::config::{self, Config, Exporter, Processor, Reader, Sending};
use super::error::InitError;
use super::self_metrics::SelfMetrics;
use super::warning::Warning;
use crate::delivery::{self, Batch, Batcher, Delivery, Output, Retries, Route, Signal, Spool, Stated, Transport};
use crate::diagnostics::Diagnostics;
use crate::export::console::{Console, ConsoleSpans};
use crate::export::delivered::DeliveredSpans;
use crate::export::encoded::EncodedSpans;
use crate::export::limited::{LimitedLogs, LogExporter};
use crate::export::otlp::{OtlpLogs, OtlpMetrics};
use crate::export::prometheus::Endpoint;
use crate::export::{NotServed, zipkin};
use crate::metering::{Meters, Views};
use crate::own::{Started, Tally, Timed};
use crate::recording::{EncodedSink, Open, Parts, Processors, Recorder, SpanSink};
use crate::sampling::Sampler;

/// What records the three signals, those that anything is exported from, and what lies behind them.
#[derive(Debug, Default)]
pub(super) struct Providers {
    pub(super) recorder: Option<Arc<Recorder>>,
    pub(super) meter: Option<Meters>,
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
    pub(super) open_spans: Arc<Open>,
    /// Where spans are counted, if they are.
    pub(super) started: Option<Arc<Started>>,
    /// Whether metrics go anywhere by themselves.
    pub(super) pushes_metrics: bool,
}

/// What providers are built of.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) config: &'a Config,
    pub(super) resource: &'a Resource,
    pub(super) sampler: &'a Sampler,
    /// Those of the program.
    pub(super) processors: Option<&'a Processors>,
    pub(super) console: &'a Console,
    pub(super) diagnostics: &'a Diagnostics,
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

impl Flush for Processors {
    fn flush(&self, deadline: Instant) -> bool {
        SpanSink::flush(self, deadline)
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
    pub(super) fn build(wanted: &Wanted<'_>) -> Result<Self, InitError> {
        let Wanted { config, resource, console, diagnostics, .. } = *wanted;
        let mut providers = Self::default();
        let ways = Ways::of(config)?;
        let mut outputs = Outputs::default();
        for (route, exporter) in ways.all() {
            let signal = route.signal;
            let transport = match exporter {
                Exporter::Otlp(destination) => delivery::otlp(signal, destination),
                Exporter::Zipkin(destination) => delivery::zipkin(destination),
                Exporter::OtlpStdout => delivery::lines(signal, &outputs.stdout()),
                Exporter::OtlpFile(path) => outputs.file(path.as_deref()).and_then(|file| delivery::lines(signal, &file)),
                Exporter::Console => continue,
            };
            providers.deliver(route, transport.map_err(InitError::Unsupported)?, &config.sending, diagnostics)?;
        }
        if let (Some(delivery), Some(spool)) = (&providers.delivery, providers.spool.take()) {
            delivery.keep_in(spool, diagnostics.clone()).map_err(InitError::Thread)?;
        }
        // The meter provider comes first: processors of the SDK ask for a meter when they are built.
        let mut own = (config.self_metrics && !config.metrics.readers.is_empty()).then(SelfMetrics::default);
        if let (Some(own), Some(delivery)) = (&mut own, &providers.delivery) {
            ways.all().for_each(|(route, exporter)| own.delivers(delivery, route, exporter));
        }
        providers.meter = providers.meter_provider(config, &ways, resource, console, diagnostics, own.as_mut())?;
        providers.recorder = providers.recorder(wanted, &ways, own.as_mut())?;
        providers.logger = providers.logger_provider(config, &ways, resource, console, own.as_mut());
        if let (Some(own), Some(meter)) = (own, &providers.meter) {
            own.observe(meter);
        }
        Ok(providers)
    }

    fn deliver(&mut self, route: Route, transport: Transport, sending: &Sending, diagnostics: &Diagnostics) -> Result<(), InitError> {
        let delivery = if let Some(delivery) = &self.delivery {
            Arc::clone(delivery)
        } else {
            // One that cannot be opened is no reason to be without telemetry.
            if let Some(folder) = &sending.spool_folder {
                match Spool::open(&folder.path, sending.spool_max_bytes) {
                    Ok(spool) => self.spool = Some(spool),
                    Err(error) => self.warnings.push(Warning::new(&folder.variable, format!("{error}; telemetry is not spooled"))),
                }
            }
            Arc::new(Delivery::start(sending.queue_max_bytes, diagnostics.clone()).map_err(InitError::Thread)?)
        };
        let is_kept = self.spool.is_some() && route.is_spooled();
        let max_concurrent = if route.is_concurrent() { sending.max_concurrent_exports } else { 1 };
        let retries = if is_kept { Retries::PutOffAfter } else { Retries::DroppedAfter }(sending.retry_max_elapsed);
        delivery.serve(route, transport, max_concurrent, retries);
        self.delivery = Some(delivery);
        Ok(())
    }

    fn recorder(
        &mut self,
        wanted: &Wanted<'_>,
        ways: &Ways<'_>,
        mut own: Option<&mut SelfMetrics>,
    ) -> Result<Option<Arc<Recorder>>, InitError> {
        let Wanted { config, resource, sampler, processors, console, .. } = *wanted;
        let traces = &config.traces;
        if traces.processors.is_empty() && processors.is_none() {
            return Ok(None);
        }
        let mut encoded: Vec<Box<dyn EncodedSink>> = Vec::new();
        let mut sinks: Vec<Box<dyn SpanSink>> = Vec::new();
        if let Some(processors) = processors {
            self.holding.push(Box::new(processors.clone()));
            sinks.push(Box::new(processors.clone()));
        }
        for (Processor { exporter, batch }, route) in traces.processors.iter().zip(&ways.traces) {
            if let (Some((route, _)), Some(delivery)) = (route, &self.delivery) {
                if let Some(own) = &mut own {
                    own.gathers(delivery, *route, *batch != Batch::SINGLE);
                }
                if matches!(exporter, Exporter::Zipkin(_)) {
                    let to_zipkin = zipkin::encoder(resource).map_err(InitError::Unsupported)?;
                    let delivered = DeliveredSpans::new(delivery, *route, *batch, to_zipkin);
                    self.holding.push(Box::new(delivered.batcher()));
                    sinks.push(Box::new(delivered));
                } else {
                    let spans = EncodedSpans::new(delivery, *route, *batch, resource);
                    self.holding.push(Box::new(spans.batcher()));
                    encoded.push(Box::new(spans));
                }
            } else if *exporter == Exporter::Console {
                let console = console.spans().of(resource).counted(own.as_mut().map(|own| own.shows(Signal::Traces)));
                self.holding.push(Box::new(console.clone()));
                sinks.push(Box::new(console));
            }
        }
        self.started = own.map(|own| own.traces(&self.open_spans));
        Ok(Some(self.recorder_of(config, sampler, encoded, sinks)))
    }

    pub(super) fn recorder_of(
        &self,
        config: &Config,
        sampler: &Sampler,
        encoded: Vec<Box<dyn EncodedSink>>,
        sinks: Vec<Box<dyn SpanSink>>,
    ) -> Arc<Recorder> {
        Arc::new(Recorder::new(Parts {
            limits: config.traces.limits,
            baggage: config.baggage_attributes.clone(),
            sampler: sampler.clone(),
            started: self.started.clone(),
            open: Arc::clone(&self.open_spans),
            encoded,
            sinks,
        }))
    }

    fn meter_provider(
        &mut self,
        config: &Config,
        ways: &Ways<'_>,
        resource: &Resource,
        console: &Console,
        diagnostics: &Diagnostics,
        mut own: Option<&mut SelfMetrics>,
    ) -> Result<Option<Meters>, InitError> {
        let metrics = &config.metrics;
        if metrics.readers.is_empty() {
            return Ok(None);
        }
        self.pushes_metrics = metrics.readers.iter().any(|reader| matches!(reader, Reader::Periodic { .. }));
        // The views of the SDK's are those of a provider, so what holds for some readers alone takes one of their own.
        let views = Views::new(&metrics.views);
        let mut built: Vec<(Arc<Views>, MeterProviderBuilder)> = Vec::new();
        for (reader, route) in metrics.readers.iter().zip(&ways.metrics) {
            let known = built.iter().position(|(views, _)| views.defaults() == reader.defaults());
            let new = || {
                let views = views.beside(reader.defaults().clone());
                let builder = views.install(SdkMeterProvider::builder().with_resource(resource.clone()));
                (views, builder)
            };
            let (views, builder) = known.map_or_else(new, |at| built.swap_remove(at));
            let builder = match (reader, route.as_ref().zip(self.delivery.as_ref())) {
                (Reader::Periodic { interval, temporality, .. }, Some(((route, _), delivery))) => {
                    let delivered = OtlpMetrics::new(delivery, *route, *temporality);
                    periodic(builder, delivered, *interval, own.as_deref_mut())
                }
                (Reader::Periodic { interval, .. }, None) => {
                    let console = console.metrics().counted(own.as_mut().map(|own| own.shows(Signal::Metrics)));
                    periodic(builder, console, *interval, own.as_deref_mut())
                }
                (Reader::Prometheus { host, port, stated, .. }, _) => {
                    let served = Endpoint::serve(builder, host, *port, diagnostics, own.as_mut().map(|own| own.is_scraped()));
                    let (builder, endpoint) = served.map_err(|problem| not_served(problem, host, *port, stated))?;
                    self.prometheus = Some(endpoint);
                    builder
                }
            };
            built.push((views, builder));
        }
        let built = built.into_iter().map(|(views, builder)| (builder.build(), views));
        Ok(Some(Meters::new(built, diagnostics.clone())))
    }

    fn logger_provider(
        &mut self,
        config: &Config,
        ways: &Ways<'_>,
        resource: &Resource,
        console: &Console,
        mut own: Option<&mut SelfMetrics>,
    ) -> Option<SdkLoggerProvider> {
        let logs = &config.logs;
        if logs.processors.is_empty() {
            return None;
        }
        let mut exporters: Vec<Box<dyn LogExporter>> = Vec::new();
        for (Processor { exporter, batch }, route) in logs.processors.iter().zip(&ways.logs) {
            if let (Some((route, _)), Some(delivery)) = (route, &self.delivery) {
                if let Some(own) = &mut own {
                    own.gathers(delivery, *route, *batch != Batch::SINGLE);
                }
                let delivered = OtlpLogs::new(delivery, *route, *batch, resource);
                self.holding.push(Box::new(delivered.batcher()));
                exporters.push(Box::new(delivered));
            } else if *exporter == Exporter::Console {
                exporters.push(Box::new(console.logs().counted(own.as_mut().map(|own| own.shows(Signal::Logs)))));
            }
        }
        Some(Self::logger_of(config, resource, exporters, own.map(SelfMetrics::logs)))
    }

    /// `created` is where log records are counted, if they are.
    pub(super) fn logger_of(
        config: &Config,
        resource: &Resource,
        exporters: Vec<Box<dyn LogExporter>>,
        created: Option<Arc<Tally<1>>>,
    ) -> SdkLoggerProvider {
        let processor = LimitedLogs::new(config.logs.limits, config.baggage_attributes.clone(), exporters).counted(created);
        SdkLoggerProvider::builder().with_resource(resource.clone()).with_log_processor(processor).build()
    }
}

/// With one more reader, which is timed if somebody wants that.
fn periodic<E: PushMetricExporter>(
    builder: MeterProviderBuilder,
    exporter: E,
    interval: Duration,
    own: Option<&mut SelfMetrics>,
) -> MeterProviderBuilder {
    match own {
        Some(own) => builder.with_reader(PeriodicReader::builder(Timed::new(exporter, own.reads())).with_interval(interval).build()),
        None => builder.with_reader(PeriodicReader::builder(exporter).with_interval(interval).build()),
    }
}

/// The ways of what is exported out of the program, in the order of the exporters; `None` is one that nothing is delivered to.
struct Ways<'a> {
    traces: Vec<Option<(Route, &'a Exporter)>>,
    metrics: Vec<Option<(Route, &'a Exporter)>>,
    logs: Vec<Option<(Route, &'a Exporter)>>,
}

impl<'a> Ways<'a> {
    fn of(config: &'a Config) -> Result<Self, InitError> {
        fn of_processors(processors: &[Processor]) -> impl Iterator<Item = Option<&Exporter>> {
            processors.iter().map(|processor| Some(&processor.exporter))
        }
        let of_readers = config.metrics.readers.iter().map(|reader| match reader {
            Reader::Periodic { exporter, .. } => Some(exporter),
            Reader::Prometheus { .. } => None,
        });
        if config.metrics.readers.iter().filter(|reader| matches!(reader, Reader::Prometheus { .. })).count() > 1 {
            return Err(InitError::Unsupported("metrics can be served to Prometheus on one port alone".to_owned()));
        }
        Ok(Self {
            traces: Self::assign(Signal::Traces, of_processors(&config.traces.processors))?,
            metrics: Self::assign(Signal::Metrics, of_readers)?,
            logs: Self::assign(Signal::Logs, of_processors(&config.logs.processors))?,
        })
    }

    /// Gives each exporter a way of its own.
    fn assign(
        signal: Signal,
        exporters: impl Iterator<Item = Option<&'a Exporter>>,
    ) -> Result<Vec<Option<(Route, &'a Exporter)>>, InitError> {
        let mut taken: Vec<Route> = Vec::new();
        let assign = |exporter: Option<&'a Exporter>| {
            let Some((mut route, exporter)) = exporter.and_then(|exporter| Some((exporter.route(signal)?, exporter))) else {
                return Ok(None);
            };
            while taken.contains(&route) {
                let none_left = || format!("{} can be exported to at most {} places in one way", signal.name(), Route::MAX);
                route = route.next().ok_or_else(|| InitError::Unsupported(none_left()))?;
            }
            taken.push(route);
            Ok(Some((route, exporter)))
        };
        exporters.map(assign).collect()
    }

    fn all(&self) -> impl Iterator<Item = (Route, &'a Exporter)> {
        [&self.traces, &self.metrics, &self.logs].into_iter().flatten().filter_map(|way| *way)
    }
}

/// Where lines are written, once for all signals.
#[derive(Default)]
struct Outputs {
    stdout: Option<Output>,
    files: BTreeMap<PathBuf, Output>,
}

impl Outputs {
    fn stdout(&mut self) -> Output {
        self.stdout.get_or_insert_with(Output::stdout).clone()
    }

    fn file(&mut self, path: Option<&Path>) -> Result<Output, String> {
        let path = path.ok_or("the exporter otlp/file needs a path in OTEL_RUST_OTLP_FILE")?;
        if let Some(file) = self.files.get(path) {
            return Ok(file.clone());
        }
        let file =
            Output::file(path).map_err(|error| format!("the file for lines of OTLP, {}, cannot be written to: {error}", path.display()))?;
        self.files.insert(path.to_owned(), file.clone());
        Ok(file)
    }
}

fn not_served(problem: NotServed, host: &str, port: u16, stated: &Stated) -> InitError {
    match problem {
        NotServed::Absent => InitError::Unsupported(
            "the exporter for metrics is prometheus, for which otel-runtime must be built with its feature `prometheus`".to_owned(),
        ),
        NotServed::Address(error) => {
            let key = match stated {
                Stated::InVariables => None,
                Stated::At(key) => Some(key.clone()),
            };
            InitError::PrometheusAddress { host: host.to_owned(), port, key, error }
        }
        NotServed::Thread(error) => InitError::Thread(error),
    }
}

impl From<config::Sampler> for Sampler {
    fn from(sampler: config::Sampler) -> Self {
        use config::Sampler::{AlwaysOff, AlwaysOn, ParentBased, RateLimited, TraceIdRatio};

        // What was read is in range.
        match sampler {
            AlwaysOn => Self::always_on(),
            AlwaysOff => Self::always_off(),
            TraceIdRatio(ratio) => Self::ratio(ratio).unwrap_or_else(|_| Self::always_on()),
            RateLimited(per_second) => Self::rate_limited(per_second).unwrap_or_else(|_| Self::always_on()),
            ParentBased(based) => Self::from(based.root)
                .parent_based()
                .remote_parent_sampled(based.remote_parent_sampled)
                .remote_parent_not_sampled(based.remote_parent_not_sampled)
                .local_parent_sampled(based.local_parent_sampled)
                .local_parent_not_sampled(based.local_parent_not_sampled)
                .into(),
        }
    }
}
