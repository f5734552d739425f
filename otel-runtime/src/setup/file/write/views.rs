//! Views.

use opentelemetry_sdk::metrics::Aggregation;

use super::super::views::KINDS;
use super::tree::{Map, Yaml};
use crate::metering::{Pattern, View};

pub(super) fn views(views: &[View]) -> Option<Yaml> {
    let view = |view: &View| Map::of("selector", selector(view)).with("stream", stream(view)).into();
    (!views.is_empty()).then(|| Yaml::List(views.iter().map(view).collect()))
}

fn selector(view: &View) -> Map {
    let kind = KINDS.iter().find(|(_, kind)| view.kind == Some(*kind)).map(|(name, _)| Yaml::plain(name));
    Map::of("instrument_name", Yaml::text(view.instruments.as_str()))
        .with_some("instrument_type", kind)
        .with_some("unit", view.unit.clone().map(Yaml::Text))
        .with_some("meter_name", view.meter_name.clone().map(Yaml::Text))
        .with_some("meter_version", view.meter_version.clone().map(Yaml::Text))
        .with_some("meter_schema_url", view.meter_schema_url.clone().map(Yaml::Text))
}

fn stream(view: &View) -> Map {
    let patterns = |patterns: &[Pattern]| Yaml::texts(patterns.iter().map(Pattern::as_str));
    let excluded = (!view.keys.excluded.is_empty()).then(|| patterns(&view.keys.excluded));
    let keys = Map::default().with_some("included", view.keys.included.as_deref().map(patterns)).with_some("excluded", excluded);
    let stream = Map::default()
        .with_some("name", view.name.clone().map(Yaml::Text))
        .with_some("description", view.description.clone().map(Yaml::Text));
    let stream = match view.aggregation.as_ref().map(|known| (known, aggregation(known))) {
        None => stream,
        Some((_, Some(aggregation))) => stream.with("aggregation", aggregation),
        Some((unknown, None)) => stream.comment(&format!("The aggregation {unknown:?} cannot be said in a file.")),
    };
    stream.with_some("aggregation_cardinality_limit", view.cardinality_limit.map(Yaml::plain)).with_any("attribute_keys", keys)
}

fn aggregation(aggregation: &Aggregation) -> Option<Map> {
    let (name, settings) = match aggregation {
        Aggregation::Default => ("default", Map::default()),
        Aggregation::Drop => ("drop", Map::default()),
        Aggregation::Sum => ("sum", Map::default()),
        Aggregation::LastValue => ("last_value", Map::default()),
        Aggregation::ExplicitBucketHistogram { boundaries, record_min_max } => {
            let boundaries = Yaml::List(boundaries.iter().copied().map(Yaml::number).collect());
            ("explicit_bucket_histogram", Map::of("boundaries", boundaries).with("record_min_max", Yaml::plain(record_min_max)))
        }
        Aggregation::Base2ExponentialHistogram { max_size, max_scale, record_min_max } => {
            let settings = Map::of("max_size", Yaml::plain(max_size)).with("max_scale", Yaml::plain(max_scale));
            ("base2_exponential_bucket_histogram", settings.with("record_min_max", Yaml::plain(record_min_max)))
        }
        _ => return None,
    };
    Some(Map::of(name, settings))
}
