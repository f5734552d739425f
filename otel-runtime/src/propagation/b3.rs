//! B3: <https://github.com/openzipkin/b3-propagation>. The id of the parent is neither read nor sent.

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::TraceContextExt;

use super::received::{Decision, Remote, decision};
use super::{Rules, lower_hex, only};

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

pub(super) struct B3 {
    /// Sent as one header.
    pub(super) single: bool,
}

impl Rules for B3 {
    fn name(&self) -> &'static str {
        if self.single { "b3" } else { "b3multi" }
    }

    fn fields(&self) -> &'static [&'static str] {
        if self.single { &[SINGLE] } else { &[TRACE_ID, SPAN_ID, SAMPLED, FLAGS] }
    }

    fn trace(&self, carrier: &dyn Extractor) -> Option<Remote> {
        only(carrier, SINGLE).and_then(single).or_else(|| multi(carrier))
    }

    fn inject(&self, context: &Context, carrier: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let (trace_id, span_id) = (span.trace_id(), span.span_id());
        let state = match decision(context) {
            Decision::Debug => Some((FLAGS, "1", "d")),
            Decision::Deferred => None,
            Decision::Made if span.is_sampled() => Some((SAMPLED, "1", "1")),
            Decision::Made => Some((SAMPLED, "0", "0")),
        };
        if self.single {
            let state = state.map(|(.., single)| format!("-{single}")).unwrap_or_default();
            carrier.set(SINGLE, format!("{trace_id}-{span_id}{state}"));
            return;
        }
        carrier.set(TRACE_ID, trace_id.to_string());
        carrier.set(SPAN_ID, span_id.to_string());
        if let Some((key, value, _)) = state {
            carrier.set(key, value.to_owned());
        }
    }
}

/// `trace-span`, `trace-span-state` or `trace-span-state-parent`. A state alone names no trace.
fn single(text: &str) -> Option<Remote> {
    let mut parts = text.splitn(4, '-');
    let (trace, span) = (parts.next()?, parts.next()?);
    let state = match parts.next() {
        None => State::DEFERRED,
        Some("d") => State::DEBUG,
        Some("1") => State::sampled(true),
        Some("0") => State::sampled(false),
        Some(_) => return None,
    };
    if let Some(parent) = parts.next() {
        lower_hex(parent, &[16])?;
    }
    state.of(trace, span)
}

fn multi(carrier: &dyn Extractor) -> Option<Remote> {
    let state = match (only(carrier, FLAGS), only(carrier, SAMPLED)) {
        (Some("1"), _) => State::DEBUG,
        (_, None) => State::DEFERRED,
        (_, Some("1" | "true")) => State::sampled(true),
        (_, Some("0" | "false")) => State::sampled(false),
        (_, Some(_)) => return None,
    };
    state.of(only(carrier, TRACE_ID)?, only(carrier, SPAN_ID)?)
}

struct State(Decision, bool);

impl State {
    const DEBUG: Self = Self(Decision::Debug, true);
    const DEFERRED: Self = Self(Decision::Deferred, false);

    const fn sampled(sampled: bool) -> Self {
        Self(Decision::Made, sampled)
    }

    fn of(self, trace: &str, span: &str) -> Option<Remote> {
        let Self(decision, sampled) = self;
        let span = u64::try_from(lower_hex(span, &[16])?).ok()?;
        Remote::new(lower_hex(trace, &[16, 32])?, span, decision.flags(sampled), decision)
    }
}
