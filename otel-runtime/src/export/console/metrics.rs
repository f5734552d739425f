//! Metrics: one line per data point.

mod spark;

#[cfg(test)]
mod tests;

use std::fmt::{Debug, Write};
use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use super::Console;
use super::style::{Paint, Style};
use super::text::{attributes, columns, escape};
use crate::own::{Account, counted};

/// The columns up to which values are aligned; the few lines whose labels are
/// longer must not push all others aside.
const ALIGNED: usize = 60;

/// Prints what a meter provider's reader collects.
#[derive(Debug)]
pub(crate) struct ConsoleMetrics {
    console: Console,
    account: Option<Arc<Account>>,
}

impl ConsoleMetrics {
    pub(super) fn new(console: Console) -> Self {
        Self { console, account: None }
    }

    /// The same, whose points are counted.
    pub(crate) fn counted(self, account: Option<Arc<Account>>) -> Self {
        Self { account, ..self }
    }
}

impl PushMetricExporter for ConsoleMetrics {
    fn export(&self, metrics: &ResourceMetrics) -> impl Future<Output = OTelSdkResult> + Send {
        let text = render(metrics, self.console.style());
        if !text.is_empty() {
            counted(self.account.as_ref(), || super::super::points::count(metrics), || self.console.print(&text));
        }
        ready(Ok(()))
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        // Totals are what a person can read without having seen the line before.
        Temporality::Cumulative
    }
}

/// One data point, as text.
struct Point {
    name: String,
    attributes: String,
    value: String,
}

impl Point {
    fn label_columns(&self) -> usize {
        let gap = if self.attributes.is_empty() { 0 } else { 2 };
        columns(&self.name) + gap + columns(&self.attributes)
    }

    fn line(&self, aligned: usize, style: Style) -> String {
        let gap = if self.attributes.is_empty() { "" } else { "  " };
        let padding = aligned.saturating_sub(self.label_columns());
        format!(
            "{}{gap}{}{:padding$}  {}\n",
            style.paint(Paint::Bold, &self.name),
            style.paint(Paint::Dim, &self.attributes),
            "",
            self.value,
        )
    }
}

/// The lines of all data points, or nothing if there are none.
fn render(metrics: &ResourceMetrics, style: Style) -> String {
    let metrics = metrics.scope_metrics().flat_map(ScopeMetrics::metrics);
    let points: Vec<_> = metrics.flat_map(points).collect();
    let widths = points.iter().map(Point::label_columns);
    let aligned = widths.filter(|width| *width <= ALIGNED).max().unwrap_or(0);
    points.iter().map(|p| p.line(aligned, style)).collect()
}

fn points(metric: &Metric) -> Vec<Point> {
    match metric.data() {
        AggregatedMetrics::F64(data) => points_of(metric, data),
        AggregatedMetrics::U64(data) => points_of(metric, data),
        AggregatedMetrics::I64(data) => points_of(metric, data),
    }
}

fn points_of<T: Copy + Debug>(metric: &Metric, data: &MetricData<T>) -> Vec<Point> {
    let name = match metric.unit() {
        "" => escape(metric.name()),
        unit => format!("{} ({})", escape(metric.name()), escape(unit)),
    };
    let point = |shown: String, value| Point { name: name.clone(), attributes: shown, value };
    match data {
        MetricData::Gauge(gauge) => gauge.data_points().map(|p| point(attributes(p.attributes()), number(p.value()))).collect(),
        MetricData::Sum(sum) => sum.data_points().map(|p| point(attributes(p.attributes()), number(p.value()))).collect(),
        MetricData::Histogram(histogram) => {
            histogram.data_points().map(|p| point(attributes(p.attributes()), histogram_value(p))).collect()
        }
        MetricData::ExponentialHistogram(histogram) => {
            histogram.data_points().map(|p| point(attributes(p.attributes()), exponential_value(p))).collect()
        }
    }
}

/// Like `Display` for integers; floats are told from integers by their point,
/// and have an exponent rather than hundreds of zeros.
fn number<T: Debug>(number: T) -> String {
    format!("{number:?}")
}

fn histogram_value<T: Copy + Debug>(point: &HistogramDataPoint<T>) -> String {
    let buckets: Vec<_> = point.bucket_counts().collect();
    distribution(point.count(), point.sum(), point.min(), point.max(), &buckets)
}

fn exponential_value<T: Copy + Debug>(point: &ExponentialHistogramDataPoint<T>) -> String {
    // Negative buckets count away from zero, a line of numbers towards it.
    let mut buckets: Vec<_> = point.negative_bucket().counts().collect();
    buckets.reverse();
    buckets.push(point.zero_count());
    buckets.extend(point.positive_bucket().counts());
    distribution(point.count(), point.sum(), point.min(), point.max(), &buckets)
}

fn distribution<T: Debug>(count: impl Debug, sum: T, min: Option<T>, max: Option<T>, buckets: &[u64]) -> String {
    let mut text = format!("count={} sum={}", number(count), number(sum));
    for (key, value) in [("min", min), ("max", max)] {
        if let Some(value) = value {
            let _ = write!(text, " {key}={}", number(value));
        }
    }
    let line = spark::line(buckets);
    if !line.is_empty() {
        text.push(' ');
        text.push_str(&line);
    }
    text
}
