//! B3: <https://github.com/openzipkin/b3-propagation>.

use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceState};
use otel_runtime::propagation::{Format, Propagator};
use tests::propagation::Headers;

use crate::{SPAN, TRACE, forwarded, owned, received, span};

type Header<'a> = (&'a str, &'a str);

/// What is sent on as `b3` for what is received.
fn single(headers: &[(&str, &str)]) -> Option<String> {
    forwarded(Format::B3, headers, Format::B3).into_iter().map(|(_, value)| value).next()
}

#[test]
fn the_single_header() {
    let long = |rest: &str| format!("{TRACE}-{SPAN}{rest}");
    let cases = [
        (long(""), Some(long(""))),
        (long("-1"), Some(long("-1"))),
        (long("-0"), Some(long("-0"))),
        (long("-d"), Some(long("-d"))),
        // The parent is not passed on.
        (long("-1-05e3ac9a4f6e3b90"), Some(long("-1"))),
        (format!("a3ce929d0e0e4736-{SPAN}-1"), Some(format!("0000000000000000a3ce929d0e0e4736-{SPAN}-1"))),
        (format!(" {} ", long("-1")), Some(long("-1"))),
        // A decision without a trace.
        ("0".to_owned(), None),
        ("1".to_owned(), None),
        ("d".to_owned(), None),
        (String::new(), None),
        (long("-"), None),
        (long("-2"), None),
        (long("-true"), None),
        (long("-1-"), None),
        (long("-1-xyz"), None),
        (long("-1-05e3ac9a4f6e3b90-1"), None),
        (long("-1").to_uppercase(), None),
        (format!("{}-{SPAN}-1", "0".repeat(32)), None),
        (format!("{TRACE}-{}-1", "0".repeat(16)), None),
        (format!("{}-{SPAN}-1", &TRACE[1..]), None),
        (format!("{TRACE}-{}-1", &SPAN[1..]), None),
        (format!("+{}-{SPAN}-1", &TRACE[1..]), None),
    ];
    for (b3, expected) in cases {
        assert_eq!(single(&[("b3", &b3)]), expected, "{b3:?}");
    }
}

#[test]
fn the_headers() {
    let ids = [("X-B3-TraceId", TRACE), ("X-B3-SpanId", SPAN)];
    let with = |more: &[(&'static str, &'static str)]| single(&[&ids[..], more].concat());
    let cases: [(&[Header], Option<&str>); 14] = [
        (&[], Some("")),
        (&[("X-B3-Sampled", "1")], Some("-1")),
        (&[("X-B3-Sampled", "0")], Some("-0")),
        (&[("X-B3-Sampled", "true")], Some("-1")),
        (&[("X-B3-Sampled", "false")], Some("-0")),
        (&[("X-B3-Flags", "1")], Some("-d")),
        (&[("X-B3-Flags", "1"), ("X-B3-Sampled", "0")], Some("-d")),
        (&[("X-B3-Flags", "0"), ("X-B3-Sampled", "1")], Some("-1")),
        (&[("X-B3-Sampled", "1"), ("X-B3-ParentSpanId", "05e3ac9a4f6e3b90")], Some("-1")),
        (&[("X-B3-Sampled", "d")], None),
        (&[("X-B3-Sampled", "")], None),
        (&[("X-B3-TraceId", TRACE)], None),
        (&[("X-B3-SpanId", SPAN)], None),
        (&[("x-b3-spanid", "05e3ac9a4f6e3b90")], None),
    ];
    for (more, expected) in cases {
        assert_eq!(with(more), expected.map(|state| format!("{TRACE}-{SPAN}{state}")), "{more:?}");
    }
    assert_eq!(single(&ids[..1]), None);
    assert_eq!(single(&ids[1..]), None);
}

#[test]
fn the_single_header_comes_before_the_others_unless_it_is_invalid() {
    let ids = [("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "1")];
    let one = format!("{TRACE}-05e3ac9a4f6e3b90-0");
    assert_eq!(single(&[&ids[..], &[("b3", &one)]].concat()), Some(one));
    assert_eq!(single(&[&ids[..], &[("b3", "0")]].concat()), Some(format!("{TRACE}-{SPAN}-1")));
}

#[test]
fn each_state_is_sent_in_each_format() {
    let cases = [("", [].as_slice()), ("-1", &[("x-b3-sampled", "1")]), ("-0", &[("x-b3-sampled", "0")]), ("-d", &[("x-b3-flags", "1")])];
    for (state, headers) in cases {
        let expected = [&[("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN)], headers].concat();
        let single = format!("{TRACE}-{SPAN}{state}");
        assert_eq!(forwarded(Format::B3, &[("b3", &single)], Format::B3_MULTI), owned(&expected), "{state:?}");
        assert_eq!(forwarded(Format::B3_MULTI, &expected, Format::B3), owned(&[("b3", &single)]), "{state:?}");
    }
}

/// They are no flags of W3C's, among which the second bit means something else.
#[test]
fn debug_and_deferred_are_in_no_flags() {
    for (state, flags) in [("", 0), ("-0", 0), ("-1", 1), ("-d", 1)] {
        let headers = [("b3", format!("{TRACE}-{SPAN}{state}"))];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(span(&received(Format::B3, &headers)).trace_flags().to_u8(), flags, "{state:?}");
        let expected = format!("00-{TRACE}-{SPAN}-{flags:02x}");
        assert_eq!(forwarded(Format::B3, &headers, Format::TRACE_CONTEXT), owned(&[("traceparent", &expected)]));
    }
}

/// A span of ours in the trace: debug goes on, and what was left to us is decided.
#[test]
fn debug_stays_with_the_trace_and_a_deferred_decision_does_not() {
    let child = |state: &str, sampled: bool| {
        let context = received(Format::B3, &[("b3", &format!("{TRACE}-{SPAN}{state}"))]);
        let flags = TraceFlags::default().with_sampled(sampled);
        let span = SpanContext::new(span(&context).trace_id(), SpanId::from(7), flags, false, TraceState::NONE);
        let sent = Headers::sent(&Propagator::new([Format::B3]), &context.with_remote_span_context(span));
        sent.value("b3").map(|b3| b3[TRACE.len() + 1..].to_owned())
    };
    for (state, sampled, expected) in [
        ("-d", true, "0000000000000007-d"),
        ("", true, "0000000000000007-1"),
        ("", false, "0000000000000007-0"),
        ("-1", true, "0000000000000007-1"),
    ] {
        assert_eq!(child(state, sampled).as_deref(), Some(expected));
    }
}

#[test]
fn debug_does_not_go_to_another_trace() {
    let context = received(Format::B3, &[("b3", &format!("{TRACE}-{SPAN}-d"))]);
    let other = received(Format::B3, &[("b3", &format!("{}-{SPAN}-1", "1".repeat(32)))]);
    let sent = Headers::sent(&Propagator::new([Format::B3]), &context.with_remote_span_context(span(&other)));
    assert_eq!(sent.value("b3"), Some(format!("{}-{SPAN}-1", "1".repeat(32)).as_str()));
}
