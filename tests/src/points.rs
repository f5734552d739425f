//! The points of metrics that arrived, flat: one for each set of attributes.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point};

use crate::receiver::Received;

/// A point of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub scope: String,
    pub metric: String,
    pub unit: String,
    pub description: String,
    pub kind: Kind,
    pub attributes: BTreeMap<String, String>,
    /// The sum or the last value; of a histogram, how many were measured.
    pub value: f64,
    /// Of a histogram: what was measured.
    pub histogram: Histogram,
}

/// What kind of instrument can have made a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    UpDownCounter,
    Gauge,
    Histogram,
    ExponentialHistogram,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    pub sum: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub bounds: Vec<f64>,
    pub counts: Vec<u64>,
    pub scale: i32,
}

impl Point {
    /// The attributes, as `key=value key=value`.
    #[must_use]
    pub fn labels(&self) -> String {
        let labels: Vec<_> = self.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        labels.join(" ")
    }
}

/// All points of metrics, in order.
#[must_use]
pub fn points(metrics: &[Received<Metric>]) -> Vec<Point> {
    metrics.iter().flat_map(of).collect()
}

fn of(received: &Received<Metric>) -> Vec<Point> {
    let metric = &received.data;
    let point = |kind, attributes: &[KeyValue], value, histogram| Point {
        scope: received.scope.name.clone(),
        metric: metric.name.clone(),
        unit: metric.unit.clone(),
        description: metric.description.clone(),
        kind,
        attributes: attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect(),
        value,
        histogram,
    };
    match metric.data.as_ref().expect("a metric has data") {
        Data::Sum(sum) => {
            let kind = if sum.is_monotonic { Kind::Counter } else { Kind::UpDownCounter };
            sum.data_points.iter().map(|data| point(kind, &data.attributes, number(data.value.as_ref()), Histogram::default())).collect()
        }
        Data::Gauge(gauge) => {
            let of = |data: &opentelemetry_proto::tonic::metrics::v1::NumberDataPoint| {
                point(Kind::Gauge, &data.attributes, number(data.value.as_ref()), Histogram::default())
            };
            gauge.data_points.iter().map(of).collect()
        }
        Data::Histogram(histogram) => histogram
            .data_points
            .iter()
            .map(|data| {
                let (bounds, counts) = (data.explicit_bounds.clone(), data.bucket_counts.clone());
                let measured = Histogram { sum: data.sum, min: data.min, max: data.max, bounds, counts, scale: 0 };
                point(Kind::Histogram, &data.attributes, float(data.count), measured)
            })
            .collect(),
        Data::ExponentialHistogram(histogram) => histogram
            .data_points
            .iter()
            .map(|data| {
                let counts = data.positive.as_ref().map(|buckets| buckets.bucket_counts.clone()).unwrap_or_default();
                let measured = Histogram { sum: data.sum, min: data.min, max: data.max, bounds: Vec::new(), counts, scale: data.scale };
                point(Kind::ExponentialHistogram, &data.attributes, float(data.count), measured)
            })
            .collect(),
        Data::Summary(_) => panic!("nothing makes summaries"),
    }
}

fn number(value: Option<&number_data_point::Value>) -> f64 {
    match value.expect("a point has a value") {
        number_data_point::Value::AsDouble(value) => *value,
        number_data_point::Value::AsInt(value) => float(u64::try_from(*value).unwrap_or_else(|_| panic!("{value} is below 0"))),
    }
}

/// What is measured here is far below the limit of what a float can tell.
#[allow(clippy::cast_precision_loss, reason = "checked")]
fn float(value: u64) -> f64 {
    assert!(value < 1 << 52, "{value}");
    value as f64
}

fn text(attribute: &KeyValue) -> String {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        other => panic!("{}: {other:?}", attribute.key),
    }
}
