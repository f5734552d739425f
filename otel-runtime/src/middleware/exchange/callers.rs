//! [`Callers`]: whom a server records, and what it believes.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use http::request::Parts;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use crate::propagation::HeaderExtractor;
use crate::{context, origin, panics};

type Wanted = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

#[derive(Clone, Default)]
pub(crate) struct Callers {
    wanted: Option<Wanted>,
    are_distrusted: bool,
}

impl Callers {
    /// Only requests for which this is true are recorded.
    pub(crate) fn want(&mut self, wanted: impl Fn(&Parts) -> bool + Send + Sync + 'static) {
        self.wanted = Some(Arc::new(wanted));
    }

    /// Callers do not decide in which trace their requests stand, and whether they are sampled.
    pub(crate) fn distrust(&mut self) {
        self.are_distrusted = true;
    }

    /// A filter that panics ends no request.
    pub(crate) fn are_wanted(&self, request: &Parts) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| panics::contained(|| wanted(request)) != Some(false))
    }

    /// The parent of a request's span, and the span that it is linked to.
    pub(crate) fn parent(&self, headers: &HeaderMap) -> (Context, Option<SpanContext>) {
        let sent = context::extract(&HeaderExtractor(headers));
        if !self.are_distrusted {
            return (sent, None);
        }
        let caller = sent.span().span_context().clone();
        (origin::no_parent(), Some(caller).filter(|caller| caller.is_valid() && caller.is_remote()))
    }
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, are_distrusted } = self;
        f.debug_struct("Callers").field("has_filter", &wanted.is_some()).field("are_distrusted", are_distrusted).finish()
    }
}
