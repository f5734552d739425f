//! Jaeger: <https://www.jaegertracing.io/sdk-migration/#propagation-format>.

use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::TraceContextExt;
use percent_encoding::percent_decode_str;

use super::baggage::{Member, Members, sent};
use super::received::{Decision, Remote, decision};
use super::{Rules, only};

const TRACE: &str = "uber-trace-id";
const BAGGAGE: &str = "uberctx-";
const SAMPLED: u8 = 0x01;
const DEBUG: u8 = 0x02;

pub(super) struct Jaeger;

impl Rules for Jaeger {
    fn name(&self) -> &'static str {
        "jaeger"
    }

    fn fields(&self) -> &'static [&'static str] {
        &[TRACE]
    }

    fn trace(&self, carrier: &dyn Extractor) -> Option<Remote> {
        // Some senders encode the colons.
        parse(&percent_decode_str(only(carrier, TRACE)?).decode_utf8().ok()?)
    }

    fn baggage(&self, carrier: &dyn Extractor) -> Members {
        let mut names = carrier.keys();
        // Carriers have no order of their own, and the limits need one.
        names.sort_unstable();
        let mut members = Members::default();
        for name in names {
            let key = name.get(..BAGGAGE.len()).filter(|prefix| prefix.eq_ignore_ascii_case(BAGGAGE)).map(|prefix| &name[prefix.len()..]);
            if let (Some(key), Some(value)) = (key.filter(|key| !key.is_empty()), only(carrier, name)) {
                members.put(Member::encoded(key, value, String::new()));
            }
        }
        members
    }

    fn inject(&self, context: &Context, carrier: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if span.is_valid() {
            let flags = match decision(context) {
                Decision::Debug => SAMPLED | DEBUG,
                Decision::Made | Decision::Deferred => u8::from(span.is_sampled()),
            };
            carrier.set(TRACE, format!("{}:{}:0:{flags:x}", span.trace_id(), span.span_id()));
        }
        for member in sent(context.baggage()) {
            carrier.set(&format!("{BAGGAGE}{}", member.key()), member.encoded_value());
        }
    }
}

/// `trace:span:parent:flags`, in hexadecimal digits of which the leading zeros may be left out. The parent is of no use any more.
fn parse(text: &str) -> Option<Remote> {
    let parts: Vec<&str> = text.split(':').collect();
    let [trace, span, parent, flags] = parts.as_slice() else { return None };
    hex(parent, 16)?;
    let flags = u8::try_from(hex(flags, 2)?).ok()?;
    let decision = if flags & DEBUG == 0 { Decision::Made } else { Decision::Debug };
    Remote::new(hex(trace, 32)?, u64::try_from(hex(span, 16)?).ok()?, decision.flags(flags & SAMPLED != 0), decision)
}

fn hex(text: &str, most: usize) -> Option<u128> {
    let is_hex = text.len() <= most && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u128::from_str_radix(text, 16).ok().filter(|_| is_hex)
}
