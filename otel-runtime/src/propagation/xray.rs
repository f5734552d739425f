//! AWS X-Ray: <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>.
//!
//! The crate of the community that speaks it puts what a header has beside ids into W3C's `tracestate` and flags. To keep that from
//! travelling on would take as much code as the format does.

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::TraceContextExt;

use super::received::{Decision, Remote, decision};
use super::{BLANK, Format, Rules, lower_hex, only};

const HEADER: &str = "x-amzn-trace-id";

pub(super) const FORMAT: Format = Format::XRAY;

impl Format {
    /// `xray`: [AWS X-Ray](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)'s `x-amzn-trace-id`
    /// (feature `xray`). What stands in it beside the ids and the decision is not passed on.
    pub const XRAY: Self = Self(&XRay);
}

struct XRay;

impl Rules for XRay {
    fn name(&self) -> &'static str {
        "xray"
    }

    fn fields(&self) -> &'static [&'static str] {
        &[HEADER]
    }

    fn trace(&self, carrier: &dyn Extractor) -> Option<Remote> {
        parse(only(carrier, HEADER)?)
    }

    fn inject(&self, context: &Context, carrier: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let sampled = match decision(context) {
            Decision::Deferred => "?",
            Decision::Debug => "1",
            Decision::Made if span.is_sampled() => "1",
            Decision::Made => "0",
        };
        let trace = span.trace_id().to_string();
        let (time, random) = trace.split_at(8);
        carrier.set(HEADER, format!("Root=1-{time}-{random};Parent={};Sampled={sampled}", span.span_id()));
    }
}

/// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`, in any order, with more between.
fn parse(text: &str) -> Option<Remote> {
    let (mut root, mut parent, mut sampled) = (None, None, None);
    for (key, value) in text.split(';').filter_map(|part| part.trim_matches(BLANK).split_once('=')) {
        let place = match key {
            "Root" => &mut root,
            "Parent" => &mut parent,
            "Sampled" => &mut sampled,
            _ => continue,
        };
        // Which of two is right, nobody knows.
        if place.replace(value).is_some() {
            return None;
        }
    }
    let (decision, sampled) = match sampled {
        None | Some("?") => (Decision::Deferred, false),
        Some("1") => (Decision::Made, true),
        Some("0") => (Decision::Made, false),
        Some(_) => return None,
    };
    let (time, random) = root?.strip_prefix("1-")?.split_once('-')?;
    let trace = lower_hex(time, &[8])? << 96 | lower_hex(random, &[24])?;
    Remote::new(trace, u64::try_from(lower_hex(parent?, &[16])?).ok()?, decision.flags(sampled), decision)
}
