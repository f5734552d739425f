//! W3C's random bit, which the API has no name for
//! (<https://www.w3.org/TR/trace-context-2/#random-trace-id-flag>).

use opentelemetry::trace::TraceFlags;

/// The id of the trace is random, in its right-most seven bytes at least: set in traces that begin here, whose ids are, and kept in others.
pub(crate) const RANDOM: TraceFlags = TraceFlags::new(0x02);
