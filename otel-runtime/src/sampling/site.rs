//! How a place's own ratio reaches the sampler: in the context that a root span is built in, and in no other.

use std::sync::Arc;

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingResult, ShouldSample};

use super::sampler::Sampler;
use super::threshold::Threshold;
use crate::own::{Decision, Origin, Started};

/// The ratio that decides instead of the sampler, of the root that is built in this context.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SiteRatio(pub(crate) Threshold);

impl SiteRatio {
    /// `parent`, for a root that is built with this ratio. The children must not have it: their context is made from `parent` itself.
    pub(crate) fn in_context(self, parent: &Context) -> Context {
        parent.with_value(self)
    }
}

/// A sampler that gives way to the ratio of a place.
#[derive(Clone, Debug)]
pub(crate) struct WithSiteRatios {
    pub(crate) sampler: Sampler,
    /// Where every span is counted that is built, if they are.
    pub(crate) started: Option<Arc<Started>>,
}

impl ShouldSample for WithSiteRatios {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let ratio = parent.filter(|parent| !parent.span().span_context().is_valid()).and_then(|parent| parent.get::<SiteRatio>());
        let result = match ratio {
            Some(SiteRatio(threshold)) => threshold.decide(trace_id),
            None => self.sampler.should_sample(parent, trace_id, name, kind, attributes, links),
        };
        if let Some(started) = &self.started {
            started.count(Origin::of(parent), Decision::from(&result.decision));
        }
        result
    }
}
