//! The short way for a call that starts: what is decided for a place once, and what is left to decide of each call then.

use std::sync::atomic::Ordering;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::{EVER_LOCAL, GLOBAL, Pipeline, is_unsampled, last_global};
use crate::sampling::Parent;

/// How all calls of a place can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShortWay {
    /// They are measured, and the same is measured of each.
    Measured,
    /// Each may have a span, unless there is something [above](Above) it.
    Traced,
}

/// The short way for calls at a place, if there is one, because all record with the first global pipeline: there is nothing to copy from baggage to what
/// they measure, and if they record spans, whatever is below one that is not sampled inherits that, with nothing to count.
pub(crate) fn short_way(spans: bool, metrics: bool) -> Option<ShortWay> {
    if EVER_LOCAL.load(Ordering::SeqCst) {
        return None;
    }
    let pipeline = last_global().map(|global| &global.pipeline).filter(|pipeline| pipeline.is_open() && pipeline.is_kept_by_sites())?;
    if metrics && !pipeline.metric_baggage.is_empty() {
        return None;
    }
    match pipeline.tracing.as_ref().filter(|_| spans) {
        None => Some(ShortWay::Measured),
        Some(tracing) => (tracing.started.is_none() && tracing.sampling.is_ruled_out(Parent::LocalNotSampled)).then_some(ShortWay::Traced),
    }
}

/// The first global pipeline.
#[inline]
pub(crate) fn first() -> Option<&'static Pipeline> {
    Some(&*GLOBAL.get()?.pipeline)
}

/// What decides of a call that starts in a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Above {
    /// Telemetry is suppressed.
    Suppressed,
    /// A span of this process that is not sampled.
    Unsampled,
    Any,
}

/// What there is in a context.
#[inline]
pub(crate) fn above(context: &Context) -> Above {
    if context.is_telemetry_suppressed() {
        Above::Suppressed
    } else if is_unsampled(&context.span()) {
        Above::Unsampled
    } else {
        Above::Any
    }
}
