//! The plain API's tracers: code that knows nothing of us records by the same way as what is annotated.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::trace::{SpanBuilder, SpanContext, SpanKind};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use super::lineage::Lineage;
use super::recorder::{Recorder, Starting, Tracer};
use super::span::RecordedSpan;
use crate::clock::{Moment, WallTime};
use crate::shared::Shared;
use crate::under::Under;

/// How long a flush may take; the interface that it is known by has no deadline.
const FLUSH: Duration = Duration::from_secs(5);

/// The tracer provider of a [`Telemetry`](crate::Telemetry), for code that takes one
/// (OpenTelemetry specification, Trace API, "`TracerProvider`": <https://opentelemetry.io/docs/specs/otel/trace/api/#tracerprovider>). Clones are the same.
///
/// ```
/// use otel_runtime::opentelemetry::trace::{Tracer, TracerProvider as _};
///
/// let telemetry = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "console").build()?;
/// let provider = telemetry.tracer_provider().ok_or("traces have no exporter")?;
/// provider.tracer("shop").in_span("work", |_| ());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TracerProvider(Arc<Recorder>);

/// A tracer of a [`TracerProvider`].
#[derive(Clone, Debug)]
pub struct ScopedTracer(Arc<Tracer>);

impl TracerProvider {
    pub(crate) fn new(recorder: Arc<Recorder>) -> Self {
        Self(recorder)
    }

    /// Delivers the spans that have ended until now, and waits for that for at most 5 seconds (OpenTelemetry specification, Trace SDK, "`ForceFlush`":
    /// <https://opentelemetry.io/docs/specs/otel/trace/sdk/#forceflush>). What became of them is in [`Telemetry::health`](crate::Telemetry::health).
    ///
    /// # Errors
    ///
    /// If it took longer, by which nothing is lost.
    pub fn force_flush(&self) -> OTelSdkResult {
        let deadline = Instant::now() + FLUSH;
        if self.0.flush(deadline) { Ok(()) } else { Err(OTelSdkError::Timeout(FLUSH)) }
    }
}

impl opentelemetry::trace::TracerProvider for TracerProvider {
    type Tracer = ScopedTracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> Self::Tracer {
        ScopedTracer(Arc::new(self.0.tracer(scope)))
    }
}

impl ScopedTracer {
    pub(crate) fn new(tracer: Tracer) -> Self {
        Self(Arc::new(tracer))
    }
}

impl opentelemetry::trace::Tracer for ScopedTracer {
    type Span = RecordedSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> Self::Span {
        if parent.is_telemetry_suppressed() {
            return RecordedSpan::not_recorded(SpanContext::NONE);
        }
        let SpanBuilder { span_kind, name, start_time, attributes, events, links, .. } = builder;
        let (kind, links) = (span_kind.unwrap_or(SpanKind::Internal), links.unwrap_or_default());
        let starting = Starting::new(Shared::Local(Arc::clone(&self.0)), Under::Given(parent), Lineage::in_context(parent), None);
        let begun = starting.records().then(|| {
            let mut begun = starting.begin(&name, &kind);
            attributes.iter().flatten().for_each(|attribute| begun.attributes.push(attribute));
            events.iter().flatten().for_each(|event| begun.event(&event.name, event.timestamp.into(), &event.attributes));
            begun
        });
        let start = start_time.map_or_else(|| Moment::now().wall_time(), WallTime::from);
        starting.start(begun, &name, &kind, &links, start)
    }
}
