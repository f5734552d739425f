//! Several formats at a time.

use otel_runtime::context::Context;
use otel_runtime::opentelemetry::propagation::TextMapPropagator;
use otel_runtime::propagation::{Format, Propagator};
use tests::propagation::{Headers, members};

use crate::{SPAN, TRACE, span};

const OTHER: &str = "11111111111111111111111111111111";

fn trace(formats: &[Format], headers: &Headers) -> String {
    let context = Propagator::new(formats.iter().copied()).extract_with_context(&Context::new(), headers);
    span(&context).trace_id().to_string()
}

#[test]
fn the_first_format_in_the_list_that_has_a_valid_trace_gives_it() {
    let parent = format!("00-{TRACE}-{SPAN}-03");
    let headers = Headers::new(&[("b3", &format!("{OTHER}-{SPAN}-0")), ("traceparent", &parent), ("tracestate", "a=1")]);
    assert_eq!(trace(&[Format::TRACE_CONTEXT, Format::B3], &headers), TRACE);
    assert_eq!(trace(&[Format::B3, Format::TRACE_CONTEXT], &headers), OTHER);
    assert_eq!(trace(&[Format::JAEGER, Format::XRAY, Format::B3, Format::TRACE_CONTEXT], &headers), OTHER);
    let invalid = Headers::new(&[("b3", "nonsense"), ("traceparent", &parent)]);
    assert_eq!(trace(&[Format::B3, Format::TRACE_CONTEXT], &invalid), TRACE);
}

/// One sender, who sends both: the second takes nothing away from the first.
#[test]
fn a_format_that_says_less_takes_nothing_from_one_before_it() {
    let (parent, b3) = (format!("00-{TRACE}-{SPAN}-03"), format!("{TRACE}-{SPAN}-1"));
    let headers = Headers::new(&[("traceparent", &parent), ("tracestate", "a=1"), ("b3", &b3)]);
    let propagator = Propagator::new([Format::TRACE_CONTEXT, Format::B3]);
    let sent = Headers::sent(&propagator, &propagator.extract_with_context(&Context::new(), &headers));
    assert_eq!(sent, headers);
}

#[test]
fn baggage_is_gathered_from_all_of_them() {
    let headers = Headers::new(&[("baggage", "a=w3c,b=w3c"), ("uberctx-b", "jaeger"), ("uberctx-c", "jaeger")]);
    let received = |formats: [Format; 2]| {
        let context = Propagator::new(formats).extract_with_context(&Context::new(), &headers);
        members(&context).into_iter().map(|(key, value, _)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(received([Format::BAGGAGE, Format::JAEGER]), ["a=w3c", "b=w3c", "c=jaeger"]);
    assert_eq!(received([Format::JAEGER, Format::BAGGAGE]), ["a=w3c", "b=jaeger", "c=jaeger"]);
}
