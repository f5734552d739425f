//! Metrics about the telemetry itself (semantic conventions, "OpenTelemetry SDK metrics":
//! <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/>): what was recorded, what waits, what was exported, what was not and why. They are
//! read from accounts when metrics are collected; only what takes time is measured as it happens.

use std::sync::{Arc, Weak};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter, MeterProvider};
use opentelemetry_semantic_conventions::metric as names;

use super::config::Exporter;
use crate::delivery::{Delivery, Destination, DropReason, Gathered, Protocol, Route, Signal};
use crate::metering::Meters;
use crate::own::{self, Account, Component, Components, Decision, Operations, Scrapes, Started, Tally, collection_begins};
use crate::recording::Open;

/// What is measured, while the providers are built.
#[derive(Debug, Default)]
pub(super) struct SelfMetrics {
    components: Components,
    exporters: Vec<(Signal, Component, Exported)>,
    processors: Vec<(Signal, Component, Processed)>,
    readers: Vec<(Component, Arc<Operations>)>,
    spans: Option<(Arc<Started>, Arc<Open>)>,
    logs: Option<Arc<Tally<1>>>,
}

/// Who keeps the account of an exporter.
#[derive(Debug)]
enum Exported {
    Delivered(Weak<Delivery>, Route),
    Counted(Arc<Account>),
}

/// Who keeps the account of a processor.
#[derive(Debug)]
enum Processed {
    Gathered { delivery: Weak<Delivery>, route: Route, has_queue: bool },
    AtOnce(Arc<Account>),
}

impl SelfMetrics {
    /// What takes this way is delivered.
    pub(super) fn delivers(&mut self, delivery: &Arc<Delivery>, route: Route, exporter: &Exporter) {
        let signal = route.signal;
        let of = of(signal);
        let component = match exporter {
            Exporter::Otlp(destination) => {
                at(self.components.another(format!("otlp_{}_{of}_exporter", protocol(destination))), destination)
            }
            Exporter::Zipkin(destination) => at(self.components.another("zipkin_http_span_exporter"), destination),
            // The conventions have no name for them.
            Exporter::OtlpStdout => self.components.named("otel_runtime::OtlpStdoutExporter", &format!("otlp_stdout_{of}_exporter")),
            Exporter::OtlpFile(_) => self.components.named("otel_runtime::OtlpFileExporter", &format!("otlp_file_{of}_exporter")),
            Exporter::Console => return,
        };
        self.exporters.push((signal, component, Exported::Delivered(Arc::downgrade(delivery), route)));
    }

    /// What is delivered is gathered before; where it is not, one by one.
    pub(super) fn gathers(&mut self, delivery: &Arc<Delivery>, route: Route, has_queue: bool) {
        let kind = if has_queue { "batching" } else { "simple" };
        let component = self.components.another(format!("{kind}_{}_processor", of(route.signal)));
        self.processors.push((route.signal, component, Processed::Gathered { delivery: Arc::downgrade(delivery), route, has_queue }));
    }

    /// A console shows a signal; this is its account.
    pub(super) fn shows(&mut self, signal: Signal) -> Arc<Account> {
        let account = Arc::new(Account::default());
        let component = self.components.named("otel_runtime::ConsoleExporter", &format!("console_{}_exporter", of(signal)));
        self.exporters.push((signal, component, Exported::Counted(Arc::clone(&account))));
        if signal != Signal::Metrics {
            let component = self.components.another(format!("simple_{}_processor", of(signal)));
            self.processors.push((signal, component, Processed::AtOnce(Arc::clone(&account))));
        }
        account
    }

    /// A periodic reader collects; this is what times it.
    pub(super) fn reads(&mut self) -> Arc<Operations> {
        let reader = Arc::new(Operations::default());
        self.readers.push((self.components.another("periodic_metric_reader"), Arc::clone(&reader)));
        reader
    }

    /// Metrics are scraped.
    pub(super) fn is_scraped(&mut self) -> Scrapes {
        let component = self.components.another("prometheus_http_text_metric_exporter");
        let scrapes = Scrapes { exporter: Arc::default(), reader: Arc::default() };
        self.exporters.push((Signal::Metrics, component.clone(), Exported::Counted(Arc::clone(&scrapes.exporter))));
        self.readers.push((component, Arc::clone(&scrapes.reader)));
        scrapes
    }

    /// Spans are recorded.
    pub(super) fn traces(&mut self, open: &Arc<Open>) -> Arc<Started> {
        let started = Arc::new(Started::default());
        self.spans = Some((Arc::clone(&started), Arc::clone(open)));
        started
    }

    /// Log records are.
    pub(super) fn logs(&mut self) -> Arc<Tally<1>> {
        Arc::clone(self.logs.insert(Arc::default()))
    }

    /// Has everything measured from now on.
    pub(super) fn observe(self, meters: &Meters) {
        let meter = meters.meter_with_scope(own::scope());
        let Self { exporters, processors, readers, spans, logs, .. } = self;
        observe_exporters(&meter, exporters);
        let durations = histogram(&meter, names::OTEL_SDK_METRIC_READER_COLLECTION_DURATION, "How long it took to collect metrics.");
        for (component, reader) in readers {
            reader.measure(durations.clone(), component);
        }
        observe_processors(&meter, processors);
        if let Some((started, open)) = spans {
            observe_spans(&meter, started, open);
        }
        if let Some(created) = logs {
            let counter = meter.u64_observable_counter(names::OTEL_SDK_LOG_CREATED).with_unit("{log_record}");
            let counter = counter.with_description("Log records that were given to the loggers.");
            counter.with_callback(move |observer| observer.observe(created.total(0), &[])).build();
        }
    }
}

/// Without buckets, as the conventions want durations of this kind: their number, and their sum.
fn histogram(meter: &Meter, name: &'static str, description: &'static str) -> Histogram<f64> {
    meter.f64_histogram(name).with_unit("s").with_description(description).with_boundaries(Vec::new()).build()
}

fn observe_exporters(meter: &Meter, exporters: Vec<(Signal, Component, Exported)>) {
    let durations = histogram(meter, names::OTEL_SDK_EXPORTER_OPERATION_DURATION, "How long exports took, from the first try to the last.");
    for (_, component, exported) in &exporters {
        exported.measure(&durations, component);
    }
    let exporters = Arc::new(exporters);
    // That of data points is there in any case, and first of all: its callback says that a collection begins.
    for signal in [Signal::Metrics, Signal::Traces, Signal::Logs] {
        let (inflight, exported, unit) = match signal {
            Signal::Metrics => {
                (names::OTEL_SDK_EXPORTER_METRIC_DATA_POINT_INFLIGHT, names::OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED, "{data_point}")
            }
            Signal::Traces => (names::OTEL_SDK_EXPORTER_SPAN_INFLIGHT, names::OTEL_SDK_EXPORTER_SPAN_EXPORTED, "{span}"),
            Signal::Logs => (names::OTEL_SDK_EXPORTER_LOG_INFLIGHT, names::OTEL_SDK_EXPORTER_LOG_EXPORTED, "{log_record}"),
        };
        let (all, of_all) = (Arc::clone(&exporters), Arc::clone(&exporters));
        meter
            .i64_observable_up_down_counter(inflight)
            .with_unit(unit)
            .with_description("What waits to be exported, or is under way or tried again.")
            .with_callback(move |observer| {
                if signal == Signal::Metrics {
                    collection_begins();
                }
                for (_, component, exported) in all.iter().filter(|(of, ..)| *of == signal) {
                    if let Some(inflight) = exported.inflight() {
                        observer.observe(signed(inflight), component.attributes());
                    }
                }
            })
            .build();
        meter
            .u64_observable_counter(exported)
            .with_unit(unit)
            .with_description("What was exported; with an error type, what was dropped instead.")
            .with_callback(move |observer| {
                for (_, component, exported) in of_all.iter().filter(|(of, ..)| *of == signal) {
                    exported.each(|items, error_type| match error_type {
                        None => observer.observe(items, component.attributes()),
                        Some(error_type) => observer.observe(items, &component.with([KeyValue::new("error.type", error_type)])),
                    });
                }
            })
            .build();
    }
}

impl Exported {
    fn measure(&self, durations: &Histogram<f64>, component: &Component) {
        match self {
            Self::Delivered(delivery, route) => {
                if let Some(delivery) = delivery.upgrade() {
                    delivery.queue().operations(*route).measure(durations.clone(), component.clone());
                }
            }
            Self::Counted(account) => account.operations.measure(durations.clone(), component.clone()),
        }
    }

    /// `None` once the telemetry has ended.
    fn inflight(&self) -> Option<u64> {
        match self {
            Self::Delivered(delivery, route) => {
                let delivery = delivery.upgrade()?;
                let (health, gathered) = (delivery.health(*route), delivery.gathered(*route).unwrap_or_default());
                // What is still gathered was not given to the exporter yet.
                Some((health.queued + health.spooled).saturating_sub(gathered.waiting))
            }
            Self::Counted(account) => Some(account.inflight()),
        }
    }

    /// What was exported, and what was not and why.
    fn each(&self, mut observe: impl FnMut(u64, Option<&'static str>)) {
        match self {
            Self::Delivered(delivery, route) => {
                let Some(delivery) = delivery.upgrade() else { return };
                let health = delivery.health(*route);
                observe(health.delivered, None);
                for reason in DropReason::ALL.into_iter().filter(|reason| health.dropped(*reason) > 0) {
                    observe(health.dropped(reason), Some(reason.name()));
                }
            }
            Self::Counted(account) => {
                observe(account.exported(), None);
                if account.failed() > 0 {
                    observe(account.failed(), Some(own::IO_ERROR));
                }
            }
        }
    }
}

fn observe_processors(meter: &Meter, processors: Vec<(Signal, Component, Processed)>) {
    let processors = Arc::new(processors);
    for signal in [Signal::Traces, Signal::Logs] {
        if !processors.iter().any(|(of, ..)| *of == signal) {
            continue;
        }
        let (size, capacity, processed, unit) = match signal {
            Signal::Logs => (
                names::OTEL_SDK_PROCESSOR_LOG_QUEUE_SIZE,
                names::OTEL_SDK_PROCESSOR_LOG_QUEUE_CAPACITY,
                names::OTEL_SDK_PROCESSOR_LOG_PROCESSED,
                "{log_record}",
            ),
            Signal::Traces | Signal::Metrics => (
                names::OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE,
                names::OTEL_SDK_PROCESSOR_SPAN_QUEUE_CAPACITY,
                names::OTEL_SDK_PROCESSOR_SPAN_PROCESSED,
                "{span}",
            ),
        };
        let queue = |name, description, read: fn(Gathered) -> u64| {
            let processors = Arc::clone(&processors);
            let counter = meter.i64_observable_up_down_counter(name).with_unit(unit).with_description(description);
            let observe = move |observer: &dyn opentelemetry::metrics::AsyncInstrument<i64>| {
                for (_, component, processed) in processors.iter().filter(|(of, ..)| *of == signal) {
                    if let Some(gathered) = processed.queue() {
                        observer.observe(signed(read(gathered)), component.attributes());
                    }
                }
            };
            counter.with_callback(observe).build();
        };
        queue(size, "What waits to be exported in a batch.", |gathered| gathered.waiting);
        queue(capacity, "What may wait at most.", |gathered| gathered.capacity);
        let processors = Arc::clone(&processors);
        let counter = meter.u64_observable_counter(processed).with_unit(unit);
        let counter = counter.with_description("What was handed to the exporter; with an error type, what was not.");
        let observe = move |observer: &dyn opentelemetry::metrics::AsyncInstrument<u64>| {
            for (_, component, processed) in processors.iter().filter(|(of, ..)| *of == signal) {
                let Some((processed, late)) = processed.processed() else { continue };
                observer.observe(processed, component.attributes());
                if late > 0 {
                    observer.observe(late, &component.with([KeyValue::new("error.type", "already_shutdown")]));
                }
            }
        };
        counter.with_callback(observe).build();
    }
}

impl Processed {
    /// `None` if there is no queue.
    fn queue(&self) -> Option<Gathered> {
        match self {
            Self::Gathered { delivery, route, has_queue: true } => delivery.upgrade()?.gathered(*route),
            Self::Gathered { .. } | Self::AtOnce(_) => None,
        }
    }

    /// What was, and what came too late.
    fn processed(&self) -> Option<(u64, u64)> {
        match self {
            Self::Gathered { delivery, route, .. } => {
                delivery.upgrade()?.gathered(*route).map(|gathered| (gathered.processed, gathered.late))
            }
            Self::AtOnce(account) => Some((account.taken(), 0)),
        }
    }
}

fn observe_spans(meter: &Meter, started: Arc<Started>, open: Arc<Open>) {
    const RESULT: &str = "otel.span.sampling_result";
    meter
        .u64_observable_counter(names::OTEL_SDK_SPAN_STARTED)
        .with_unit("{span}")
        .with_description("Spans that were started, those that record nothing too.")
        .with_callback(move |observer| {
            for (origin, decision, spans) in started.totals() {
                let origin = KeyValue::new("otel.span.parent.origin", origin.name());
                observer.observe(spans, &[origin, KeyValue::new(RESULT, decision.name())]);
            }
        })
        .build();
    meter
        .i64_observable_up_down_counter(names::OTEL_SDK_SPAN_LIVE)
        .with_unit("{span}")
        .with_description("Spans that record, and have not ended.")
        .with_callback(move |observer| {
            let unsampled = open.unsampled();
            let sampled = open.all().saturating_sub(unsampled);
            observer.observe(signed(sampled), &[KeyValue::new(RESULT, Decision::RecordAndSample.name())]);
            if unsampled > 0 {
                observer.observe(signed(unsampled), &[KeyValue::new(RESULT, Decision::RecordOnly.name())]);
            }
        })
        .build();
}

fn signed(items: u64) -> i64 {
    i64::try_from(items).unwrap_or(i64::MAX)
}

/// What the conventions call a signal in the type of a component.
fn of(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "span",
        Signal::Metrics => "metric",
        Signal::Logs => "log",
    }
}

fn protocol(destination: &Destination) -> &'static str {
    match destination.protocol {
        Protocol::HttpProtobuf => "http",
        Protocol::HttpJson => "http_json",
        Protocol::Grpc => "grpc",
    }
}

fn at(component: Component, destination: &Destination) -> Component {
    let endpoint = &destination.endpoint;
    let port = endpoint.port_u16().unwrap_or(if endpoint.scheme_str() == Some("https") { 443 } else { 80 });
    component.at(endpoint.host().unwrap_or_default().trim_matches(['[', ']']).to_owned(), port)
}
