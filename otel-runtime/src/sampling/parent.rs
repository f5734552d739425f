//! [`Parent`]: the five cases that a parent-based sampler tells apart.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use crate::propagation;

/// What the parent of a span is (OpenTelemetry specification, "ParentBased": <https://opentelemetry.io/docs/specs/otel/trace/sdk/#parentbased>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    /// There is none, or one that is not valid.
    None,
    RemoteSampled,
    RemoteNotSampled,
    LocalSampled,
    LocalNotSampled,
}

impl Parent {
    pub(crate) const ALL: [Self; 5] = [Self::None, Self::RemoteSampled, Self::RemoteNotSampled, Self::LocalSampled, Self::LocalNotSampled];

    /// What it is in a context.
    pub(crate) fn in_context(context: &Context) -> Self {
        Self::of(context.span().span_context()).as_decided_in(context)
    }

    /// What it is in its context. A remote one that leaves the decision to us is none, as far as that goes: we decide as for a root.
    #[inline]
    pub(crate) fn as_decided_in(self, context: &Context) -> Self {
        match self {
            Self::RemoteNotSampled if propagation::is_deferred(context) => Self::None,
            parent => parent,
        }
    }

    #[inline]
    pub(crate) fn of(context: &SpanContext) -> Self {
        match (context.is_valid(), context.is_remote(), context.is_sampled()) {
            (false, ..) => Self::None,
            (true, true, true) => Self::RemoteSampled,
            (true, true, false) => Self::RemoteNotSampled,
            (true, false, true) => Self::LocalSampled,
            (true, false, false) => Self::LocalNotSampled,
        }
    }
}
