//! The meter provider: readers, and what they ask for.

use std::time::Duration;

use super::exporter::{self, Exported};
use super::field::{Field, Section};
use super::views;
use crate::delivery::Signal;
use crate::metering::{CardinalityLimits, Defaults, View};
use crate::setup::config::otlp::EXPORT_TIMEOUT;
use crate::setup::config::{Metrics, Reader};

pub(super) fn read(provider: &Field<'_>) -> Option<Metrics> {
    provider.section(|provider| {
        let mut metrics = Metrics::default();
        for field in provider.required("readers").iter().flat_map(Field::items) {
            let reader = field.section(|reader| {
                let (choice, field) = reader.component(&["periodic", "pull"])?;
                if choice == "pull" { pull(&field) } else { periodic(&field) }
            });
            metrics.readers.extend(reader.flatten());
        }
        exemplars(provider);
        metrics.views = provider.value("views").map(|views| views::read(&views)).unwrap_or_default();
        provider.unsupported("meter_configurator", "; `distribution.otel-runtime.filter` says which places record");
        if metrics.readers.is_empty() { Metrics::default() } else { metrics }
    })
}

fn exemplars(provider: &Section<'_>) {
    /// With whether somebody asks for exemplars.
    const FILTERS: &[(&str, bool)] = &[("trace_based", true), ("always_on", true), ("always_off", false)];
    if let Some(field) = provider.value("exemplar_filter")
        && field.word(FILTERS) == Some(true)
    {
        field.warn("this version records no exemplars, whatever the filter");
    }
}

fn periodic(field: &Field<'_>) -> Option<Reader> {
    field.section(|section| {
        let interval = section.value("interval").and_then(|interval| interval.duration()).unwrap_or(Duration::from_secs(60));
        let timeout = section.timeout("timeout", EXPORT_TIMEOUT);
        let cardinality_limits = shared(section);
        let exporter = section.required("exporter")?;
        let Exported { exporter, temporality, exponential_histograms } = exporter::read(&exporter, Signal::Metrics, timeout)?;
        let mut reader = Reader::periodic(exporter, interval, temporality);
        *reader.defaults_mut() = Defaults { exponential_histograms, cardinality_limits };
        Some(reader)
    })?
}

fn pull(field: &Field<'_>) -> Option<Reader> {
    field.section(|section| {
        let cardinality_limits = shared(section);
        let mut reader = section.required("exporter")?.section(|exporter| exporter.component(&["prometheus"])?.1.section(prometheus))??;
        reader.defaults_mut().cardinality_limits = cardinality_limits;
        Some(reader)
    })?
}

/// What readers of both kinds have.
fn shared(section: &Section<'_>) -> CardinalityLimits {
    section.unsupported("producers", "");
    section.value("cardinality_limits").and_then(|limits| limits.section(cardinality_limits)).unwrap_or_default()
}

fn cardinality_limits(section: &Section<'_>) -> CardinalityLimits {
    let limit = |key: &'static str| section.value(key).and_then(|limit| limit.integer(1..=View::MAX_CARDINALITY));
    let default = limit("default");
    let limit = |key: &'static str| limit(key).or(default);
    CardinalityLimits {
        counter: limit("counter"),
        gauge: limit("gauge"),
        histogram: limit("histogram"),
        observable_counter: limit("observable_counter"),
        observable_gauge: limit("observable_gauge"),
        observable_up_down_counter: limit("observable_up_down_counter"),
        up_down_counter: limit("up_down_counter"),
    }
}

fn prometheus(section: &Section<'_>) -> Reader {
    const STRATEGIES: &[(&str, bool)] = &[
        ("underscore_escaping_with_suffixes", true),
        ("underscore_escaping_without_suffixes", false),
        ("no_utf8_escaping_with_suffixes", false),
        ("no_translation", false),
        // Their names in releases before 1.0.
        ("UnderscoreEscapingWithSuffixes", true),
        ("UnderscoreEscapingWithoutSuffixes", false),
        ("NoUTF8EscapingWithSuffixes", false),
        ("NoTranslation", false),
    ];
    const LEFT_OUT: [&str; 4] = ["without_scope_info", "without_target_info", "without_type_suffix", "without_units"];
    for field in LEFT_OUT.into_iter().filter_map(|key| section.development(key)) {
        if field.boolean() == Some(true) {
            field.warn("is not supported by this version, and ignored");
        }
    }
    if let Some(field) = section.development("translation_strategy")
        && field.word(STRATEGIES) == Some(false)
    {
        field.warn("is not supported by this version; names are escaped with underscores, and have their suffixes");
    }
    section.unsupported("with_resource_constant_labels", "; the resource is `target_info`");
    Reader::Prometheus {
        host: section.value("host").and_then(|host| host.text()).unwrap_or_else(|| "localhost".to_owned()),
        port: section.value("port").and_then(|port| port.integer(0..=u16::MAX)).unwrap_or(9464),
        stated: section.stated(),
        defaults: Defaults::default(),
    }
}
