//! What the environment says.

use std::path::Path;
use std::time::Duration;

use http::Uri;

use super::{
    Config, DEFAULT_RATE, Exporter, Logs, MAX_ITEMS, Metrics, Processor, Read, Reader, SPOOLED_BATCH, Sampler, Sending, Traces, otlp,
};
use crate::copied::{BaggageKeys, MetricBaggage};
use crate::delivery::{Batch, Compression, Destination, Files, Headers, Protocol, Signal, Stated};
use crate::diagnostics::Level;
use crate::exceptions::Exceptions;
use crate::limits::{self, DEFAULT_COUNT};
use crate::metering::Defaults;
use crate::name::METRIC_KEYS;
use crate::propagation::{self, Format};
use crate::sampling::RATES;
use crate::semconv::methods::{self, KnownMethods};
use crate::setup::env::{Env, Lookup};
use crate::setup::resource::Described;

/// An exporter, by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Otlp,
    OtlpStdout,
    OtlpFile,
    Console,
    Prometheus,
    Zipkin,
}

const LEVELS: &[(&str, Level)] =
    &[("none", Level::None), ("error", Level::Error), ("warn", Level::Warn), ("info", Level::Info), ("debug", Level::Debug)];
/// The variables that name a configuration file; the second is how the first was called before.
const FILES: [&str; 2] = ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"];
const EXPORTERS: &[(&str, Name)] =
    &[("otlp", Name::Otlp), ("console", Name::Console), ("otlp/stdout", Name::OtlpStdout), ("otlp/file", Name::OtlpFile)];
pub(in crate::setup) const EXCEPTIONS: &[(&str, Option<Exceptions>)] =
    &[("logs", Some(Exceptions::Logs)), ("logs/dup", Some(Exceptions::Both))];
const OPT_IN: &str = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";
const SELF_METRICS: &str = "OTEL_RUST_SELF_METRICS";
const TRACES_EXPORTERS: &[(&str, Name)] = &[EXPORTERS[0], EXPORTERS[1], EXPORTERS[2], EXPORTERS[3], ("zipkin", Name::Zipkin)];
const METRICS_EXPORTERS: &[(&str, Name)] = &[EXPORTERS[0], EXPORTERS[1], EXPORTERS[2], EXPORTERS[3], ("prometheus", Name::Prometheus)];

impl Config {
    /// Reads everything there is to read.
    pub(crate) fn read(written: &Lookup<'_>, fallback: &Lookup<'_>) -> Read {
        let mut env = Env::new(written, fallback);
        let file = FILES.into_iter().find_map(|variable| env.file(&[variable]));
        let lines = env.path(&["OTEL_RUST_OTLP_FILE"]);
        let mut config = Self {
            disabled: env.boolean(&["OTEL_SDK_DISABLED"]),
            log_level: env.word(&["OTEL_LOG_LEVEL"], LEVELS, ("info", Level::Info)),
            resource: Described::read(&mut env),
            propagators: propagators(&mut env),
            traces: traces(&mut env, lines.as_deref()),
            metrics: metrics(&mut env, lines.as_deref()),
            logs: logs(&mut env, lines.as_deref()),
            filter: env.filter("OTEL_RUST_FILTER"),
            http_methods: http_methods(&mut env),
            exceptions: env.word(&[OPT_IN], EXCEPTIONS, ("", None)),
            baggage_attributes: BaggageKeys::new(env.list("OTEL_RUST_BAGGAGE_ATTRIBUTES", baggage_name)),
            baggage_metric_attributes: MetricBaggage::new(&env.list("OTEL_RUST_BAGGAGE_METRIC_ATTRIBUTES", baggage_values)),
            sending: sending(&mut env),
            self_metrics: env.boolean(&[SELF_METRICS]),
        };
        let no_color = env.flag("NO_COLOR");
        otlp::note_general(&mut env);
        exemplars(&mut env);
        note_general_limits(&mut env);
        if config.exceptions.is_some() && config.logs.processors.is_empty() && !config.disabled {
            env.warn(OPT_IN, "is ignored, because logs are not exported; panics are events of their spans");
            env.holds(OPT_IN, "");
            config.exceptions = None;
        }
        if config.self_metrics && config.metrics.readers.is_empty() && !config.disabled {
            env.warn(SELF_METRICS, "is ignored, because metrics are not exported; say where to in OTEL_METRICS_EXPORTER, as `otlp`");
            env.holds(SELF_METRICS, false);
            config.self_metrics = false;
        }
        config.spool_soon();
        if config.sending.spool_folder.is_some() {
            for (prefix, delay) in [(SPANS, SPANS_DELAY), (RECORDS, RECORDS_DELAY)] {
                let delay = batch(&mut env, prefix, delay).schedule_delay.min(SPOOLED_BATCH);
                env.holds(&format!("{prefix}_SCHEDULE_DELAY"), delay.as_millis());
            }
        }
        let (warnings, variables) = env.finish();
        Read { config, warnings, variables, file, no_color }
    }
}

/// The variables of the batches of spans, and of log records.
const SPANS: &str = "OTEL_BSP";
const RECORDS: &str = "OTEL_BLRP";
const SPANS_DELAY: Duration = Duration::from_secs(5);
const RECORDS_DELAY: Duration = Duration::from_secs(1);

fn sending(env: &mut Env<'_>) -> Sending {
    let default = Sending::default();
    Sending {
        max_concurrent_exports: env.number("OTEL_RUST_MAX_CONCURRENT_EXPORTS", 1..=64, default.max_concurrent_exports),
        queue_max_bytes: env.number("OTEL_RUST_QUEUE_MAX_BYTES", 1..=usize::MAX, default.queue_max_bytes),
        retry_max_elapsed: env.duration("OTEL_RUST_RETRY_MAX_ELAPSED", default.retry_max_elapsed),
        spool_folder: env.file(&["OTEL_RUST_SPOOL_DIR"]),
        spool_max_bytes: env.number("OTEL_RUST_SPOOL_MAX_BYTES", 1..=u64::MAX, default.spool_max_bytes),
    }
}

fn traces(env: &mut Env<'_>, lines: Option<&Path>) -> Traces {
    let exporters = env.words("OTEL_TRACES_EXPORTER", TRACES_EXPORTERS, &TRACES_EXPORTERS[..1]);
    let sampler = sampler(env);
    let limits = span_limits(env);
    let batch = batch(env, SPANS, SPANS_DELAY);
    let (otlp, zipkin) = (otlp::destination(env, Signal::Traces), zipkin(env));
    let exporters = exporters.into_iter().filter_map(|name| match name {
        Name::Zipkin => Some(Exporter::Zipkin(Box::new(zipkin.clone()))),
        name => exporter(name, &otlp, lines),
    });
    // Without an exporter, the sampler and the limits are those of a processor that is set in code.
    Traces { processors: exporters.map(|exporter| Processor::of(exporter, batch)).collect(), sampler, limits }
}

fn logs(env: &mut Env<'_>, lines: Option<&Path>) -> Logs {
    let exporters = env.words("OTEL_LOGS_EXPORTER", EXPORTERS, &EXPORTERS[..1]);
    let limits = log_limits(env);
    let batch = batch(env, RECORDS, RECORDS_DELAY);
    let otlp = otlp::destination(env, Signal::Logs);
    let exporters = exporters.into_iter().filter_map(|name| exporter(name, &otlp, lines));
    let processors: Vec<_> = exporters.map(|exporter| Processor::of(exporter, batch)).collect();
    if processors.is_empty() { Logs::default() } else { Logs { processors, limits } }
}

fn metrics(env: &mut Env<'_>, lines: Option<&Path>) -> Metrics {
    let exporters = env.words("OTEL_METRICS_EXPORTER", METRICS_EXPORTERS, &METRICS_EXPORTERS[..1]);
    let interval = env.duration("OTEL_METRIC_EXPORT_INTERVAL", Duration::from_secs(60));
    let otlp = otlp::destination(env, Signal::Metrics);
    let temporality = otlp::temporality(env);
    let exponential_histograms = otlp::exponential_histograms(env);
    let host = env.string("OTEL_EXPORTER_PROMETHEUS_HOST").unwrap_or_else(|| "localhost".to_owned());
    let port = env.number("OTEL_EXPORTER_PROMETHEUS_PORT", 0..=u16::MAX, 9464);
    let readers = exporters.into_iter().filter_map(|name| match name {
        Name::Prometheus => {
            Some(Reader::Prometheus { host: host.clone(), port, stated: Stated::InVariables, defaults: Defaults::default() })
        }
        name => exporter(name, &otlp, lines).map(|exporter| {
            // A console is no exporter of OTLP, whose variable this is.
            let exponential_histograms = exponential_histograms && exporter != Exporter::Console;
            let mut reader = Reader::periodic(exporter, interval, temporality);
            *reader.defaults_mut() = Defaults { exponential_histograms, ..Defaults::default() };
            reader
        }),
    });
    Metrics { readers: readers.collect(), ..Metrics::default() }
}

/// An exporter of every signal, by its name.
fn exporter(name: Name, otlp: &Destination, lines: Option<&Path>) -> Option<Exporter> {
    match name {
        Name::Otlp => Some(Exporter::Otlp(Box::new(otlp.clone()))),
        Name::OtlpStdout => Some(Exporter::OtlpStdout),
        Name::OtlpFile => Some(Exporter::OtlpFile(lines.map(Path::to_owned))),
        Name::Console => Some(Exporter::Console),
        Name::Prometheus | Name::Zipkin => None,
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

/// The methods of HTTP that are known, in place of those of the conventions.
fn http_methods(env: &mut Env<'_>) -> KnownMethods {
    const VARIABLE: &str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";
    let names = env.list(VARIABLE, methods::check);
    if names.is_empty() {
        env.holds(VARIABLE, methods::DEFAULT.join(","));
    }
    KnownMethods::new(names)
}

/// Names are whole: what a pattern lets through, whoever calls decides. A `*` at the end looks like one, and would copy nothing.
pub(in crate::setup) fn baggage_name(name: &str) -> Result<(), String> {
    match name {
        name if name.ends_with('*') => Err(format!("`{name}` is a pattern, and names are whole")),
        name if !propagation::is_baggage_name(name) => Err(format!("`{name}` is no name of baggage")),
        _ => Ok(()),
    }
}

/// An entry of baggage whose values are few, because they are these: `tenant.tier=gold|silver`.
pub(in crate::setup) fn baggage_values(entry: &str) -> Result<(), String> {
    let Some((name, values)) = MetricBaggage::parse(entry) else {
        return Err(format!("`{entry}` names no values, and callers would choose them: write `{entry}=gold|silver`"));
    };
    baggage_name(name)?;
    if METRIC_KEYS.contains(&name) {
        return Err(format!("`{name}` is set by the runtime, from the call itself"));
    }
    if values.is_empty() { Err(format!("`{entry}` has no values: write `{name}=gold|silver`")) } else { Ok(()) }
}

/// A sampler, before it has its argument.
#[derive(Clone, Copy)]
enum Root {
    AlwaysOn,
    AlwaysOff,
    Ratio,
    Rate,
}

fn sampler(env: &mut Env<'_>) -> Sampler {
    /// With whether the parent's decision is followed.
    const SAMPLERS: &[(&str, (Root, bool))] = &[
        ("always_on", (Root::AlwaysOn, false)),
        ("always_off", (Root::AlwaysOff, false)),
        ("traceidratio", (Root::Ratio, false)),
        ("parentbased_always_on", (Root::AlwaysOn, true)),
        ("parentbased_always_off", (Root::AlwaysOff, true)),
        ("parentbased_traceidratio", (Root::Ratio, true)),
        // Ours: not among the names of the specification.
        ("rate_limited", (Root::Rate, false)),
        ("parentbased_rate_limited", (Root::Rate, true)),
    ];
    let (root, parent_based) = env.word(&["OTEL_TRACES_SAMPLER"], SAMPLERS, ("parentbased_always_on", (Root::AlwaysOn, true)));
    let root = match root {
        Root::Ratio => Sampler::TraceIdRatio(env.number("OTEL_TRACES_SAMPLER_ARG", 0.0..=1.0, 1.0)),
        Root::Rate => Sampler::RateLimited(env.number("OTEL_TRACES_SAMPLER_ARG", RATES, DEFAULT_RATE)),
        Root::AlwaysOn | Root::AlwaysOff => {
            if env.is_set("OTEL_TRACES_SAMPLER_ARG") {
                env.warn(
                    "OTEL_TRACES_SAMPLER_ARG",
                    "is ignored, because the sampler takes no argument; for a ratio, set OTEL_TRACES_SAMPLER=parentbased_traceidratio",
                );
            }
            if matches!(root, Root::AlwaysOn) { Sampler::AlwaysOn } else { Sampler::AlwaysOff }
        }
    };
    if parent_based { root.parent_based() } else { root }
}

/// Where a Zipkin is.
fn zipkin(env: &mut Env<'_>) -> Destination {
    let url = env.url("OTEL_EXPORTER_ZIPKIN_ENDPOINT", ZIPKIN, None);
    Destination { timeout: env.timeout(&["OTEL_EXPORTER_ZIPKIN_TIMEOUT"], otlp::TIMEOUT), ..zipkin_at(url) }
}

const ZIPKIN: &str = "http://localhost:9411/api/v2/spans";

/// A Zipkin, by default on this machine.
pub(in crate::setup) fn zipkin_at(url: Option<Uri>) -> Destination {
    Destination {
        protocol: Protocol::HttpJson,
        endpoint: url.unwrap_or_else(|| Uri::from_static(ZIPKIN)),
        headers: Headers::default(),
        timeout: Some(otlp::TIMEOUT),
        compression: Compression::None,
        tls: Files::default(),
        stated: Stated::InVariables,
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
