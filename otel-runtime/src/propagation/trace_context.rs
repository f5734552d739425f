//! W3C Trace Context, level 2: <https://www.w3.org/TR/trace-context-2/>.

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};

use super::received::{self, Decision, Remote, W3C_FLAGS};
use super::{Rules, lower_hex, only, trace_state};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

pub(super) struct TraceContext;

impl Rules for TraceContext {
    fn name(&self) -> &'static str {
        "tracecontext"
    }

    fn fields(&self) -> &'static [&'static str] {
        &[TRACEPARENT, TRACESTATE]
    }

    fn trace(&self, carrier: &dyn Extractor) -> Option<Remote> {
        let remote = parse(only(carrier, TRACEPARENT)?)?;
        let (state, members) = trace_state::parse(&carrier.get_all(TRACESTATE).unwrap_or_default());
        Some(remote.with_state(state, members))
    }

    fn inject(&self, context: &Context, carrier: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        carrier.set(TRACEPARENT, header(span));
        let state = trace_state::header(span.trace_state(), received::members(context));
        if !state.is_empty() {
            carrier.set(TRACESTATE, state);
        }
    }
}

/// What [`parse`] reads. It is written into every request that a program sends: letter by letter, where `format!` takes ten times as long.
fn header(span: &SpanContext) -> String {
    let (trace, span_id, flags) = (span.trace_id().to_bytes(), span.span_id().to_bytes(), span.trace_flags() & W3C_FLAGS);
    let mut header = String::with_capacity(55);
    header.push_str("00");
    for part in [&trace[..], &span_id, &[flags.to_u8()]] {
        header.push('-');
        for byte in part {
            header.extend([byte >> 4, byte & 0xf].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
        }
    }
    header
}

/// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. A later version may go on after another `-`, and is read as far as it is known.
fn parse(text: &str) -> Option<Remote> {
    let mut parts = text.splitn(5, '-');
    let version = lower_hex(parts.next()?, &[2])?;
    let trace = lower_hex(parts.next()?, &[32])?;
    let span = lower_hex(parts.next()?, &[16])?;
    let flags = lower_hex(parts.next()?, &[2])?;
    let is_known = version == 0;
    if version == 0xff || (is_known && parts.next().is_some()) {
        return None;
    }
    Remote::new(trace, u64::try_from(span).ok()?, TraceFlags::new(u8::try_from(flags).ok()?), Decision::Made)
}
