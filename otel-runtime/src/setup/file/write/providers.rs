//! The providers of the three signals.

use super::exporter::{self, Secrets, exporter, millis};
use super::tree::{Map, Yaml};
use super::views;
use crate::delivery::{Batch, Signal};
use crate::limits;
use crate::metering::Defaults;
use crate::setup::config::{Logs, Metrics, Processor, Reader, Sampler, Traces};

const NO_FILE: &str = "An exporter of lines is left out, because nothing says into which file it writes: set OTEL_RUST_OTLP_FILE.";

pub(super) fn traces(top: Map, traces: &Traces, sampler: Option<&str>, secrets: &mut Secrets) -> Map {
    if *traces == Traces::default() {
        return top;
    }
    let provider = processors(&traces.processors, Signal::Traces, secrets);
    let provider = match sampler {
        Some(comment) => provider.comment(comment),
        None => provider.with("sampler", self::sampler(&traces.sampler)),
    };
    let limits::OfSpans { attributes, events, links, event_attributes, link_attributes, value_length } = traces.limits;
    let limits = Map::of("attribute_count_limit", Yaml::plain(attributes))
        .with("event_count_limit", Yaml::plain(events))
        .with("link_count_limit", Yaml::plain(links))
        .with("event_attribute_count_limit", Yaml::plain(event_attributes))
        .with("link_attribute_count_limit", Yaml::plain(link_attributes))
        .with_some("attribute_value_length_limit", value_length.map(Yaml::plain));
    top.with("tracer_provider", provider.with("limits", limits))
}

pub(super) fn logs(top: Map, logs: &Logs, secrets: &mut Secrets) -> Map {
    if logs.processors.is_empty() {
        return top;
    }
    let limits = Map::of("attribute_count_limit", Yaml::plain(logs.limits.attributes))
        .with_some("attribute_value_length_limit", logs.limits.value_length.map(Yaml::plain));
    top.with("logger_provider", processors(&logs.processors, Signal::Logs, secrets).with("limits", limits))
}

fn processors(processors: &[Processor], signal: Signal, secrets: &mut Secrets) -> Map {
    let processor = |processor: &Processor| {
        let (name, settings) = exporter(&processor.exporter, signal, secrets)?;
        let exporter = Map::of(name, settings);
        let Batch { max_queue_size, max_export_batch_size, schedule_delay } = processor.batch;
        let processor = if processor.batch == Batch::SINGLE {
            Map::of("simple", Map::of("exporter", exporter))
        } else {
            let batch = Map::of("schedule_delay", millis(Some(schedule_delay)))
                .with_some("export_timeout", exporter::export_timeout(&processor.exporter))
                .with("max_queue_size", Yaml::plain(max_queue_size))
                .with("max_export_batch_size", Yaml::plain(max_export_batch_size));
            Map::of("batch", batch.with("exporter", exporter))
        };
        Some(processor.into())
    };
    let written: Vec<Yaml> = processors.iter().filter_map(processor).collect();
    noted(written.len() < processors.len()).with("processors", Yaml::List(written))
}

/// A map that begins with a note, if something is left out.
fn noted(is_less: bool) -> Map {
    if is_less { Map::default().comment(NO_FILE) } else { Map::default() }
}

fn sampler(sampler: &Sampler) -> Map {
    match sampler {
        Sampler::AlwaysOn => Map::of("always_on", Yaml::Nothing),
        Sampler::AlwaysOff => Map::of("always_off", Yaml::Nothing),
        // Minus zero is zero, and looks like something else.
        Sampler::TraceIdRatio(ratio) => Map::of("trace_id_ratio_based", Map::of("ratio", Yaml::number(ratio.abs()))),
        Sampler::RateLimited(rate) => Map::of("rate_limited", Map::of("per_second", Yaml::number(*rate))),
        Sampler::ParentBased(based) => {
            let cases = Map::of("root", self::sampler(&based.root))
                .with("remote_parent_sampled", self::sampler(&based.remote_parent_sampled))
                .with("remote_parent_not_sampled", self::sampler(&based.remote_parent_not_sampled))
                .with("local_parent_sampled", self::sampler(&based.local_parent_sampled))
                .with("local_parent_not_sampled", self::sampler(&based.local_parent_not_sampled));
            Map::of("parent_based", cases)
        }
    }
}

pub(super) fn metrics(top: Map, metrics: &Metrics, secrets: &mut Secrets) -> Map {
    if metrics.readers.is_empty() {
        return top;
    }
    let reader = |reader: &Reader| match reader {
        Reader::Prometheus { host, port, defaults, .. } => {
            let settings = Map::of("host", Yaml::text(host)).with("port", Yaml::plain(port));
            let reader = Map::of("exporter", Map::of("prometheus/development", settings));
            Some(Map::of("pull", reader.with_any("cardinality_limits", cardinality_limits(defaults))).into())
        }
        Reader::Periodic { exporter, interval, temporality, defaults } => {
            let written = exporter::of_metrics(exporter, *temporality, defaults.exponential_histograms, secrets)?;
            let reader = Map::of("interval", millis(Some(*interval)))
                .with_some("timeout", exporter::export_timeout(exporter))
                .with("exporter", written)
                .with_any("cardinality_limits", cardinality_limits(defaults));
            Some(Map::of("periodic", reader).into())
        }
    };
    let written: Vec<Yaml> = metrics.readers.iter().filter_map(reader).collect();
    let provider = noted(written.len() < metrics.readers.len()).with("readers", Yaml::List(written));
    top.with("meter_provider", provider.with_some("views", views::views(&metrics.views)))
}

fn cardinality_limits(defaults: &Defaults) -> Map {
    let limits = &defaults.cardinality_limits;
    [
        ("counter", limits.counter),
        ("gauge", limits.gauge),
        ("histogram", limits.histogram),
        ("observable_counter", limits.observable_counter),
        ("observable_gauge", limits.observable_gauge),
        ("observable_up_down_counter", limits.observable_up_down_counter),
        ("up_down_counter", limits.up_down_counter),
    ]
    .into_iter()
    .fold(Map::default(), |map, (key, limit)| map.with_some(key, limit.map(Yaml::plain)))
}
