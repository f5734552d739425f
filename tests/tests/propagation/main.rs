//! The formats of propagation, each against its specification, and what holds of all of them.

mod b3;
mod baggage;
mod order;
mod others;
mod properties;
mod trace_context;
mod trace_state;

use otel_runtime::context::Context;
use otel_runtime::opentelemetry::propagation::TextMapPropagator;
use otel_runtime::opentelemetry::trace::{SpanContext, TraceContextExt};
use otel_runtime::propagation::{Format, Propagator};
use tests::propagation::Headers;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn received(format: Format, headers: &[(&str, &str)]) -> Context {
    Propagator::new([format]).extract_with_context(&Context::new(), &Headers::new(headers))
}

fn span(context: &Context) -> SpanContext {
    context.span().span_context().clone()
}

/// What is sent on of what was received, header by header.
fn forwarded(from: Format, headers: &[(&str, &str)], to: Format) -> Vec<(String, String)> {
    Headers::sent(&Propagator::new([to]), &received(from, headers)).0
}

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    Headers::new(headers).0
}

/// What is received without being valid leaves the context that was given, which need not be the current one.
#[test]
fn what_is_invalid_leaves_the_given_context_as_it_is() {
    let given = received(Format::B3, &[("b3", &format!("{TRACE}-{SPAN}-1"))]);
    let formats = [Format::TRACE_CONTEXT, Format::BAGGAGE, Format::B3, Format::B3_MULTI, Format::JAEGER, Format::XRAY];
    let headers = Headers::new(&[
        ("traceparent", "00"),
        ("baggage", "="),
        ("b3", "0"),
        ("x-b3-traceid", TRACE),
        ("uber-trace-id", "0:0:0:0"),
        ("x-amzn-trace-id", "Root="),
    ]);
    for headers in [&headers, &Headers::default()] {
        for propagator in formats.iter().map(|format| Propagator::new([*format])).chain([Propagator::new(formats)]) {
            let context = propagator.extract_with_context(&given, headers);
            assert_eq!(span(&context), span(&given), "{propagator:?}");
        }
    }
}

/// In particular no `b3: 0`, which would tell the receiver not to record.
#[test]
fn without_a_trace_and_baggage_nothing_is_sent() {
    for format in [Format::TRACE_CONTEXT, Format::BAGGAGE, Format::B3, Format::B3_MULTI, Format::JAEGER, Format::XRAY] {
        let propagator = Propagator::new([format]);
        assert_eq!(Headers::sent(&propagator, &Context::new()), Headers::default(), "{format}");
        let invalid = Context::new().with_remote_span_context(SpanContext::NONE);
        assert_eq!(Headers::sent(&propagator, &invalid), Headers::default(), "{format}");
    }
}

#[test]
fn fields_are_what_may_be_written() {
    let fields = |formats: &[Format]| Propagator::new(formats.iter().copied()).fields().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(fields(&[Format::TRACE_CONTEXT, Format::BAGGAGE]), ["traceparent", "tracestate", "baggage"]);
    assert_eq!(fields(&[Format::B3, Format::B3]), ["b3"]);
    assert_eq!(fields(&[Format::B3_MULTI]), ["x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags"]);
    assert_eq!(fields(&[Format::JAEGER, Format::XRAY]), ["uber-trace-id", "x-amzn-trace-id"]);
    assert_eq!(fields(&[]), [""; 0]);
}
