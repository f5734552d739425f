//! [`Processors`]: the user's own processors, written for the SDK, as a sink.
//!
//! They are shown a span of the SDK's when one starts, because that is what their interface takes: a stand-in, with the same ids and all that is known.
//! What they do to it is done to the one that is recorded. It is made only where there are such processors.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::trace::{Link, SpanId, SpanKind, TraceId, TraceState, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    IdGenerator, SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample, Span, SpanData, SpanLimits, SpanProcessor,
};

use super::open::OpenSpan;
use super::recorder::SpanSink;
use crate::background::within;
use crate::clock::deadline;
use crate::diagnostics::{Diagnostics, Spell};
use crate::panics;
use crate::thread::Silence;

/// The processors of one telemetry. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Processors {
    all: Arc<[Box<dyn SpanProcessor>]>,
    /// Makes the stand-ins.
    provider: SdkTracerProvider,
    guard: Arc<Guard>,
}

/// What of theirs panics costs nobody else anything, and is said once.
#[derive(Debug)]
struct Guard {
    spell: Spell,
    diagnostics: Diagnostics,
}

impl Guard {
    fn run<T>(&self, run: impl FnOnce() -> T) -> Option<T> {
        let done = panics::contained(run);
        if done.is_none() && self.spell.goes_wrong() {
            self.diagnostics.error("a span processor of the program's panicked; the others go on");
        }
        done
    }
}

thread_local! {
    /// The span that a stand-in is made for, and how that was when all processors had seen it.
    static SHOWN: RefCell<Option<(SpanData, Option<SpanData>)>> = const { RefCell::new(None) };
}

impl Processors {
    /// `None` if there are none.
    pub(crate) fn new(mut all: Vec<Box<dyn SpanProcessor>>, resource: &Resource, diagnostics: &Diagnostics) -> Option<Self> {
        if all.is_empty() {
            return None;
        }
        let _silent = Silence::enter();
        let guard = Arc::new(Guard { spell: Spell::default(), diagnostics: diagnostics.clone() });
        for processor in &mut all {
            guard.run(|| processor.set_resource(resource));
        }
        let all: Arc<[Box<dyn SpanProcessor>]> = all.into();
        let provider = SdkTracerProvider::builder()
            .with_id_generator(Same)
            .with_sampler(Same)
            .with_span_limits(UNLIMITED)
            .with_resource(resource.clone())
            .with_span_processor(Show { all: Arc::clone(&all), guard: Arc::clone(&guard) })
            .build();
        Some(Self { all, provider, guard })
    }

    /// How the span is when all processors have seen it start.
    fn show(&self, span: &SpanData, context: &Context) -> Option<SpanData> {
        let before = SHOWN.try_with(|shown| shown.replace(Some((span.clone(), None)))).ok()?;
        let tracer = self.provider.tracer_with_scope(span.instrumentation_scope.clone());
        let builder = tracer.span_builder(span.name.clone()).with_kind(span.span_kind.clone()).with_start_time(span.start_time);
        let builder = builder.with_attributes(span.attributes.iter().cloned()).with_links(span.links.links.clone());
        // Its end is nobody's business.
        drop(tracer.build_with_context(builder, context));
        SHOWN.try_with(|shown| shown.replace(before)).ok()??.1
    }
}

impl SpanSink for Processors {
    fn start(&self, open: &mut OpenSpan, span: &SpanData, context: &Context) -> bool {
        let Some(seen) = self.show(span, context) else { return false };
        seen.attributes.iter().skip(span.attributes.len()).for_each(|attribute| open.attributes.push(attribute));
        seen.events.iter().skip(span.events.len()).for_each(|event| open.event(&event.name, event.timestamp.into(), &event.attributes));
        seen.links.iter().skip(span.links.len()).for_each(|link| open.link(link));
        if seen.name != span.name {
            open.rename(&seen.name);
        }
        open.set_status(seen.status);
        true
    }

    fn end(&self, span: SpanData) {
        for processor in self.all.iter() {
            self.guard.run(|| processor.on_end(span.clone()));
        }
    }

    fn flush(&self, deadline: Instant) -> bool {
        let Self { all, guard, .. } = self.clone();
        // What becomes of what they have is theirs to say; their interface has no deadline.
        within(deadline, move || all.iter().for_each(|processor| drop(guard.run(|| processor.force_flush()))))
    }

    fn shut_down(&self, timeout: Duration) {
        let (Self { all, guard, .. }, deadline) = (self.clone(), deadline(timeout));
        let left = move || deadline.saturating_duration_since(Instant::now());
        within(deadline, move || all.iter().for_each(|processor| drop(guard.run(|| processor.shutdown_with_timeout(left())))));
    }
}

/// What is recorded has been within the limits already.
const UNLIMITED: SpanLimits = SpanLimits {
    max_events_per_span: u32::MAX,
    max_attributes_per_span: u32::MAX,
    max_links_per_span: u32::MAX,
    max_attributes_per_event: u32::MAX,
    max_attributes_per_link: u32::MAX,
};

/// Gives a stand-in what the span has that it is made for.
#[derive(Clone, Debug)]
struct Same;

fn shown<T>(read: impl FnOnce(&SpanData) -> T) -> Option<T> {
    SHOWN.try_with(|shown| shown.try_borrow().ok()?.as_ref().map(|(span, _)| read(span))).ok().flatten()
}

impl IdGenerator for Same {
    fn new_trace_id(&self) -> TraceId {
        shown(|span| span.span_context.trace_id()).unwrap_or(TraceId::INVALID)
    }

    fn new_span_id(&self) -> SpanId {
        shown(|span| span.span_context.span_id()).unwrap_or(SpanId::INVALID)
    }
}

impl ShouldSample for Same {
    fn should_sample(&self, _: Option<&Context>, _: TraceId, _: &str, _: &SpanKind, _: &[KeyValue], _: &[Link]) -> SamplingResult {
        let is_sampled = shown(|span| span.span_context.is_sampled()).unwrap_or(false);
        let decision = if is_sampled { SamplingDecision::RecordAndSample } else { SamplingDecision::RecordOnly };
        let trace_state = shown(|span| span.span_context.trace_state().clone()).unwrap_or(TraceState::NONE);
        SamplingResult { decision, attributes: Vec::new(), trace_state }
    }
}

/// Shows stand-ins to the processors.
#[derive(Debug)]
struct Show {
    all: Arc<[Box<dyn SpanProcessor>]>,
    guard: Arc<Guard>,
}

impl SpanProcessor for Show {
    fn on_start(&self, span: &mut Span, context: &Context) {
        for processor in self.all.iter() {
            self.guard.run(|| processor.on_start(span, context));
        }
        let seen = span.exported_data();
        let _ = SHOWN.try_with(|shown| {
            if let Ok(mut shown) = shown.try_borrow_mut()
                && let Some((_, after)) = shown.as_mut()
            {
                *after = seen;
            }
        });
    }

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
