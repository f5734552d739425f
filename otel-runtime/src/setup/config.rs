//! The typed configuration: what was read, checked and completed with defaults, before anything is built.

mod otlp;

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::Temporality;

use super::env::{Env, Lookup};
use super::resource::resource;
use super::variables::Variable;
use super::warning::Warning;
use crate::delivery::{Batch, Compression, Destination, Files, Protocol, Route, Signal};
use crate::diagnostics::Level;
use crate::export::baggage::BaggageKeys;
use crate::export::limits::{self, DEFAULT_COUNT};
use crate::filter::Filter;
use crate::propagation::{self, Format};
use crate::sampling::RATES;

#[derive(Debug, PartialEq)]
pub(crate) struct Config {
    /// The variable that names a configuration file, if one does.
    pub(crate) file_variable: Option<&'static str>,
    pub(crate) disabled: bool,
    /// What is said of the telemetry itself.
    pub(crate) log_level: Level,
    pub(crate) resource: Resource,
    pub(crate) propagators: Vec<Format>,
    pub(crate) traces: Traces,
    pub(crate) metrics: Metrics,
    pub(crate) logs: Logs,
    pub(crate) filter: Filter,
    /// The entries of baggage that become attributes.
    pub(crate) baggage_attributes: BaggageKeys,
    pub(crate) max_concurrent_exports: usize,
    pub(crate) queue_max_bytes: usize,
    pub(crate) retry_max_elapsed: Duration,
    pub(crate) self_metrics: bool,
    /// Where lines of OTLP are written, if they are.
    pub(crate) otlp_file: Option<PathBuf>,
    pub(crate) spool_folder: Option<PathBuf>,
    pub(crate) spool_max_bytes: u64,
    pub(crate) no_color: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Traces {
    pub(crate) exporters: Vec<Exporter>,
    pub(crate) sampler: Sampler,
    pub(crate) limits: limits::OfSpans,
    pub(crate) batch: Batch,
    pub(crate) otlp: Destination,
    pub(crate) zipkin: Destination,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Metrics {
    pub(crate) exporters: Vec<Exporter>,
    pub(crate) interval: Duration,
    pub(crate) otlp: Destination,
    pub(crate) temporality: Temporality,
    /// Whether histograms choose their buckets themselves.
    pub(crate) exponential_histograms: bool,
    pub(crate) prometheus_host: String,
    pub(crate) prometheus_port: u16,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Logs {
    pub(crate) exporters: Vec<Exporter>,
    pub(crate) limits: limits::OfLogs,
    pub(crate) batch: Batch,
    pub(crate) otlp: Destination,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exporter {
    Otlp,
    /// Lines of OTLP in JSON on the standard output.
    OtlpStdout,
    /// The same in a file.
    OtlpFile,
    Console,
    /// Of metrics alone.
    Prometheus,
    /// Of traces alone.
    Zipkin,
}

impl Exporter {
    /// The way of what it exports out of the program, where there is one that is delivered.
    pub(crate) fn route(self, signal: Signal) -> Option<Route> {
        match self {
            Self::Otlp => Some(Route::otlp(signal)),
            Self::OtlpStdout => Some(Route::stdout(signal)),
            Self::OtlpFile => Some(Route::file(signal)),
            Self::Zipkin => Some(Route::ZIPKIN),
            Self::Console | Self::Prometheus => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sampler {
    pub(crate) root: RootSampler,
    pub(crate) parent_based: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RootSampler {
    AlwaysOn,
    AlwaysOff,
    TraceIdRatio(f64),
    /// So many traces in a second.
    RateLimited(f64),
}

const LEVELS: &[(&str, Level)] =
    &[("none", Level::None), ("error", Level::Error), ("warn", Level::Warn), ("info", Level::Info), ("debug", Level::Debug)];
const EXPORTERS: &[(&str, Exporter)] =
    &[("otlp", Exporter::Otlp), ("console", Exporter::Console), ("otlp/stdout", Exporter::OtlpStdout), ("otlp/file", Exporter::OtlpFile)];
const TRACES_EXPORTERS: &[(&str, Exporter)] = &[EXPORTERS[0], EXPORTERS[1], EXPORTERS[2], EXPORTERS[3], ("zipkin", Exporter::Zipkin)];
const METRICS_EXPORTERS: &[(&str, Exporter)] =
    &[EXPORTERS[0], EXPORTERS[1], EXPORTERS[2], EXPORTERS[3], ("prometheus", Exporter::Prometheus)];

/// How long a batch is gathered at most where there is a spool: within a second, what ended is on disk.
const SPOOLED_BATCH: Duration = Duration::from_millis(500);

/// What an environment says.
pub(crate) struct Read {
    pub(crate) config: Config,
    /// What could not be used.
    pub(crate) warnings: Vec<Warning>,
    /// Every variable, with what holds.
    pub(crate) variables: Vec<Variable>,
}

impl Config {
    /// Reads everything there is to read.
    pub(crate) fn read(written: &Lookup<'_>, fallback: &Lookup<'_>, attributes: &[KeyValue]) -> Read {
        let mut env = Env::new(written, fallback);
        let mut config = Self {
            file_variable: ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"]
                .into_iter()
                .find(|variable| env.path(&[variable]).is_some()),
            disabled: env.boolean(&["OTEL_SDK_DISABLED"]),
            log_level: env.word(&["OTEL_LOG_LEVEL"], LEVELS, ("info", Level::Info)),
            resource: resource(&mut env, attributes),
            propagators: propagators(&mut env),
            traces: Traces {
                exporters: env.words("OTEL_TRACES_EXPORTER", TRACES_EXPORTERS, &TRACES_EXPORTERS[..1]),
                sampler: sampler(&mut env),
                limits: span_limits(&mut env),
                batch: batch(&mut env, "OTEL_BSP", Duration::from_secs(5)),
                otlp: otlp::destination(&mut env, Signal::Traces),
                zipkin: zipkin(&mut env),
            },
            metrics: Metrics {
                exporters: env.words("OTEL_METRICS_EXPORTER", METRICS_EXPORTERS, &METRICS_EXPORTERS[..1]),
                interval: env.duration("OTEL_METRIC_EXPORT_INTERVAL", Duration::from_secs(60)),
                otlp: otlp::destination(&mut env, Signal::Metrics),
                temporality: otlp::temporality(&mut env),
                exponential_histograms: otlp::exponential_histograms(&mut env),
                prometheus_host: env.string("OTEL_EXPORTER_PROMETHEUS_HOST").unwrap_or_else(|| "localhost".to_owned()),
                prometheus_port: env.number("OTEL_EXPORTER_PROMETHEUS_PORT", 0..=u16::MAX, 9464),
            },
            logs: Logs {
                exporters: env.words("OTEL_LOGS_EXPORTER", EXPORTERS, &EXPORTERS[..1]),
                limits: log_limits(&mut env),
                batch: batch(&mut env, "OTEL_BLRP", Duration::from_secs(1)),
                otlp: otlp::destination(&mut env, Signal::Logs),
            },
            filter: env.filter("OTEL_RUST_FILTER"),
            baggage_attributes: BaggageKeys::new(env.list("OTEL_RUST_BAGGAGE_ATTRIBUTES", baggage_name)),
            max_concurrent_exports: env.number("OTEL_RUST_MAX_CONCURRENT_EXPORTS", 1..=64, 4),
            queue_max_bytes: env.number("OTEL_RUST_QUEUE_MAX_BYTES", 1..=usize::MAX, 64 * 1024 * 1024),
            retry_max_elapsed: env.duration("OTEL_RUST_RETRY_MAX_ELAPSED", Duration::from_secs(300)),
            otlp_file: env.path(&["OTEL_RUST_OTLP_FILE"]),
            self_metrics: env.boolean(&["OTEL_RUST_SELF_METRICS"]),
            spool_folder: env.path(&["OTEL_RUST_SPOOL_DIR"]),
            spool_max_bytes: env.number("OTEL_RUST_SPOOL_MAX_BYTES", 1..=u64::MAX, 256 * 1024 * 1024),
            no_color: env.flag("NO_COLOR"),
        };
        otlp::note_general(&mut env);
        exemplars(&mut env);
        note_general_limits(&mut env);
        if config.spool_folder.is_some() {
            // What is in no batch yet is on no disk either.
            for (batch, variable) in
                [(&mut config.traces.batch, "OTEL_BSP_SCHEDULE_DELAY"), (&mut config.logs.batch, "OTEL_BLRP_SCHEDULE_DELAY")]
            {
                batch.schedule_delay = batch.schedule_delay.min(SPOOLED_BATCH);
                env.holds(variable, batch.schedule_delay.as_millis());
            }
        }
        let (warnings, variables) = env.finish();
        Read { config, warnings, variables }
    }
}

/// The formats of `OTEL_PROPAGATORS`. One that this build lacks is left out, and said: the others carry context without it.
fn propagators(env: &mut Env<'_>) -> Vec<Format> {
    let default = &Format::NAMED[..2];
    let mut formats = env.words("OTEL_PROPAGATORS", Format::NAMED, default);
    let asked = formats.len();
    formats.retain(|format| {
        let missing = format.missing_feature();
        if let Some(feature) = missing {
            env.warn("OTEL_PROPAGATORS", format!("for `{format}` otel-runtime must be built with its feature `{feature}`; it is ignored"));
        }
        missing.is_none()
    });
    if formats.len() < asked {
        if formats.is_empty() {
            formats.extend(default.iter().map(|(_, format)| *format));
        }
        let names: Vec<String> = formats.iter().map(ToString::to_string).collect();
        env.holds("OTEL_PROPAGATORS", names.join(","));
    }
    formats
}

/// Names are whole: what a pattern lets through, whoever calls decides. A `*` at the end looks like one, and would copy nothing.
fn baggage_name(name: &str) -> Result<(), String> {
    match name {
        name if name.ends_with('*') => Err(format!("`{name}` is a pattern, and names are whole")),
        name if !propagation::is_baggage_name(name) => Err(format!("`{name}` is no name of baggage")),
        _ => Ok(()),
    }
}

fn sampler(env: &mut Env<'_>) -> Sampler {
    const fn of(root: RootSampler, parent_based: bool) -> Sampler {
        Sampler { root, parent_based }
    }
    const DEFAULT: (&str, Sampler) = ("parentbased_always_on", of(RootSampler::AlwaysOn, true));
    const SAMPLERS: &[(&str, Sampler)] = &[
        ("always_on", of(RootSampler::AlwaysOn, false)),
        ("always_off", of(RootSampler::AlwaysOff, false)),
        ("traceidratio", of(RootSampler::TraceIdRatio(1.0), false)),
        DEFAULT,
        ("parentbased_always_off", of(RootSampler::AlwaysOff, true)),
        ("parentbased_traceidratio", of(RootSampler::TraceIdRatio(1.0), true)),
        // Ours: not among the names of the specification.
        ("rate_limited", of(RootSampler::RateLimited(100.0), false)),
        ("parentbased_rate_limited", of(RootSampler::RateLimited(100.0), true)),
    ];
    let mut sampler = env.word(&["OTEL_TRACES_SAMPLER"], SAMPLERS, DEFAULT);
    match &mut sampler.root {
        RootSampler::TraceIdRatio(ratio) => *ratio = env.number("OTEL_TRACES_SAMPLER_ARG", 0.0..=1.0, *ratio),
        RootSampler::RateLimited(rate) => *rate = env.number("OTEL_TRACES_SAMPLER_ARG", RATES, *rate),
        RootSampler::AlwaysOn | RootSampler::AlwaysOff if env.is_set("OTEL_TRACES_SAMPLER_ARG") => {
            env.warn(
                "OTEL_TRACES_SAMPLER_ARG",
                "is ignored, because the sampler takes no argument; for a ratio, set OTEL_TRACES_SAMPLER=parentbased_traceidratio",
            );
        }
        RootSampler::AlwaysOn | RootSampler::AlwaysOff => {}
    }
    sampler
}

/// Where a Zipkin is.
fn zipkin(env: &mut Env<'_>) -> Destination {
    const DEFAULT: &str = "http://localhost:9411/api/v2/spans";
    Destination {
        protocol: Protocol::HttpJson,
        endpoint: env.url("OTEL_EXPORTER_ZIPKIN_ENDPOINT", DEFAULT, None).unwrap_or_else(|| Uri::from_static(DEFAULT)),
        headers: Vec::new(),
        timeout: env.timeout(&["OTEL_EXPORTER_ZIPKIN_TIMEOUT"], Duration::from_secs(10)),
        compression: Compression::None,
        tls: Files::default(),
    }
}

/// Exemplars are recorded by no SDK that we have; whoever asks for some is told.
fn exemplars(env: &mut Env<'_>) {
    /// With whether somebody asks for exemplars.
    const FILTERS: &[(&str, bool)] = &[("trace_based", true), ("always_on", true), ("always_off", false)];
    const VARIABLE: &str = "OTEL_METRICS_EXEMPLAR_FILTER";
    if env.word(&[VARIABLE], FILTERS, ("trace_based", false)) {
        env.warn(VARIABLE, "this version records no exemplars, whatever the filter");
    }
}

const COUNT: &str = "OTEL_ATTRIBUTE_COUNT_LIMIT";
const VALUE_LENGTH: &str = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT";

/// A limit for one kind of attributes comes before the general one (OpenTelemetry specification, "Attribute Limits").
fn span_limits(env: &mut Env<'_>) -> limits::OfSpans {
    let mut count = |variables: &[&str]| env.limit(variables, Some(DEFAULT_COUNT)).unwrap_or(DEFAULT_COUNT);
    limits::OfSpans {
        attributes: count(&["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", COUNT]),
        events: count(&["OTEL_SPAN_EVENT_COUNT_LIMIT"]),
        links: count(&["OTEL_SPAN_LINK_COUNT_LIMIT"]),
        event_attributes: count(&["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", COUNT]),
        link_attributes: count(&["OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", COUNT]),
        value_length: env.limit(&["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", VALUE_LENGTH], None),
    }
}

fn log_limits(env: &mut Env<'_>) -> limits::OfLogs {
    let attributes = env.limit(&["OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", COUNT], Some(DEFAULT_COUNT));
    limits::OfLogs {
        attributes: attributes.unwrap_or(DEFAULT_COUNT),
        value_length: env.limit(&["OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", VALUE_LENGTH], None),
    }
}

/// Notes what the general variables say.
fn note_general_limits(env: &mut Env<'_>) {
    env.limit(&[COUNT], Some(DEFAULT_COUNT));
    env.limit(&[VALUE_LENGTH], None);
}

fn batch(env: &mut Env<'_>, prefix: &str, delay: Duration) -> Batch {
    let max_queue_size = env.number(&format!("{prefix}_MAX_QUEUE_SIZE"), 1..=MAX_ITEMS, 2048);
    let size = format!("{prefix}_MAX_EXPORT_BATCH_SIZE");
    let wanted = env.number(&size, 1..=MAX_ITEMS, 512.min(max_queue_size));
    if wanted > max_queue_size {
        env.warn(&size, format!("{wanted} is more than {prefix}_MAX_QUEUE_SIZE; using {max_queue_size}"));
    }
    let max_export_batch_size = wanted.min(max_queue_size);
    env.holds(&size, max_export_batch_size);
    Batch { max_queue_size, max_export_batch_size, schedule_delay: env.duration(&format!("{prefix}_SCHEDULE_DELAY"), delay) }
}

/// Far beyond any use, and far from overflowing anything.
const MAX_ITEMS: usize = 1 << 20;

#[cfg(test)]
mod tests;
