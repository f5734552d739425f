//! What only this runtime has: `distribution.otel-runtime`, in the place that the schema keeps for what a distribution adds.

use std::path::PathBuf;

use super::field::{Field, Section};
use crate::copied::{BaggageKeys, MetricBaggage};
use crate::delivery::File;
use crate::exceptions::Exceptions;
use crate::filter::Filter;
use crate::semconv::methods;
use crate::setup::config::Sending;
use crate::setup::config::environment::{self, EXCEPTIONS};
use crate::setup::config::otlp::AGGREGATIONS;

/// The name of this distribution, as in `telemetry.distro.name`.
const OWN: &str = "otel-runtime";

#[derive(Default)]
pub(super) struct Own<'a> {
    pub(super) filter: Filter,
    /// Those that are known to HTTP, in place of those of the conventions.
    pub(super) http_methods: Vec<String>,
    pub(super) baggage_attributes: BaggageKeys,
    pub(super) baggage_metric_attributes: MetricBaggage,
    pub(super) sending: Sending,
    pub(super) conditional: Conditional<'a>,
}

/// What holds if there is something that it can hold for, each with the key that says so.
#[derive(Default)]
pub(super) struct Conditional<'a> {
    pub(super) exceptions: Option<(Exceptions, Field<'a>)>,
    pub(super) self_metrics: Option<Field<'a>>,
    /// Of what is scraped, whose exporter cannot say it.
    pub(super) exponential_histograms: Option<Field<'a>>,
}

/// What other distributions have is theirs to read.
pub(super) fn read<'a>(distributions: &Field<'a>) -> Own<'a> {
    let own = distributions.any_section(|section| section.get(OWN).and_then(|own| own.section(settings)));
    own.flatten().unwrap_or_default()
}

fn settings<'a>(section: &Section<'a>) -> Own<'a> {
    let default = Sending::default();
    let spool = section.value("spool").and_then(|spool| spool.section(|spool| self::spool(spool)));
    let (spool_folder, spool_max_bytes) = spool.unwrap_or((None, None));
    Own {
        filter: section.value("filter").and_then(|filter| self::filter(&filter)).unwrap_or_default(),
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
        conditional: Conditional {
            exceptions: section.value("exceptions").and_then(|field| Some((field.word(EXCEPTIONS)??, field))),
            self_metrics: section.value("self_metrics").filter(|field| field.boolean() == Some(true)),
            exponential_histograms: section
                .value("default_histogram_aggregation")
                .filter(|aggregation| aggregation.word(AGGREGATIONS) == Some(true)),
        },
    }
}

fn spool(section: &Section<'_>) -> (Option<File>, Option<u64>) {
    let folder = section.required("folder").filter(|folder| !folder.is_null());
    let folder = folder.and_then(|folder| Some(File { path: PathBuf::from(folder.text()?), variable: folder.named() }));
    (folder, section.value("max_bytes").and_then(|bytes| bytes.integer(1..=u64::MAX)))
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
