//! What a capture keeps of metrics: a point for each time series.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData, ResourceMetrics, ScopeMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

/// Keeps the last value of every time series.
#[derive(Clone, Debug, Default)]
pub(super) struct Collected(Arc<Mutex<Vec<Point>>>);

impl Collected {
    pub(super) fn last(&self) -> Vec<Point> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl PushMetricExporter for Collected {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let metrics = metrics.scope_metrics().flat_map(ScopeMetrics::metrics);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = metrics.flat_map(points).collect();
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

fn points(metric: &Metric) -> Vec<Point> {
    match metric.data() {
        AggregatedMetrics::F64(data) => points_of(metric, data, |value| *value),
        #[allow(clippy::cast_precision_loss, reason = "a test counts far less than 2^53")]
        AggregatedMetrics::U64(data) => points_of(metric, data, |value| *value as f64),
        #[allow(clippy::cast_precision_loss, reason = "a test counts far less than 2^53")]
        AggregatedMetrics::I64(data) => points_of(metric, data, |value| *value as f64),
    }
}

fn points_of<T: Copy>(metric: &Metric, data: &MetricData<T>, number: impl Fn(&T) -> f64) -> Vec<Point> {
    let point = |attributes: Vec<KeyValue>, value| Point {
        metric: metric.name().to_owned(),
        unit: metric.unit().to_owned(),
        description: metric.description().to_owned(),
        attributes,
        value,
    };
    match data {
        MetricData::Sum(sum) => {
            sum.data_points().map(|data| point(data.attributes().cloned().collect(), PointValue::Sum(number(&data.value())))).collect()
        }
        MetricData::Gauge(gauge) => {
            gauge.data_points().map(|data| point(data.attributes().cloned().collect(), PointValue::Gauge(number(&data.value())))).collect()
        }
        MetricData::Histogram(histogram) => {
            let points = histogram.data_points().map(|data| {
                let value = PointValue::Histogram { count: data.count(), sum: number(&data.sum()), bounds: data.bounds().collect() };
                point(data.attributes().cloned().collect(), value)
            });
            points.collect()
        }
        MetricData::ExponentialHistogram(histogram) => {
            let points = histogram.data_points().map(|data| {
                let count = u64::try_from(data.count()).unwrap_or(u64::MAX);
                let value = PointValue::Histogram { count, sum: number(&data.sum()), bounds: Vec::new() };
                point(data.attributes().cloned().collect(), value)
            });
            points.collect()
        }
    }
}

/// The value of one time series, as a test looks at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The name of the metric.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Its description.
    pub description: String,
    /// The attributes of the time series, sorted by key.
    pub attributes: Vec<KeyValue>,
    /// The value at the end of the capture.
    pub value: PointValue,
}

/// What an instrument measured.
#[derive(Clone, Debug, PartialEq)]
pub enum PointValue {
    /// The sum of a counter or an up-down counter.
    Sum(f64),
    /// The last value of a gauge.
    Gauge(f64),
    /// The measurements of a histogram.
    Histogram {
        /// How many there were.
        count: u64,
        /// Their sum.
        sum: f64,
        /// The upper bounds of the buckets; none where the histogram chose them itself.
        bounds: Vec<f64>,
    },
}

impl Point {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes.iter().find(|attribute| attribute.key.as_str() == key).map(|attribute| &attribute.value)
    }
}

/// `shop.orders{a=1,b=x} 3`; of a histogram only how many measurements there were, because durations vary.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes: Vec<String> = self.attributes.iter().map(|KeyValue { key, value, .. }| format!("{key}={value}")).collect();
        write!(f, "{}{{{}}} ", self.metric, attributes.join(","))?;
        match &self.value {
            PointValue::Sum(value) | PointValue::Gauge(value) => write!(f, "{value}"),
            PointValue::Histogram { count, .. } => write!(f, "{count}"),
        }
    }
}
