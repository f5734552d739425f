//! Metrics of the SDK, gathered into the families of Prometheus: each name once, with one type, and each of its series once.
//!
//! The rules are those of the specification, "Prometheus and OpenMetrics Compatibility", "OTLP Metric points to Prometheus":
//! <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus>.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::time::SystemTime;

use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, ExponentialBucket, Metric, MetricData, ResourceMetrics, ScopeMetrics};

use super::buckets::{self, Bucket, Side};
use super::names::{self, Kind, Name};
use super::numbers::Number;

/// All families, by name, and what was left out of them.
#[derive(Debug, Default)]
pub(super) struct Families {
    by_name: BTreeMap<String, Family>,
    /// The family that a name of samples belongs to.
    taken: HashMap<String, String>,
    /// In words, to be said.
    pub(super) problems: Vec<String>,
}

/// What has one name, one type, one unit and one description.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) kind: Kind,
    pub(super) unit: Option<String>,
    pub(super) help: String,
    /// By their labels, as they are written between braces.
    pub(super) points: BTreeMap<String, Point>,
}

#[derive(Debug)]
pub(super) enum Point {
    Gauge(String),
    Counter { total: String, created: SystemTime },
    Histogram { buckets: Vec<Bucket>, count: u64, sum: Option<String>, created: SystemTime },
}

impl Families {
    pub(super) fn gather(metrics: &ResourceMetrics) -> Self {
        let mut families = Self::default();
        families.add_target(metrics.resource());
        let mut all: Vec<(&ScopeMetrics, &Metric)> =
            metrics.scope_metrics().flat_map(|scope| scope.metrics().map(move |metric| (scope, metric))).collect();
        // Of two that cannot stand beside each other, it is always the same one that stays.
        all.sort_by_key(|(scope, metric)| (scope.scope().name(), scope.scope().version(), metric.name()));
        for (scope, metric) in all {
            let labels = scope_labels(scope.scope());
            match metric.data() {
                AggregatedMetrics::F64(data) => families.add(metric, data, &labels),
                AggregatedMetrics::U64(data) => families.add(metric, data, &labels),
                AggregatedMetrics::I64(data) => families.add(metric, data, &labels),
            }
        }
        families
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Family)> {
        self.by_name.iter()
    }

    /// `target_info`: the resource, once, and not in every series.
    fn add_target(&mut self, resource: &Resource) {
        let labels = labels(resource.iter().map(|(key, value)| (key.to_string(), text(value))).collect());
        if labels.is_empty() {
            return;
        }
        let name = Name { family: "target".to_owned(), unit: None };
        if let Some(family) = self.family(name, Kind::Info, "", "Target metadata") {
            family.points.insert(labels, Point::Gauge("1".to_owned()));
        }
    }

    fn add<T: Number>(&mut self, metric: &Metric, data: &MetricData<T>, scope: &[(String, String)]) {
        let Some((kind, points)) = points(data) else {
            return self.problem(metric.name(), "its values are differences to those before, which cannot be scraped");
        };
        let name = names::metric(metric.name(), metric.unit(), kind);
        let Some(family) = self.family(name, kind, metric.name(), metric.description()) else { return };
        let mut problem = None;
        for (attributes, point) in points {
            let Some(point) = point else {
                problem = Some("a counter cannot have a value that is negative or no number");
                continue;
            };
            let mut pairs = scope.to_vec();
            // A bucket has a label of that name already.
            let key = |key: &str| if kind == Kind::Histogram && key == "le" { "exported_le".to_owned() } else { key.to_owned() };
            pairs.extend(attributes.into_iter().map(|attribute| (key(attribute.key.as_str()), text(&attribute.value))));
            let labels = labels(pairs);
            match family.points.entry(labels) {
                Entry::Vacant(free) => {
                    free.insert(point);
                }
                Entry::Occupied(_) => problem = Some("another metric has the same name, scope and labels there"),
            }
        }
        if let Some(problem) = problem {
            self.problem(metric.name(), problem);
        }
    }

    /// The family of this name; `None` if it cannot be one, because another has its name for something else.
    fn family(&mut self, name: Name, kind: Kind, metric: &str, help: &str) -> Option<&mut Family> {
        let Name { family: name, unit } = name;
        let rival = match self.by_name.get(&name) {
            Some(family) if is_same_type(family.kind, kind) => None,
            Some(_) => Some(name.clone()),
            None => sample_names(&name, kind).find_map(|sample| self.taken.get(&sample).cloned()),
        };
        if let Some(rival) = rival {
            self.problem(metric, format_args!("it would be called `{name}` there, beside `{rival}`, which is of another type"));
            return None;
        }
        for sample in sample_names(&name, kind) {
            self.taken.entry(sample).or_insert_with(|| name.clone());
        }
        let family = self.by_name.entry(name).or_insert_with(|| Family { kind, unit: None, help: String::new(), points: BTreeMap::new() });
        family.unit = family.unit.take().or(unit);
        if family.help.is_empty() {
            help.clone_into(&mut family.help);
        } else if !help.is_empty() && family.help != help {
            let other = &family.help;
            self.problems
                .push(format!("the metric `{metric}` is described as {help:?} and as {other:?}; only the latter is shown to Prometheus"));
        }
        Some(family)
    }

    fn problem(&mut self, metric: &str, problem: impl std::fmt::Display) {
        self.problems.push(format!("the metric `{metric}`, or some of it, is not shown to Prometheus: {problem}"));
    }
}

fn is_same_type(one: Kind, other: Kind) -> bool {
    let level = |kind| matches!(kind, Kind::Gauge | Kind::UpDown);
    one == other || level(one) && level(other)
}

/// The names that a family takes for its samples and for itself, in any of the formats: what is shown does not depend on who asks.
fn sample_names(family: &str, kind: Kind) -> impl Iterator<Item = String> {
    let suffixes: &[&str] = match kind {
        Kind::Counter => &["", "_total", "_created"],
        Kind::Gauge | Kind::UpDown => &[""],
        Kind::Histogram => &["", "_bucket", "_count", "_sum", "_created"],
        Kind::Info => &["", "_info"],
    };
    suffixes.iter().map(move |suffix| format!("{family}{suffix}"))
}

/// The attributes of a point, and the point unless it cannot be shown.
type Attributed<'a> = (Vec<&'a KeyValue>, Option<Point>);

/// `None` if values are differences. The reader never asks for those.
fn points<T: Number>(data: &MetricData<T>) -> Option<(Kind, Vec<Attributed<'_>>)> {
    Some(match data {
        MetricData::Gauge(gauge) => {
            let points = gauge.data_points().map(|point| (point.attributes().collect(), Some(Point::Gauge(point.value().text()))));
            (Kind::Gauge, points.collect())
        }
        MetricData::Sum(sum) if sum.temporality() != Temporality::Cumulative => return None,
        MetricData::Sum(sum) if sum.is_monotonic() => {
            let created = sum.start_time();
            let counter = |value: T| (!value.is_below_zero_or_nan()).then(|| Point::Counter { total: value.text(), created });
            (Kind::Counter, sum.data_points().map(|point| (point.attributes().collect(), counter(point.value()))).collect())
        }
        MetricData::Sum(sum) => {
            let points = sum.data_points().map(|point| (point.attributes().collect(), Some(Point::Gauge(point.value().text()))));
            (Kind::UpDown, points.collect())
        }
        MetricData::Histogram(histogram) if histogram.temporality() != Temporality::Cumulative => return None,
        MetricData::Histogram(histogram) => {
            let points = histogram.data_points().map(|point| {
                let buckets = buckets::explicit(point.bounds(), point.bucket_counts());
                let shape = Shape { buckets, count: point.count(), sum: point.sum(), min: point.min() };
                (point.attributes().collect(), Some(shape.point(histogram.start_time())))
            });
            (Kind::Histogram, points.collect())
        }
        MetricData::ExponentialHistogram(histogram) if histogram.temporality() != Temporality::Cumulative => return None,
        MetricData::ExponentialHistogram(histogram) => {
            let points = histogram.data_points().map(|point| {
                let zero = (point.zero_threshold(), point.zero_count());
                let buckets = buckets::exponential(point.scale(), side(point.negative_bucket()), zero, side(point.positive_bucket()));
                let shape = Shape { buckets, count: point.count() as u64, sum: point.sum(), min: point.min() };
                (point.attributes().collect(), Some(shape.point(histogram.start_time())))
            });
            (Kind::Histogram, points.collect())
        }
    })
}

fn side(bucket: &ExponentialBucket) -> Side {
    Side { offset: bucket.offset(), counts: bucket.counts().collect() }
}

/// A histogram of either kind.
struct Shape<T> {
    buckets: Vec<Bucket>,
    count: u64,
    sum: T,
    min: Option<T>,
}

impl<T: Number> Shape<T> {
    /// A sum that may fall is none that a rate can be made of, so it is left out.
    fn point(self, created: SystemTime) -> Point {
        let falls = self.min.is_some_and(Number::is_below_zero_or_nan) || self.buckets.first().is_some_and(|(bound, _)| *bound < 0.0);
        let sum = (!falls && !self.sum.is_below_zero_or_nan()).then(|| self.sum.text());
        Point::Histogram { buckets: self.buckets, count: self.count, sum, created }
    }
}

const SCOPE_NAME: &str = "otel_scope_name";
const SCOPE_VERSION: &str = "otel_scope_version";
const SCOPE_SCHEMA_URL: &str = "otel_scope_schema_url";

/// What every series of a scope says of it. An attribute of the scope has to give way to what is said anyway.
fn scope_labels(scope: &InstrumentationScope) -> Vec<(String, String)> {
    let said = [(SCOPE_NAME, Some(scope.name())), (SCOPE_VERSION, scope.version()), (SCOPE_SCHEMA_URL, scope.schema_url())];
    let attributes = scope.attributes().map(|attribute| (format!("otel_scope_{}", attribute.key), text(&attribute.value)));
    let attributes = attributes.filter(|(key, _)| ![SCOPE_NAME, SCOPE_VERSION, SCOPE_SCHEMA_URL].contains(&names::label(key).as_str()));
    // An empty label is none to Prometheus.
    let said = said.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.filter(|value| !value.is_empty())?.to_owned())));
    said.chain(attributes).collect()
}

/// `code_function_name="f",http_route="/"`. Where several keys become the same label, their values stand together, in the order of the keys.
fn labels(mut pairs: Vec<(String, String)>) -> String {
    pairs.sort();
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in pairs {
        labels
            .entry(names::label(&key))
            .and_modify(|values| {
                values.push(';');
                values.push_str(&value);
            })
            .or_insert(value);
    }
    let mut written = String::new();
    for (name, value) in labels {
        let comma = if written.is_empty() { "" } else { "," };
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        // Writing to a string cannot fail.
        let _ = write!(written, "{comma}{name}=\"{value}\"");
    }
    written
}

/// The value of an attribute as text (OpenTelemetry specification, "`AnyValue` representation for non-OTLP protocols").
fn text(value: &Value) -> String {
    match value {
        Value::F64(number) if number.is_infinite() => if *number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn labels_are_sorted_and_escaped_and_those_of_one_name_stand_together() {
        assert_eq!(
            labels(pairs(&[("b", "2"), ("a.b", "second"), ("a_b", "third"), ("a-b", "first")])),
            r#"a_b="first;second;third",b="2""#
        );
        assert_eq!(labels(pairs(&[("quote", "\"\\\n")])), r#"quote="\"\\\n""#);
        assert_eq!(labels(pairs(&[("otel.scope.name", "mine"), ("otel_scope_name", "shop")])), r#"otel_scope_name="mine;shop""#);
        assert_eq!(labels(Vec::new()), "");
    }

    #[test]
    fn a_scope_is_in_its_labels() {
        let scope = InstrumentationScope::builder("shop")
            .with_version("1.2")
            .with_schema_url("https://opentelemetry.io/schemas/1.42.0")
            .with_attributes([KeyValue::new("mascot", "bear"), KeyValue::new("name", "other"), KeyValue::new("schema.url", "other")])
            .build();
        let expected = r#"otel_scope_mascot="bear",otel_scope_name="shop",otel_scope_schema_url="https://opentelemetry.io/schemas/1.42.0",otel_scope_version="1.2""#;
        assert_eq!(labels(scope_labels(&scope)), expected);
        assert!(scope_labels(&InstrumentationScope::default()).is_empty());
    }

    #[test]
    fn values_of_attributes_are_written_as_the_specification_says() {
        assert_eq!(text(&Value::F64(f64::INFINITY)), "Infinity");
        assert_eq!(text(&Value::F64(f64::NEG_INFINITY)), "-Infinity");
        assert_eq!(text(&Value::F64(f64::NAN)), "NaN");
        assert_eq!(text(&Value::Bool(true)), "true");
        assert_eq!(text(&Value::from(1.5)), "1.5");
    }
}
