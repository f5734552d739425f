//! W3C's random bit, which says that a trace's id was made at random: set in traces that begin here, whose ids are, and kept in others.
//!
//! The SDK's tracer gives a span the flags of its parent if it is sampled, and none otherwise; it has no say for the one that makes ids. So a span
//! whose flags are not right as the SDK made them is given to the API in a [`Flagged`], which shows the right ones, to the span's children too.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{Span, SpanBuilder, SpanContext, SpanId, Status, TraceContextExt, TraceFlags, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span as SdkSpan, SpanData};

/// The id of the trace is random, in its right-most seven bytes at least.
const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// The context of a span that the SDK made in `parent`, with the flags that it is to have.
pub(crate) fn flagged(span: &SpanContext, parent: &Context) -> SpanContext {
    let parent = parent.span();
    let parent = parent.span_context();
    let kept = if parent.is_valid() { parent.trace_flags() & RANDOM } else { RANDOM };
    with(span, if span.is_valid() { kept } else { TraceFlags::default() })
}

/// Of an ended span: a root has its id from us, and the others have what their parents had.
pub(crate) fn flag(span: &mut SpanData) {
    if span.parent_span_id == SpanId::INVALID {
        span.span_context = with(&span.span_context, RANDOM);
    }
}

fn with(span: &SpanContext, flags: TraceFlags) -> SpanContext {
    let flags = span.trace_flags() | flags;
    SpanContext::new(span.trace_id(), span.span_id(), flags, span.is_remote(), span.trace_state().clone())
}

/// A span of the SDK, with the flags that it is to have.
#[derive(Debug)]
pub(crate) struct Flagged {
    span: SdkSpan,
    context: SpanContext,
}

impl Flagged {
    pub(crate) fn new(span: SdkSpan, parent: &Context) -> Self {
        let context = flagged(span.span_context(), parent);
        Self { span, context }
    }
}

impl Span for Flagged {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        self.span.add_event_with_timestamp(name, timestamp, attributes);
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        self.span.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.span.set_attribute(attribute);
    }

    fn set_status(&mut self, status: Status) {
        self.span.set_status(status);
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.span.update_name(new_name);
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        self.span.add_link(span_context, attributes);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.span.end_with_timestamp(timestamp);
    }
}

/// The tracer provider of `opentelemetry::global`, for code that makes its spans with the plain API.
#[derive(Debug)]
pub(crate) struct FlaggedTracerProvider(pub(crate) SdkTracerProvider);

#[derive(Debug)]
pub(crate) struct FlaggedTracer(SdkTracer);

impl TracerProvider for FlaggedTracerProvider {
    type Tracer = FlaggedTracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> Self::Tracer {
        FlaggedTracer(self.0.tracer_with_scope(scope))
    }
}

impl Tracer for FlaggedTracer {
    type Span = Flagged;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> Self::Span {
        Flagged::new(self.0.build_with_context(builder, parent), parent)
    }
}
