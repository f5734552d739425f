//! The keys at the top of a file, and those that are small.

use std::time::Duration;

use super::distribution::{self, Conditional};
use super::field::{Field, Section};
use super::{metrics, processor, resource, sampler};
use crate::delivery::Signal;
use crate::diagnostics::Level;
use crate::limits::{self, DEFAULT_COUNT};
use crate::propagation::Format;
use crate::semconv::methods::KnownMethods;
use crate::setup::config::{Config, Logs, Reader, Traces};
use crate::setup::variables::names::did_you_mean;

/// Reads a whole file. What is wrong in a part leaves the default in its place; there are errors then.
pub(super) fn read(file: &Field<'_>) -> Option<Config> {
    file.section(|top| {
        // Of a file of another format, nothing would be right.
        format(top)?;
        let general = top.value("attribute_limits").and_then(|limits| limits.section(General::read)).unwrap_or_default();
        let own = top.value("distribution").map(|field| distribution::read(&field)).unwrap_or_default();
        let mut config = Config {
            disabled: top.value("disabled").and_then(|disabled| disabled.boolean()).unwrap_or(false),
            log_level: top.value("log_level").and_then(|level| log_level(&level)).unwrap_or(Level::Info),
            resource: top.value("resource").and_then(|resource| resource::read(&resource)).unwrap_or_default(),
            propagators: top.value("propagator").map(|propagator| propagators(&propagator)).unwrap_or_default(),
            traces: top.value("tracer_provider").and_then(|provider| traces(&provider, &general)).unwrap_or_default(),
            metrics: top.value("meter_provider").and_then(|provider| metrics::read(&provider)).unwrap_or_default(),
            logs: top.value("logger_provider").and_then(|provider| logs(&provider, &general)).unwrap_or_default(),
            filter: own.filter,
            exceptions: own.conditional.exceptions.as_ref().map(|(exceptions, _)| *exceptions),
            http_methods: KnownMethods::new(own.http_methods),
            baggage_attributes: own.baggage_attributes,
            baggage_metric_attributes: own.baggage_metric_attributes,
            sending: own.sending,
            self_metrics: own.conditional.self_metrics.is_some(),
        };
        without_effect(&mut config, &own.conditional);
        config.spool_soon();
        // Says that the file relies on keys that may change, which changes nothing here.
        top.get("stability");
        top.unsupported("instrumentation", "");
        Some(config)
    })?
}

/// Has what holds for scraped metrics hold for them, and says what holds for nothing that there is.
fn without_effect(config: &mut Config, said: &Conditional<'_>) {
    if let Some(field) = &said.exponential_histograms {
        let mut scraped = config.metrics.readers.iter_mut().filter(|reader| matches!(reader, Reader::Prometheus { .. })).peekable();
        if scraped.peek().is_none() && !config.disabled {
            field.warn("is ignored, because nothing is scraped; exporters of OTLP have a key of this name themselves");
        }
        scraped.for_each(|reader| reader.defaults_mut().exponential_histograms = true);
    }
    if let Some((_, field)) = said.exceptions.as_ref().filter(|_| config.logs.processors.is_empty() && !config.disabled) {
        field.warn("is ignored, because logs are not exported; panics are events of their spans");
        config.exceptions = None;
    }
    if let Some(field) = said.self_metrics.as_ref().filter(|_| config.metrics.readers.is_empty() && !config.disabled) {
        field.warn("is ignored, because metrics are not exported; say where to in `meter_provider.readers`");
        config.self_metrics = false;
    }
}

/// The version of the schema that this was written for.
const KNOWN: u32 = 2;

/// `1.0`, `1.1` and so on. Of the release candidates of 1.0 the keys are nearly the same; before, they were others.
fn format(top: &Section<'_>) -> Option<()> {
    const ACCEPTED: &str = "this version reads 1.x, and the release candidates 1.0-rc.1 and later as 1.0";
    let field = top.required("file_format")?;
    let text = field.any_scalar()?;
    let (version, candidate) = text.split_once("-rc.").map_or((text.as_str(), None), |(version, number)| (version, Some(number)));
    let minor = version.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok());
    match (minor, candidate) {
        (Some(minor), None) if minor > KNOWN => {
            field.warn(format!("`{text}` is newer than 1.{KNOWN}, which this version knows; keys that it does not know are said"));
        }
        (Some(_), None) => {}
        (Some(0), Some(number)) if number.parse::<u32>().is_ok() => field.warn(format!("`{text}` is read as 1.0")),
        _ => {
            field.error(format!("`{}` cannot be read; {ACCEPTED}", field.shown()));
            return None;
        }
    }
    Some(())
}

/// The names of severities, which are finer than what is said here; `none` is what `OTEL_LOG_LEVEL` has for it.
fn log_level(field: &Field<'_>) -> Option<Level> {
    const LEVELS: &[(&str, Level)] = &[
        ("trace", Level::Debug),
        ("debug", Level::Debug),
        ("info", Level::Info),
        ("warn", Level::Warn),
        ("error", Level::Error),
        ("fatal", Level::None),
        ("none", Level::None),
    ];
    let text = field.text()?;
    let name = text.trim_end_matches(['2', '3', '4']);
    let level = LEVELS.iter().find(|(known, _)| *known == name).map(|(_, level)| *level);
    if level.is_none() {
        field.error(format!(
            "`{}` is not one of trace, debug, info, warn, error, fatal, each also with 2, 3 or 4 at its end{}",
            field.shown(),
            did_you_mean(name, LEVELS.iter().map(|(known, _)| *known))
        ));
    }
    level
}

/// The limits of what has no limits of its own.
#[derive(Default)]
struct General {
    count: Option<u32>,
    length: Option<u32>,
}

impl General {
    fn read(section: &Section<'_>) -> Self {
        Self { count: count(section, "attribute_count_limit"), length: count(section, "attribute_value_length_limit") }
    }
}

fn count(section: &Section<'_>, key: &'static str) -> Option<u32> {
    section.value(key).and_then(|field| field.integer(0..=u32::MAX))
}

fn traces(provider: &Field<'_>, general: &General) -> Option<Traces> {
    provider.section(|provider| {
        let processors = processor::read(provider, Signal::Traces, Duration::from_secs(5));
        let sampler = provider.value("sampler").and_then(|sampler| sampler::read(&sampler)).unwrap_or_default();
        let limits = provider.value("limits").and_then(|limits| limits.section(|limits| span_limits(limits, general)));
        let limits = limits.unwrap_or_else(|| default_span_limits(general));
        provider.unsupported("tracer_configurator", "; `distribution.otel-runtime.filter` says which places record");
        Traces { processors, sampler, limits }
    })
}

fn default_span_limits(general: &General) -> limits::OfSpans {
    let count = general.count.unwrap_or(DEFAULT_COUNT);
    limits::OfSpans {
        attributes: count,
        event_attributes: count,
        link_attributes: count,
        value_length: general.length,
        ..limits::OfSpans::default()
    }
}

/// A limit for one kind of attributes comes before the general one, as where variables say it.
fn span_limits(section: &Section<'_>, general: &General) -> limits::OfSpans {
    let default = default_span_limits(general);
    limits::OfSpans {
        attributes: count(section, "attribute_count_limit").unwrap_or(default.attributes),
        events: count(section, "event_count_limit").unwrap_or(default.events),
        links: count(section, "link_count_limit").unwrap_or(default.links),
        event_attributes: count(section, "event_attribute_count_limit").unwrap_or(default.event_attributes),
        link_attributes: count(section, "link_attribute_count_limit").unwrap_or(default.link_attributes),
        value_length: count(section, "attribute_value_length_limit").or(default.value_length),
    }
}

fn logs(provider: &Field<'_>, general: &General) -> Option<Logs> {
    provider.section(|provider| {
        let processors = processor::read(provider, Signal::Logs, Duration::from_secs(1));
        let own = provider.value("limits").and_then(|limits| limits.section(General::read)).unwrap_or_default();
        let limits = limits::OfLogs {
            attributes: own.count.or(general.count).unwrap_or(DEFAULT_COUNT),
            value_length: own.length.or(general.length),
        };
        provider.unsupported("logger_configurator", "");
        if processors.is_empty() { Logs::default() } else { Logs { processors, limits } }
    })
}

/// The formats of `composite`, and after them those of `composite_list` that are not among them.
fn propagators(field: &Field<'_>) -> Vec<Format> {
    let mut formats = Vec::new();
    field.section(|propagator| {
        for item in propagator.value("composite").iter().flat_map(Field::items) {
            item.section(|item| {
                let names: Vec<&'static str> = Format::NAMED.iter().map(|(name, _)| *name).chain([OTTRACE]).collect();
                if let Some((name, field)) = item.component(&names) {
                    field.empty();
                    add(&mut formats, name, &field);
                }
            });
        }
        if let Some(list) = propagator.value("composite_list") {
            let text = list.text().unwrap_or_default();
            for name in text.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "none") {
                add(&mut formats, name, &list);
            }
        }
    });
    formats
}

/// Of the schema, and known to nobody any more.
const OTTRACE: &str = "ottrace";

fn add(formats: &mut Vec<Format>, name: &str, field: &Field<'_>) {
    if name == OTTRACE {
        return field.warn("the format `ottrace` is not supported by this version, and left out");
    }
    let Some((_, format)) = Format::NAMED.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = Format::NAMED.iter().map(|(name, _)| *name).collect();
        return field.error(format!(
            "there is no format `{name}`; there are {}{}",
            names.join(", "),
            did_you_mean(name, names.iter().copied())
        ));
    };
    if let Some(feature) = format.missing_feature() {
        field.warn(format!("for `{name}` otel-runtime must be built with its feature `{feature}`; it is left out"));
    } else if !formats.contains(format) {
        formats.push(*format);
    }
}
