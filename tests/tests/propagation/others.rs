//! `jaeger` and `xray`.

use otel_runtime::context::Context;
use otel_runtime::opentelemetry::KeyValue;
use otel_runtime::opentelemetry::baggage::BaggageExt;
use otel_runtime::propagation::{Format, Propagator};
use tests::propagation::{Headers, members};

use crate::{SPAN, TRACE, forwarded, owned, received, span};

fn uber(header: &str) -> Option<String> {
    forwarded(Format::JAEGER, &[("uber-trace-id", header)], Format::JAEGER).into_iter().map(|(_, value)| value).next()
}

#[test]
fn jaeger_s_header() {
    let cases = [
        ("T:S:0:1", Some("T:S:0:1")),
        ("T:S:0:0", Some("T:S:0:0")),
        ("T:S:0:01", Some("T:S:0:1")),
        // Debug says that it is sampled.
        ("T:S:0:3", Some("T:S:0:3")),
        ("T:S:0:2", Some("T:S:0:3")),
        ("T:S:0:0b", Some("T:S:0:3")),
        ("T:S:0:8", Some("T:S:0:0")),
        ("T:S:05e3ac9a4f6e3b90:1", Some("T:S:0:1")),
        ("T%3AS%3a0%3A1", Some("T:S:0:1")),
        // Leading zeros may be left out, and case does not matter.
        ("7b:1c8:0:1", Some("0000000000000000000000000000007b:00000000000001c8:0:1")),
        ("7B:1C8:0:1", Some("0000000000000000000000000000007b:00000000000001c8:0:1")),
        ("", None),
        ("T", None),
        ("T:S:0", None),
        ("T:S:0:1:1", None),
        ("T:S::1", None),
        ("T:S:0:", None),
        ("T:S:0:001", None),
        ("T:S:0:x", None),
        ("T:S:0:+1", None),
        ("T:S:x:1", None),
        ("0:S:0:1", None),
        ("T:0:0:1", None),
        ("T0:S:0:1", None),
        ("T:S0:0:1", None),
        ("+7b:1c8:0:1", None),
        ("T:%FF:0:1", None),
    ];
    for (header, expected) in cases {
        let put = |text: &str| text.replace('T', TRACE).replace('S', SPAN);
        assert_eq!(uber(&put(header)), expected.map(put), "{header:?}");
    }
}

#[test]
fn jaeger_s_baggage() {
    let headers = [("uberctx-a", "x%20%2C%25y"), ("Uberctx-b", "1=2"), ("uberctx-", "no name"), ("uberctx-c c", "no token"), ("uber", "x")];
    let context = received(Format::JAEGER, &headers);
    let member = |key: &str, value: &str| (key.to_owned(), value.to_owned(), String::new());
    assert_eq!(members(&context), [member("a", "x ,%y"), member("b", "1=2")]);
    let sent = Headers::sent(&Propagator::new([Format::JAEGER]), &context);
    assert_eq!(sent.0, owned(&[("uberctx-a", "x%20%2C%25y"), ("uberctx-b", "1=2")]));
    // And on as W3C's.
    let sent = Headers::sent(&Propagator::new([Format::BAGGAGE]), &context);
    assert_eq!(sent.value("baggage"), Some("a=x%20%2C%25y,b=1=2"));
}

#[test]
fn baggage_goes_without_a_trace() {
    let context = Context::new().with_baggage([KeyValue::new("a", "1")]);
    let sent = Headers::sent(&Propagator::new([Format::JAEGER]), &context);
    assert_eq!(sent.0, owned(&[("uberctx-a", "1")]));
}

#[test]
fn debug_goes_from_b3_to_jaeger_and_back() {
    let (b3, uber) = (format!("{TRACE}-{SPAN}-d"), format!("{TRACE}:{SPAN}:0:3"));
    assert_eq!(forwarded(Format::B3, &[("b3", &b3)], Format::JAEGER), owned(&[("uber-trace-id", &uber)]));
    assert_eq!(forwarded(Format::JAEGER, &[("uber-trace-id", &uber)], Format::B3), owned(&[("b3", &b3)]));
}

#[test]
fn x_ray_s_header() {
    // R and P stand for what is right.
    let put = |text: &str| text.replace("{R}", "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736").replace("{P}", &format!("Parent={SPAN}"));
    let cases = [
        ("{R};{P};Sampled=1", Some("{R};{P};Sampled=1")),
        ("{R};{P};Sampled=0", Some("{R};{P};Sampled=0")),
        ("{R};{P};Sampled=?", Some("{R};{P};Sampled=?")),
        ("{R};{P}", Some("{R};{P};Sampled=?")),
        // In any order; what is beside is not passed on.
        ("Self=1-67891234-12456789abcdef012345678;Sampled=1; {P} ;{R};Lineage=a:1|b:2;;x", Some("{R};{P};Sampled=1")),
        ("{R}", None),
        ("{P};Sampled=1", None),
        ("{R};{P};Sampled=2", None),
        ("{R};{P};Sampled=", None),
        ("{R};{R};{P};Sampled=1", None),
        ("{R};{P};{P};Sampled=1", None),
        ("Root=2-4bf92f35-77b34da6a3ce929d0e0e4736;{P}", None),
        ("Root=1-4bf92f3577b34da6a3ce929d0e0e4736;{P}", None),
        ("Root=1-4BF92F35-77b34da6a3ce929d0e0e4736;{P}", None),
        ("Root=1-4bf92f35-77b34da6a3ce929d0e0e47361;{P}", None),
        ("Root=1-00000000-000000000000000000000000;{P}", None),
        ("{R};Parent=0000000000000000", None),
        ("{R};Parent=00f067aa0ba902b", None),
        ("", None),
    ];
    for (header, expected) in cases {
        let header = put(header);
        let sent = forwarded(Format::XRAY, &[("X-Amzn-Trace-Id", &header)], Format::XRAY).into_iter().map(|(_, value)| value).next();
        assert_eq!(sent, expected.map(put), "{header:?}");
    }
}

#[test]
fn what_x_ray_defers_is_in_no_flags_and_no_tracestate() {
    let header = format!("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent={SPAN};Sampled=?;Lineage=a:1");
    let headers = [("x-amzn-trace-id", header.as_str())];
    let span = span(&received(Format::XRAY, &headers));
    assert_eq!((span.trace_flags().to_u8(), span.trace_state().header()), (0, String::new()));
    let expected = [("traceparent", format!("00-{TRACE}-{SPAN}-00"))];
    assert_eq!(forwarded(Format::XRAY, &headers, Format::TRACE_CONTEXT), owned(&[(expected[0].0, &expected[0].1)]));
}
