//! Events and spans of the `tracing` crate.

mod events;
mod fields;
mod ids;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::TracerProvider;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Metadata, subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::layer::{Context, Filter, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

pub use self::ids::WithIds;

use self::events::Events;
use super::install::InstallError;
use super::quiet::is_quiet;
use super::record;
use crate::recording::ScopedTracer;
use crate::setup::Telemetry;

/// The scope of spans whose libraries speak `tracing`; their attribute `target` says which one it is.
const SCOPE: &str = "tracing";

impl Telemetry {
    /// A layer for a subscriber of `tracing`: events become log records, and spans become spans. (Feature `tracing`.)
    ///
    /// ```
    /// use otel_runtime::traced;
    /// use tracing_subscriber::prelude::*;
    ///
    /// #[traced]
    /// fn place_order() {
    ///     let _entered = tracing::info_span!("query", otel.kind = "client").entered(); // a child of place_order
    ///     tracing::info!(rows = 3, "done"); // a log record of query
    /// }
    /// # fn main() -> Result<(), otel_runtime::InitError> {
    /// # let telemetry = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "none").build()?;
    ///
    /// let subscriber = tracing_subscriber::registry().with(telemetry.tracing_layer());
    /// tracing::subscriber::with_default(subscriber, place_order); // or `subscriber.init()`, for the whole process
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// What of an event becomes what of a log record:
    ///
    /// | event | log record |
    /// |---|---|
    /// | level | severity |
    /// | message | body |
    /// | fields | attributes, by their types; an integer that is no `i64` is a text |
    /// | a field that is a `&dyn Error`, the first | `exception.message`, and with its sources `exception.stacktrace` |
    /// | target | the name of the scope |
    /// | file and line | `code.file.path`, `code.line.number` |
    /// | `name: "…"`, if it is given | the name of the event |
    /// | the span that it is in, of whichever kind | trace and span |
    ///
    /// An event of the level ERROR makes the outcome of the `tracing` span an error that it is directly in. Where logs have no exporter, events
    /// become events of `tracing` spans.
    ///
    /// A span is the child of what is current where it is made, and current while it is entered. The fields `otel.name`, `otel.kind` and
    /// `otel.status_code`, and `OpenTelemetrySpanExt`, are those of the crate [`tracing_opentelemetry`]. Which events and spans there are is for
    /// the filters of the subscriber to say.
    ///
    /// A subscriber takes one layer that makes spans of OpenTelemetry: this, or one of `tracing_opentelemetry`'s own. With two, the first span
    /// panics.
    #[must_use]
    pub fn tracing_layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let events = record::logger(self, SCOPE).map(Events::new);
        let spans = self.tracer_provider().map(|provider| {
            let scope = InstrumentationScope::builder(SCOPE).build();
            spans(provider.tracer_with_scope(scope)).with_filter(NotOurs { events: events.is_none() })
        });
        match (spans, events) {
            (Some(spans), Some(events)) => Box::new(spans.and_then(events)),
            (Some(spans), None) => Box::new(spans),
            (None, Some(events)) => Box::new(events),
            (None, None) => Box::new(Nothing),
        }
    }

    /// Records what speaks `tracing`, up to a level, in a program that has no subscriber: see [`tracing_layer`](Self::tracing_layer). Nothing is
    /// printed. (Feature `tracing`.)
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let telemetry = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "none").build()?;
    /// telemetry.install_tracing(tracing::Level::INFO)?;
    /// tracing::info!(order.id = 7, "order placed");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is a subscriber already.
    pub fn install_tracing(&self, up_to: impl Into<LevelFilter>) -> Result<(), InstallError> {
        let subscriber = Registry::default().with(up_to.into()).with(self.tracing_layer());
        subscriber::set_global_default(subscriber).map_err(|_| InstallError::Subscriber)
    }
}

/// Spans are left to the crate whose extensions of spans the libraries know.
fn spans<S>(tracer: ScopedTracer) -> OpenTelemetryLayer<S, ScopedTracer>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    OpenTelemetryLayer::new(tracer).with_threads(false).with_tracked_inactivity(false)
}

/// Lets spans through, and events if they are to become such of spans, unless they are telemetry's own.
struct NotOurs {
    events: bool,
}

impl<S> Filter<S> for NotOurs {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        (metadata.is_span() || self.events) && !events::is_of_the_context(metadata) && !is_quiet()
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.is_span() || self.events { Interest::sometimes() } else { Interest::never() }
    }
}

/// Where neither spans nor logs have an exporter.
struct Nothing;

impl<S: Subscriber> Layer<S> for Nothing {}
