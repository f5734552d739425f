//! [`Captured`]: what a test recorded, to be looked at.

use std::fmt::{self, Write};
use std::time::SystemTime;

use opentelemetry::trace::SpanId;
use opentelemetry::{KeyValue, Value};

use super::logs::Log;
use super::points::{Point, PointValue};
use super::spans::{self, Span};

/// What a test recorded: spans, in the order in which they ended, metrics and log records. Its `Display` shows all of it, and so do the panics of its
/// methods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Captured {
    /// Those that are open come last.
    pub(super) spans: Vec<Span>,
    pub(super) points: Vec<Point>,
    pub(super) logs: Vec<Log>,
    pub(super) resource: Vec<KeyValue>,
}

impl FromIterator<Span> for Captured {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Self {
        Self { spans: spans.into_iter().collect(), ..Self::default() }
    }
}

/// Spans.
impl Captured {
    /// All spans that have ended.
    #[must_use]
    pub fn all(&self) -> &[Span] {
        &self.spans[..self.spans.len() - self.open().len()]
    }

    /// Those that had not ended, in the order of their start: of tasks that run on, of a future or a guard that is still held.
    #[must_use]
    pub fn open(&self) -> &[Span] {
        let ended = self.spans.iter().take_while(|span| !span.open).count();
        &self.spans[ended..]
    }

    /// Those with a name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Span> {
        self.spans.iter().filter(move |span| span.name == name)
    }

    /// The only one with a name.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one; the message shows everything that was captured.
    #[must_use]
    #[track_caller]
    pub fn one(&self, name: &str) -> &Span {
        self.only(&self.spans, |span| span.name == name, format_args!("span named `{name}`"))
    }

    /// The children of a span, in the order of their start.
    pub fn children<'a>(&'a self, of: &'a Span) -> impl Iterator<Item = &'a Span> {
        self.sorted(by_start, |span| span.is_child_of(of)).into_iter()
    }

    /// The spans as indented text, a line each, children under their parent in the order in which they started. A span whose parent is not
    /// among them stands as a root. There are no ids in it, no times and no places in the code, so it is the same for every run that does the same.
    #[must_use]
    pub fn tree(&self) -> String {
        self.tree_by(by_start)
    }

    /// The same with siblings in the order of their lines: for what runs side by side, and starts in an order that nobody knows.
    ///
    /// ```
    /// use otel_runtime::context::FutureExt;
    /// use otel_runtime::testing::capture_async;
    ///
    /// #[otel_runtime::traced(fields(id))]
    /// async fn fetch(id: u32) {}
    ///
    /// # #[tokio::main(flavor = "multi_thread", worker_threads = 2)] async fn main() {
    /// let ((), captured) = capture_async(async {
    ///     let both = [2, 1].map(|id| tokio::spawn(fetch(id).with_current_context()));
    ///     for task in both {
    ///         task.await.unwrap();
    ///     }
    /// })
    /// .await;
    /// assert_eq!(captured.sorted_tree(), "fetch id=1\nfetch id=2\n");
    /// # }
    /// ```
    #[must_use]
    pub fn sorted_tree(&self) -> String {
        self.tree_by(by_line)
    }

    fn tree_by(&self, order: Order) -> String {
        let is_here = |id: SpanId| id != SpanId::INVALID && self.spans.iter().any(|span| span.span_id == id);
        let mut text = String::new();
        // From the last to the first, so that the first is taken first.
        let roots = self.sorted(order, |span| !is_here(span.parent_span_id));
        let mut open: Vec<(usize, &Span)> = roots.into_iter().rev().map(|root| (0, root)).collect();
        while let Some((depth, span)) = open.pop() {
            let _ = writeln!(text, "{:indent$}{span}", "", indent = 2 * depth);
            let children = self.sorted(order, |child| child.parent_span_id == span.span_id);
            open.extend(children.into_iter().rev().map(|child| (depth + 1, child)));
        }
        text
    }

    fn sorted(&self, order: Order, wanted: impl Fn(&Span) -> bool) -> Vec<&Span> {
        let mut spans: Vec<&Span> = self.spans.iter().filter(|span| wanted(span)).collect();
        spans.sort_by_cached_key(|span| order(span));
        spans
    }
}

/// What spans are sorted by. Where times are equal, as they are where the clock is coarse, lines decide.
type Order = fn(&Span) -> (Option<SystemTime>, String);

fn by_start(span: &Span) -> (Option<SystemTime>, String) {
    (Some(span.start_time), span.to_string())
}

fn by_line(span: &Span) -> (Option<SystemTime>, String) {
    (None, span.to_string())
}

/// Log records.
impl Captured {
    /// All log records, in the order in which they were emitted.
    #[must_use]
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The only one with this body, or with this name.
    ///
    /// ```
    /// use otel_runtime::testing::Capture;
    ///
    /// #[otel_runtime::traced(exceptions = logs)]
    /// fn charge() -> Result<(), String> {
    ///     Err("the card was declined".to_owned())
    /// }
    ///
    /// let (_, captured) = Capture::builder().capture(charge);
    /// assert!(captured.log("exception").is_of(captured.one("charge")));
    /// ```
    ///
    /// # Panics
    ///
    /// If there is none, or more than one; the message shows everything that was captured.
    #[must_use]
    #[track_caller]
    pub fn log(&self, text: &str) -> &Log {
        self.only(&self.logs, |log| log.body == text || log.name == text, format_args!("log record `{text}`"))
    }

    /// Those that belong to a span.
    pub fn logs_of<'a>(&'a self, span: &'a Span) -> impl Iterator<Item = &'a Log> {
        self.logs.iter().filter(move |log| log.is_of(span))
    }

    /// The log records as text, a line each, in their order.
    #[must_use]
    pub fn log_lines(&self) -> String {
        let mut text = String::new();
        self.logs.iter().try_for_each(|log| writeln!(text, "{log}")).unwrap_or_default();
        text
    }
}

/// Metrics.
impl Captured {
    /// The time series of a metric.
    pub fn points<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = &'a Point> {
        self.points.iter().filter(move |point| point.metric == metric)
    }

    /// The only time series of a metric that has these attributes, among others. Values are compared as text.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one; the message shows everything that was captured.
    #[must_use]
    #[track_caller]
    pub fn point(&self, metric: &str, attributes: &[(&str, &str)]) -> &Point {
        let what = format_args!("time series of `{metric}` with {attributes:?}");
        self.only(&self.points, |point| matches(point, metric, attributes), what)
    }

    /// How much was counted with these attributes, and whichever others: what a counter has counted, or how many measurements a histogram has; 0, if
    /// there is no such time series.
    ///
    /// ```
    /// use otel_runtime::testing::capture;
    ///
    /// #[otel_runtime::counted("shop.orders")]
    /// fn place_order(id: u32) -> Result<(), String> {
    ///     if id == 0 { Err("no such order".to_owned()) } else { Ok(()) }
    /// }
    ///
    /// let (_, captured) = capture(|| (place_order(0), place_order(1), place_order(2)));
    /// assert_eq!(captured.count("shop.orders", &[("function.outcome", "ok")]), 2);
    /// assert_eq!(captured.count("shop.orders", &[]), 3);
    /// ```
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test counts far less than 2^53, and up")]
    pub fn count(&self, metric: &str, attributes: &[(&str, &str)]) -> u64 {
        let of_point = |point: &Point| match point.value {
            PointValue::Sum(value) | PointValue::Gauge(value) => value as u64,
            PointValue::Histogram { count, .. } => count,
        };
        self.points.iter().filter(|point| matches(point, metric, attributes)).map(of_point).sum()
    }

    /// The sum of what was measured with these attributes, and whichever others: of a histogram, in its unit, of a counter or of a gauge.
    #[must_use]
    pub fn sum(&self, metric: &str, attributes: &[(&str, &str)]) -> f64 {
        let of_point = |point: &Point| match point.value {
            PointValue::Sum(value) | PointValue::Gauge(value) => value,
            PointValue::Histogram { sum, .. } => sum,
        };
        self.points.iter().filter(|point| matches(point, metric, attributes)).map(of_point).sum()
    }

    /// The time series as text, a line each, sorted.
    ///
    /// ```
    /// use otel_runtime::counted;
    /// use otel_runtime::testing::capture;
    ///
    /// #[counted("shop.orders")]
    /// fn place_order() {}
    ///
    /// let ((), captured) = capture(place_order);
    /// assert!(captured.metrics().starts_with("shop.orders{code.function.name="));
    /// assert!(captured.metrics().ends_with(",function.outcome=ok} 1\n"));
    /// ```
    #[must_use]
    pub fn metrics(&self) -> String {
        let mut lines: Vec<String> = self.points.iter().map(|point| format!("{point}\n")).collect();
        lines.sort();
        lines.concat()
    }
}

impl Captured {
    /// An attribute of the resource.
    #[must_use]
    pub fn resource_attribute(&self, key: &str) -> Option<&Value> {
        spans::value(&self.resource, key)
    }

    #[track_caller]
    fn only<'a, T>(&self, items: &'a [T], wanted: impl Fn(&T) -> bool, what: fmt::Arguments<'_>) -> &'a T {
        let mut found = items.iter().filter(|item| wanted(item));
        match (found.next(), found.next()) {
            (Some(item), None) => item,
            (None, _) => panic!("there is no {what} in the capture:\n{self}"),
            (Some(_), Some(_)) => panic!("there is more than one {what} in the capture:\n{self}"),
        }
    }
}

fn matches(point: &Point, metric: &str, attributes: &[(&str, &str)]) -> bool {
    let has = |(key, value): &(&str, &str)| point.attribute(key).is_some_and(|found| found.as_str() == *value);
    point.metric == metric && attributes.iter().all(has)
}

impl fmt::Display for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("spans", self.tree()), ("log records", self.log_lines()), ("metrics", self.metrics())];
        for (name, text) in parts {
            if text.is_empty() {
                writeln!(f, "{name}: none")?;
                continue;
            }
            writeln!(f, "{name}:")?;
            text.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        Ok(())
    }
}
