//! What was received of a trace, and what of that has no place in a `SpanContext`.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

use super::trace_state::Member;

/// W3C's flags; all other bits are of no meaning, and are neither taken in nor sent.
pub(super) const W3C_FLAGS: TraceFlags = TraceFlags::new(0x03);

/// What the sender decided about recording the trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is in the flags.
    #[default]
    Made,
    /// The receiver is to decide.
    Deferred,
    /// Record it, whatever it takes.
    Debug,
}

impl Decision {
    pub(super) fn flags(self, sampled: bool) -> TraceFlags {
        TraceFlags::default().with_sampled(sampled || self == Self::Debug)
    }
}

/// A span elsewhere that a carrier named.
#[derive(Debug)]
pub(super) struct Remote {
    span: SpanContext,
    received: Received,
}

/// The value in a [`Context`] that goes along with a trace that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Received {
    trace: TraceId,
    span: SpanId,
    decision: Decision,
    /// The whole `tracestate`, if a `TraceState` cannot hold all of it.
    members: Vec<Member>,
}

impl Remote {
    /// `None` if one of the ids is zero.
    pub(super) fn new(trace: u128, span: u64, flags: TraceFlags, decision: Decision) -> Option<Self> {
        let (trace, span) = (TraceId::from(trace), SpanId::from(span));
        let received = Received { trace, span, decision, members: Vec::new() };
        let span = SpanContext::new(trace, span, flags & W3C_FLAGS, true, TraceState::NONE);
        span.is_valid().then_some(Self { span, received })
    }

    /// With the `tracestate`: as the API can hold it, and, if that is not all, as it was.
    pub(super) fn with_state(mut self, state: TraceState, members: Vec<Member>) -> Self {
        let span = &self.span;
        self.span = SpanContext::new(span.trace_id(), span.span_id(), span.trace_flags(), true, state);
        self.received.members = members;
        self
    }

    pub(super) fn put_into(self, context: &Context) -> Context {
        let Self { span, received } = self;
        let context = context.with_remote_span_context(span);
        let says_more = received.decision != Decision::Made || !received.members.is_empty();
        // What was received before must not be taken for a part of this.
        if says_more || context.get::<Received>().is_some() { context.with_value(received) } else { context }
    }
}

/// What was received with the trace that goes on here.
fn received(context: &Context) -> Option<&Received> {
    context.get::<Received>().filter(|received| received.trace == context.span().span_context().trace_id())
}

/// What is to be said of the decision: debug stays with the trace, and what is deferred is so until a span of ours decides.
pub(super) fn decision(context: &Context) -> Decision {
    received(context).map_or(Decision::Made, |received| match received.decision {
        Decision::Deferred if received.span != context.span().span_context().span_id() => Decision::Made,
        decision => decision,
    })
}

/// The `tracestate` as it was received, if the span's own is only a part of it.
pub(super) fn members(context: &Context) -> &[Member] {
    received(context).map_or(&[], |received| &received.members)
}

/// Whether the parent leaves it to us whether the trace is recorded.
pub(crate) fn is_deferred(context: &Context) -> bool {
    decision(context) == Decision::Deferred
}
