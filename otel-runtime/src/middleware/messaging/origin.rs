//! Where messages come from: the contexts that are in their headers.

use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{Link, SpanContext, TraceContextExt};

use crate::{baggage, origin, pipeline};

/// The current context with what a message has, and without the span that is the current one here.
pub(super) fn received(headers: &dyn Extractor) -> Context {
    let without = origin::no_parent();
    pipeline::propagate(&without, |propagator| propagator.extract_with_context(&without, headers))
}

/// The span that a context has, if there is one.
pub(super) fn span_of(context: &Context) -> Option<SpanContext> {
    let span = context.span().span_context().clone();
    span.is_valid().then_some(span)
}

/// The span that is current here, if there is one.
pub(super) fn ambient() -> Option<SpanContext> {
    Context::map_current(span_of)
}

/// The current context with the baggage of another.
pub(super) fn ambient_with_baggage_of(context: &Context) -> Context {
    let baggage = baggage::copy(context);
    Context::map_current(|current| current.with_baggage(baggage))
}

/// Links to spans, of those that are some.
pub(super) fn links(to: impl IntoIterator<Item = SpanContext>) -> Vec<Link> {
    to.into_iter().filter(SpanContext::is_valid).map(Link::with_context).collect()
}
