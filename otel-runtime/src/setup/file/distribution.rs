//! What only this runtime has: `distribution.otel-runtime`, in the place that the schema keeps for what a distribution adds.

use std::path::PathBuf;

use super::field::{Field, Section};
use crate::exceptions::Exceptions;
use crate::export::baggage::{BaggageKeys, MetricBaggage};
use crate::filter::Filter;
use crate::semconv::methods;
use crate::setup::config::Sending;
use crate::setup::config::environment::{self, EXCEPTIONS};
use crate::setup::config::otlp::AGGREGATIONS;

/// The name of this distribution, as in `telemetry.distro.name`.
const OWN: &str = "otel-runtime";

#[derive(Default)]
pub(super) struct Own {
    pub(super) filter: Filter,
    pub(super) exceptions: Option<Exceptions>,
    /// Those that are known to HTTP, in place of those of the conventions.
    pub(super) http_methods: Vec<String>,
    pub(super) baggage_attributes: BaggageKeys,
    pub(super) baggage_metric_attributes: MetricBaggage,
    pub(super) sending: Sending,
    pub(super) self_metrics: bool,
    /// Where no exporter asks for them.
    pub(super) exponential_histograms: bool,
}

/// What other distributions have is theirs to read.
pub(super) fn read(distributions: &Field<'_>) -> Own {
    let own = distributions.any_section(|section| section.get(OWN).and_then(|own| own.section(settings)));
    own.flatten().unwrap_or_default()
}

fn settings(section: &Section<'_>) -> Own {
    let default = Sending::default();
    let spool = section.value("spool").and_then(|spool| spool.section(|spool| self::spool(spool)));
    let (spool_folder, spool_max_bytes) = spool.unwrap_or((None, None));
    Own {
        filter: section.value("filter").and_then(|filter| self::filter(&filter)).unwrap_or_default(),
        exceptions: section.value("exceptions").and_then(|exceptions| exceptions.word(EXCEPTIONS)).flatten(),
        http_methods: texts(section, "http_known_methods", methods::check),
        baggage_attributes: BaggageKeys::new(texts(section, "baggage_attributes", environment::baggage_name)),
        baggage_metric_attributes: MetricBaggage::new(&texts(section, "baggage_metric_attributes", environment::baggage_values)),
        sending: Sending {
            max_concurrent_exports: section
                .value("max_concurrent_exports")
                .and_then(|number| number.integer(1..=64))
                .unwrap_or(default.max_concurrent_exports),
            queue_max_bytes: section
                .value("queue_max_bytes")
                .and_then(|number| number.integer(1..=usize::MAX))
                .unwrap_or(default.queue_max_bytes),
            retry_max_elapsed: section.value("retry_max_elapsed").and_then(|time| time.duration()).unwrap_or(default.retry_max_elapsed),
            spool_folder,
            spool_max_bytes: spool_max_bytes.unwrap_or(default.spool_max_bytes),
        },
        self_metrics: section.value("self_metrics").and_then(|value| value.boolean()).unwrap_or(false),
        exponential_histograms: section
            .value("default_histogram_aggregation")
            .and_then(|aggregation| aggregation.word(AGGREGATIONS))
            .unwrap_or(false),
    }
}

fn spool(section: &Section<'_>) -> (Option<PathBuf>, Option<u64>) {
    let folder = section.required("folder").filter(|folder| !folder.is_null()).and_then(|folder| folder.text());
    (folder.map(PathBuf::from), section.value("max_bytes").and_then(|bytes| bytes.integer(1..=u64::MAX)))
}

fn filter(field: &Field<'_>) -> Option<Filter> {
    let parsed = Filter::parse(&field.text()?);
    parsed.bad.iter().for_each(|problem| field.error(problem));
    parsed.repetitions().for_each(|repetition| field.warn(repetition));
    Some(parsed.filter)
}

/// Texts that can all be used, each once.
fn texts(section: &Section<'_>, key: &'static str, check: fn(&str) -> Result<(), String>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for item in section.value(key).iter().flat_map(Field::items) {
        let Some(text) = item.text() else { continue };
        match check(&text) {
            Err(problem) => item.error(problem),
            Ok(()) if texts.contains(&text) => {}
            Ok(()) => texts.push(text),
        }
    }
    texts
}
