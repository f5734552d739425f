//! Views: what is exported of which instruments.

use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind};

use super::field::{Field, Section};
use crate::metering::View;

pub(super) const KINDS: &[(&str, InstrumentKind)] = &[
    ("counter", InstrumentKind::Counter),
    ("gauge", InstrumentKind::Gauge),
    ("histogram", InstrumentKind::Histogram),
    ("observable_counter", InstrumentKind::ObservableCounter),
    ("observable_gauge", InstrumentKind::ObservableGauge),
    ("observable_up_down_counter", InstrumentKind::ObservableUpDownCounter),
    ("up_down_counter", InstrumentKind::UpDownCounter),
];

pub(super) fn read(views: &Field<'_>) -> Vec<View> {
    views.items().iter().filter_map(view).collect()
}

fn view(field: &Field<'_>) -> Option<View> {
    let view = field.section(|view| {
        let selected = view.required("selector")?.section(selector)?;
        view.required("stream")?.section(|section| stream(section, selected))
    });
    let view = view.flatten()?;
    if let Err(error) = view.check() {
        field.error(error);
    }
    Some(view)
}

fn selector(section: &Section<'_>) -> View {
    let text = |key: &'static str| section.value(key).and_then(|field| field.text());
    let mut view = View::of(text("instrument_name").unwrap_or_else(|| "*".to_owned()));
    view.kind = section.value("instrument_type").and_then(|kind| kind.word(KINDS));
    view.unit = text("unit");
    view.meter_name = text("meter_name");
    view.meter_version = text("meter_version");
    view.meter_schema_url = text("meter_schema_url");
    view
}

fn stream(section: &Section<'_>, mut view: View) -> View {
    view.name = section.value("name").and_then(|name| name.text());
    view.description = section.value("description").and_then(|description| description.text());
    view.aggregation = section.value("aggregation").and_then(|aggregation| self::aggregation(&aggregation));
    view.cardinality_limit = section.value("aggregation_cardinality_limit").and_then(|limit| limit.integer(1..=View::MAX_CARDINALITY));
    let keys = section.value("attribute_keys").and_then(|keys| {
        keys.section(|keys| {
            let patterns = |key: &'static str| keys.value(key).map(|patterns| patterns.texts());
            (patterns("included"), patterns("excluded"))
        })
    });
    let (included, excluded) = keys.unwrap_or_default();
    let view = included.into_iter().fold(view, View::attributes);
    excluded.into_iter().fold(view, View::except_attributes)
}

fn aggregation(field: &Field<'_>) -> Option<Aggregation> {
    field.section(|section| {
        let choices = ["default", "drop", "sum", "last_value", "explicit_bucket_histogram", "base2_exponential_bucket_histogram"];
        let (choice, field) = section.component(&choices)?;
        field.section(|section| match choice {
            "drop" => Aggregation::Drop,
            "sum" => Aggregation::Sum,
            "last_value" => Aggregation::LastValue,
            "explicit_bucket_histogram" => Aggregation::ExplicitBucketHistogram {
                boundaries: section.value("boundaries").map_or_else(|| BOUNDARIES.to_vec(), |bounds| boundaries(&bounds)),
                record_min_max: record_min_max(section),
            },
            "base2_exponential_bucket_histogram" => Aggregation::Base2ExponentialHistogram {
                max_size: section.value("max_size").and_then(|size| size.integer(2..=u32::MAX)).unwrap_or(160),
                max_scale: section.value("max_scale").and_then(|scale| scale.integer(-10..=20)).unwrap_or(20),
                record_min_max: record_min_max(section),
            },
            _ => Aggregation::Default,
        })
    })?
}

fn record_min_max(section: &Section<'_>) -> bool {
    section.value("record_min_max").and_then(|value| value.boolean()).unwrap_or(true)
}

fn boundaries(field: &Field<'_>) -> Vec<f64> {
    field.items().iter().filter_map(|bound| bound.any_number("a number")).collect()
}

/// Where nobody says other ones.
const BOUNDARIES: [f64; 15] = [0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0, 10000.0];
