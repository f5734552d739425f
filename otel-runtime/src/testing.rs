//! Captures what a test records (feature `testing`).
//!
//! ```
//! use otel_runtime::testing::capture;
//! use otel_runtime::traced;
//!
//! #[traced(fields(order.items = items))]
//! fn place_order(items: u32) -> Result<(), String> {
//!     reserve();
//!     Err("no stock".to_owned())
//! }
//!
//! #[traced]
//! fn reserve() {}
//!
//! let (_, spans) = capture(|| place_order(3));
//! assert_eq!(spans.tree(), "\
//! place_order order.items=3 error=alloc::string::String \"no stock\"
//!   reserve
//! ");
//! ```
//!
//! A capture belongs to what runs under it: tests that capture can run in parallel, and do not see each other's spans. What runs on
//! another task or thread belongs to it if it is given the context ([`crate::context`]).

mod points;
#[cfg(feature = "inventory")]
mod unique;

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, Span as SdkSpan, SpanData, SpanLimits, SpanProcessor};

use self::points::Collected;
pub use self::points::{Point, PointValue};
#[cfg(feature = "inventory")]
pub use self::unique::assert_unique_span_names;
use crate::context::FutureExt;
use crate::diagnostics::Diagnostics;
use crate::metering::Meters;
use crate::panics;
use crate::pipeline::{Pipeline, Settings, Tracing};
use crate::sampling::Sampling;

/// Runs `run`, and returns what it returns with what was recorded meanwhile.
pub fn capture<T>(run: impl FnOnce() -> T) -> (T, Captured) {
    let capture = Capture::start();
    let attached = capture.context().attach();
    let returned = run();
    drop(attached);
    (returned, capture.finish())
}

/// Runs `future`, and returns what it gives with what was recorded meanwhile.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// #[otel_runtime::traced]
/// async fn fetch() -> u32 { 7 }
///
/// let (fetched, spans) = otel_runtime::testing::capture_async(fetch()).await;
/// assert_eq!(fetched, 7);
/// assert_eq!(spans.tree(), "fetch\n");
/// # }
/// ```
pub async fn capture_async<F: Future>(future: F) -> (F::Output, Captured) {
    let capture = Capture::start();
    let returned = future.with_context(capture.context()).await;
    (returned, capture.finish())
}

struct Capture {
    pipeline: Arc<Pipeline>,
    ended: Ended,
    meter: SdkMeterProvider,
    collected: Collected,
}

impl Capture {
    fn start() -> Self {
        panics::remember_messages();
        let ended = Ended::default();
        let resource = Resource::builder_empty().build();
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOn)
            .with_span_limits(SpanLimits::default())
            .with_resource(resource.clone())
            .with_span_processor(ended.clone())
            .build();
        let tracing = Tracing { provider, sampling: Sampling::default(), started: None };
        let collected = Collected::default();
        // Nothing is collected before the end.
        let reader = PeriodicReader::builder(collected.clone()).with_interval(Duration::from_secs(24 * 60 * 60)).build();
        let meter = SdkMeterProvider::builder().with_resource(resource).with_reader(reader).build();
        Self {
            pipeline: Pipeline::local(
                Some(tracing),
                Some(Meters::new(meter.clone(), Arc::default(), Diagnostics::stderr())),
                Settings::default(),
                Diagnostics::stderr(),
            ),
            ended,
            meter,
            collected,
        }
    }

    fn context(&self) -> Context {
        self.pipeline.context(&Context::current())
    }

    fn finish(self) -> Captured {
        self.pipeline.close();
        // Collects, and ends the thread that the reader has. It cannot fail: nothing is sent anywhere.
        let _ = self.meter.shutdown();
        let spans = self.ended.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Span::from).collect();
        Captured { spans, points: self.collected.take() }
    }
}

/// Keeps every span that ends.
#[derive(Clone, Debug, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Ended {
    fn on_start(&self, _: &mut SdkSpan, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// One span, as a test looks at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The name.
    pub name: String,
    /// The name of its instrumentation scope.
    pub scope: String,
    /// The kind.
    pub kind: SpanKind,
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its id.
    pub span_id: SpanId,
    /// The id of its parent; all zero for a root.
    pub parent_span_id: SpanId,
    /// When it started; children are shown in this order.
    pub start_time: SystemTime,
    /// The attributes, in the order in which they were set.
    pub attributes: Vec<KeyValue>,
    /// The names of its events, with their attributes.
    pub events: Vec<(String, Vec<KeyValue>)>,
    /// The contexts of the spans that it links to.
    pub links: Vec<(TraceId, SpanId)>,
    /// The status.
    pub status: Status,
}

impl From<&SpanData> for Span {
    fn from(span: &SpanData) -> Self {
        Self {
            name: span.name.to_string(),
            scope: span.instrumentation_scope.name().to_owned(),
            kind: span.span_kind.clone(),
            trace_id: span.span_context.trace_id(),
            span_id: span.span_context.span_id(),
            parent_span_id: span.parent_span_id,
            start_time: span.start_time,
            attributes: span.attributes.clone(),
            events: span.events.iter().map(|event| (event.name.to_string(), event.attributes.clone())).collect(),
            links: span.links.iter().map(|link| (link.span_context.trace_id(), link.span_context.span_id())).collect(),
            status: span.status.clone(),
        }
    }
}

impl Span {
    /// The value of an attribute; of the last one, if it was set more than once.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes.iter().rev().find(|attribute| attribute.key.as_str() == key).map(|attribute| &attribute.value)
    }

    /// `name kind? key=value… error=…? cancelled?`, without `code.*`, which changes with every line that is added to a file.
    fn line(&self) -> String {
        let mut line = self.name.clone();
        if self.kind != SpanKind::Internal {
            let _ = write!(line, " ({})", format!("{:?}", self.kind).to_lowercase());
        }
        let outcome = ["error.type", "function.outcome"];
        for KeyValue { key, value, .. } in &self.attributes {
            if !key.as_str().starts_with("code.") && !outcome.contains(&key.as_str()) {
                let _ = write!(line, " {key}={value}");
            }
        }
        if let Status::Error { description } = &self.status {
            let error_type = self.attribute("error.type").map(ToString::to_string).unwrap_or_default();
            let _ = write!(line, " error={error_type}");
            if !description.is_empty() {
                let _ = write!(line, " {description:?}");
            }
        }
        if let Some(outcome) = self.attribute("function.outcome") {
            let _ = write!(line, " {outcome}");
        }
        line
    }
}

/// What a test recorded: spans, in the order in which they ended, and metrics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Captured {
    spans: Vec<Span>,
    points: Vec<Point>,
}

impl FromIterator<Span> for Captured {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Self {
        Self { spans: spans.into_iter().collect(), points: Vec::new() }
    }
}

impl Captured {
    /// All spans.
    #[must_use]
    pub fn all(&self) -> &[Span] {
        &self.spans
    }

    /// The time series of a metric.
    pub fn points<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = &'a Point> {
        self.points.iter().filter(move |point| point.metric == metric)
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

    /// Those with a name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Span> {
        self.spans.iter().filter(move |span| span.name == name)
    }

    /// The only one with a name.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one; the message shows all spans.
    #[must_use]
    #[track_caller]
    pub fn one(&self, name: &str) -> &Span {
        let mut named = self.spans.iter().filter(|span| span.name == name);
        match (named.next(), named.next()) {
            (Some(span), None) => span,
            (first, _) => {
                let count = if first.is_some() { "more than one span" } else { "no span" };
                panic!("there is {count} named `{name}` among\n{}", self.tree())
            }
        }
    }

    /// The spans as indented text, a line each, children under their parent in the order in which they started. A span whose parent is not
    /// among them stands as a root.
    #[must_use]
    pub fn tree(&self) -> String {
        let is_here = |id: SpanId| id != SpanId::INVALID && self.spans.iter().any(|span| span.span_id == id);
        let mut text = String::new();
        // From the last to the first, so that the first is taken first.
        let mut open: Vec<(usize, &Span)> = self.sorted(|span| !is_here(span.parent_span_id)).map(|root| (0, root)).collect();
        while let Some((depth, span)) = open.pop() {
            let _ = writeln!(text, "{:indent$}{}", "", span.line(), indent = 2 * depth);
            open.extend(self.sorted(|child| child.parent_span_id == span.span_id).map(|child| (depth + 1, child)));
        }
        text
    }

    /// Those that are wanted, the last started first.
    fn sorted(&self, wanted: impl Fn(&Span) -> bool) -> impl Iterator<Item = &Span> {
        let mut spans: Vec<&Span> = self.spans.iter().filter(|span| wanted(span)).collect();
        spans.sort_by_key(|span| span.start_time);
        spans.into_iter().rev()
    }
}
