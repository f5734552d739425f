//! [`Capture`]: telemetry of a test's own.

use std::ffi::OsString;
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use opentelemetry::{Context, ContextGuard, KeyValue};
use opentelemetry_sdk::trace::SpanProcessor;

use super::captured::Captured;
use super::kept::Kept;
use crate::context::FutureExt;
use crate::metering::View;
use crate::sampling::Sampler;
use crate::setup::{self, Sinks, Telemetry};

/// Telemetry of a test's own, of what runs under its [context](Self::context). It can be sent to other threads, and is no thread's by itself: for that
/// there is [`start`](super::start).
///
/// ```
/// use otel_runtime::testing::Capture;
///
/// #[otel_runtime::traced]
/// fn work() {}
///
/// let capture = Capture::start();
/// std::thread::scope(|threads| {
///     threads.spawn(|| {
///         let _attached = capture.context().attach();
///         work();
///     });
/// });
/// assert_eq!(capture.finish().tree(), "work\n");
/// ```
#[must_use]
#[derive(Debug)]
pub struct Capture {
    kept: Kept,
    telemetry: Telemetry,
}

impl Capture {
    /// Starts a capture of everything, which reads nothing from the environment.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A capture with options.
    ///
    /// ```
    /// use otel_runtime::testing::Capture;
    ///
    /// #[otel_runtime::traced]
    /// fn work() -> Result<(), &'static str> { Err("no stock") }
    ///
    /// let (_, captured) = Capture::builder().set("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs").capture(work);
    /// assert_eq!(captured.log("exception").attribute("exception.message").unwrap().as_str(), "no stock");
    /// ```
    pub fn builder() -> CaptureBuilder {
        // A parent from elsewhere has no say in what a test sees, unless the test gives it one.
        let builder = setup::builder().environment(|_| None).service_name("test").fallback("OTEL_TRACES_SAMPLER", "always_on");
        CaptureBuilder(builder)
    }

    /// The current context, with what runs under it going to this capture: for `attach()`, or for a future.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use otel_runtime::context::FutureExt;
    /// use otel_runtime::testing::Capture;
    ///
    /// #[otel_runtime::traced]
    /// async fn work() {}
    ///
    /// let capture = Capture::start();
    /// tokio::spawn(work().with_context(capture.context())).await.unwrap();
    /// assert_eq!(capture.finish().tree(), "work\n");
    /// # }
    /// ```
    #[must_use]
    pub fn context(&self) -> Context {
        self.telemetry.context()
    }

    /// The telemetry: its providers, for code that takes one, and its bridges (features `tracing`, `log`).
    ///
    /// ```
    /// use otel_runtime::opentelemetry::trace::{Tracer, TracerProvider};
    /// use otel_runtime::testing::Capture;
    ///
    /// let capture = Capture::start();
    /// let tracer = capture.telemetry().tracer_provider().unwrap().tracer("plain");
    /// tracer.in_span("by hand", |_| ());
    /// assert_eq!(capture.finish().tree(), "by hand\n");
    /// ```
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// What was recorded until now.
    #[must_use]
    pub fn so_far(&self) -> Captured {
        // Collects metrics; nothing is sent that could fail.
        let _ = self.telemetry.force_flush();
        self.kept.captured()
    }

    /// Waits until no span is open, for at most so long, and returns whether that came true: for work that runs on after the call that started it. It
    /// blocks its thread; a test whose runtime has only that one awaits the task instead.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use otel_runtime::testing::Capture;
    ///
    /// #[otel_runtime::traced]
    /// fn work() {}
    ///
    /// let capture = Capture::start();
    /// let (context, started) = (capture.context(), std::sync::mpsc::channel());
    /// let thread = std::thread::spawn(move || {
    ///     let _attached = context.attach();
    ///     work();
    ///     started.0.send(()).unwrap();
    /// });
    /// started.1.recv().unwrap();
    /// assert!(capture.settle(Duration::from_secs(10)));
    /// assert_eq!(capture.finish().tree(), "work\n");
    /// # thread.join().unwrap();
    /// ```
    #[must_use]
    pub fn settle(&self, at_most: Duration) -> bool {
        self.kept.settle(at_most)
    }

    /// Ends it. Spans that are still open are told as such: [`Captured::open`].
    ///
    /// # Panics
    ///
    /// If a callback of an instrument takes more than 5 seconds, so that metrics are missing.
    #[must_use]
    #[track_caller]
    pub fn finish(self) -> Captured {
        if let Err(error) = self.telemetry.shutdown() {
            panic!("the capture could not be finished: {error}");
        }
        self.kept.captured()
    }

    /// Makes it that of this thread.
    pub fn into_current(self) -> Current {
        Current { attached: self.context().attach(), capture: self }
    }
}

/// A capture that is current on its thread, until it is finished or dropped.
#[must_use]
pub struct Current {
    // Goes first.
    attached: ContextGuard,
    capture: Capture,
}

impl Current {
    /// As [`Capture::finish`].
    #[must_use]
    #[track_caller]
    pub fn finish(self) -> Captured {
        let Self { attached, capture } = self;
        drop(attached);
        capture.finish()
    }
}

impl Deref for Current {
    type Target = Capture;

    fn deref(&self) -> &Capture {
        &self.capture
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.capture.fmt(f)
    }
}

/// A capture with options; see [`Capture::builder`].
#[must_use]
#[derive(Debug)]
pub struct CaptureBuilder(setup::Builder);

impl CaptureBuilder {
    /// The value of a variable, as the environment would give it: the limits, the filter, baggage. Exporters have no effect, but `none` for a signal.
    pub fn set(self, variable: impl Into<String>, value: impl Into<String>) -> Self {
        Self(self.0.set(variable, value))
    }

    /// Reads variables with `lookup`, where [`set`](Self::set) gives none; by default nothing is read.
    ///
    /// ```
    /// let capture = otel_runtime::testing::Capture::builder()
    ///     .environment(|variable| (variable == "OTEL_SERVICE_NAME").then(|| "shop".into()))
    ///     .start();
    /// # drop(capture);
    /// ```
    pub fn environment(self, lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self(self.0.environment(lookup))
    }

    /// Which places record, as `OTEL_RUST_FILTER` says it: see [`filter`](crate::filter).
    pub fn filter(self, filter: impl Into<String>) -> Self {
        self.set("OTEL_RUST_FILTER", filter)
    }

    /// What decides which spans are recorded; by default all are.
    pub fn sampler(self, sampler: impl Into<Sampler>) -> Self {
        Self(self.0.sampler(sampler))
    }

    /// An attribute of the resource.
    pub fn resource_attribute(self, attribute: KeyValue) -> Self {
        Self(self.0.resource_attribute(attribute))
    }

    /// What becomes of an instrument, as [`Builder::view`](crate::Builder::view) has it: for a test of the program's own views.
    ///
    /// ```
    /// use otel_runtime::View;
    /// use otel_runtime::testing::Capture;
    ///
    /// #[otel_runtime::counted("shop.orders")]
    /// fn place_order() {}
    ///
    /// let view = View::of("shop.orders").attributes(["function.outcome"]);
    /// let ((), captured) = Capture::builder().view(view).capture(place_order);
    /// assert_eq!(captured.metrics(), "shop.orders{function.outcome=ok} 1\n");
    /// ```
    pub fn view(self, view: View) -> Self {
        Self(self.0.view(view))
    }

    /// A span processor of the program's own, as [`Builder::span_processor`](crate::Builder::span_processor) has it: what is captured is what it leaves of
    /// a span.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use otel_runtime::opentelemetry::trace::Span as _;
    /// use otel_runtime::opentelemetry::{Context, KeyValue};
    /// use otel_runtime::opentelemetry_sdk::error::OTelSdkResult;
    /// use otel_runtime::opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
    /// use otel_runtime::testing::Capture;
    ///
    /// #[derive(Debug)]
    /// struct Zone(&'static str);
    ///
    /// impl SpanProcessor for Zone {
    ///     fn on_start(&self, span: &mut Span, _: &Context) {
    ///         span.set_attribute(KeyValue::new("shop.zone", self.0));
    ///     }
    ///     // …
    /// #     fn on_end(&self, _: SpanData) {}
    /// #     fn force_flush(&self) -> OTelSdkResult { Ok(()) }
    /// #     fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult { Ok(()) }
    /// }
    ///
    /// #[otel_runtime::traced]
    /// fn place_order() {}
    ///
    /// let ((), captured) = Capture::builder().span_processor(Zone("north")).capture(place_order);
    /// assert_eq!(captured.tree(), "place_order shop.zone=north\n");
    /// ```
    pub fn span_processor(self, processor: impl SpanProcessor + 'static) -> Self {
        Self(self.0.span_processor(processor))
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// If what was given cannot be used, or would be ignored with a warning.
    #[track_caller]
    pub fn start(self) -> Capture {
        let kept = Kept::default();
        let note = |resource: &_| kept.note(resource);
        let sinks = Sinks { spans: kept.spans(), note: &note, logs: kept.logs(), metrics: |builder| kept.read(builder) };
        let telemetry = match self.0.build_into(sinks) {
            Ok(telemetry) => telemetry,
            Err(error) => panic!("the capture cannot be set up: {error}"),
        };
        if let Some(warning) = telemetry.warnings().first() {
            panic!("the capture cannot be set up: {warning}");
        }
        Capture { kept, telemetry }
    }

    /// As [`capture`](super::capture).
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[track_caller]
    pub fn capture<T>(self, run: impl FnOnce() -> T) -> (T, Captured) {
        let capture = self.start().into_current();
        let returned = run();
        (returned, capture.finish())
    }

    /// As [`capture_async`](super::capture_async).
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub async fn capture_async<F: Future>(self, future: F) -> (F::Output, Captured) {
        let capture = self.start();
        let returned = future.with_context(capture.context()).await;
        (returned, capture.finish())
    }
}
