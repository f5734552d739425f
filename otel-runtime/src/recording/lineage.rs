//! [`Lineage`]: what a span has of its parent.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::SamplingDecision;

use crate::own::Origin;
use crate::sampling::Parent;
use crate::trace_flags::RANDOM;

/// What is to be known of the parent of a span, without the context that it stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lineage {
    pub(crate) case: Parent,
    /// `None`: the span is a root.
    pub(super) trace_id: Option<TraceId>,
    pub(super) span_id: SpanId,
    pub(super) flags: TraceFlags,
    pub(super) is_remote: bool,
    pub(super) has_state: bool,
}

impl Lineage {
    #[inline]
    pub(super) fn of(parent: &SpanContext) -> Self {
        let case = Parent::of(parent);
        Self {
            case,
            trace_id: (case != Parent::None).then(|| parent.trace_id()),
            span_id: parent.span_id(),
            flags: parent.trace_flags(),
            is_remote: parent.is_remote(),
            has_state: *parent.trace_state() != TraceState::NONE,
        }
    }

    /// Of a span that starts in this context.
    #[inline]
    pub(crate) fn in_context(context: &Context) -> Self {
        let of_parent = Self::of(context.span().span_context());
        Self { case: of_parent.case.as_decided_in(context), ..of_parent }
    }

    /// The flags of a span. The random bit is the trace's, and the other flags are those of the parent; nothing is said of a span that is not
    /// recorded.
    #[inline]
    pub(super) fn flags_of(&self, decision: &SamplingDecision) -> TraceFlags {
        let (inherited, random) = match self.trace_id {
            None => (TraceFlags::default(), RANDOM),
            Some(_) => (self.flags, self.flags & RANDOM),
        };
        match decision {
            SamplingDecision::RecordAndSample => inherited.with_sampled(true) | random,
            SamplingDecision::RecordOnly => inherited.with_sampled(false) | random,
            SamplingDecision::Drop => random,
        }
    }

    pub(super) fn origin(&self) -> Origin {
        match (self.trace_id, self.is_remote) {
            (None, _) => Origin::None,
            (Some(_), false) => Origin::Local,
            (Some(_), true) => Origin::Remote,
        }
    }
}
