//! `traceparent`: <https://www.w3.org/TR/trace-context-2/#traceparent-header>.

use otel_runtime::propagation::Format;

use crate::{SPAN, TRACE, forwarded, owned, received, span};

/// What is sent on for a `traceparent`; `None` if it is not taken.
fn sent(traceparent: &str) -> Option<String> {
    let sent = forwarded(Format::TRACE_CONTEXT, &[("traceparent", traceparent)], Format::TRACE_CONTEXT);
    sent.into_iter().map(|(name, value)| (name == "traceparent").then_some(value)).next()?
}

#[test]
fn what_is_valid_goes_on() {
    let cases = [
        // Each pair of flags, and those that mean nothing yet.
        ("00-T-S-00", "00"),
        ("00-T-S-01", "01"),
        ("00-T-S-02", "02"),
        ("00-T-S-03", "03"),
        ("00-T-S-ff", "03"),
        ("00-T-S-fc", "00"),
        ("00-T-S-09", "01"),
        // Later versions, as far as this one knows them, and with more.
        ("01-T-S-01", "01"),
        ("cc-T-S-03", "03"),
        ("fe-T-S-00", "00"),
        ("cc-T-S-01-", "01"),
        ("cc-T-S-01-what-the-future-will-be-like", "01"),
        ("01-T-S-ff-XYZ", "03"),
        // What HTTP allows around a value.
        (" 00-T-S-01", "01"),
        ("\t00-T-S-01 \t", "01"),
    ];
    for (traceparent, flags) in cases {
        let traceparent = traceparent.replace('T', TRACE).replace('S', SPAN);
        assert_eq!(sent(&traceparent), Some(format!("00-{TRACE}-{SPAN}-{flags}")), "{traceparent:?}");
    }
    // Any bit of the ids may be the only one.
    for (trace, span) in
        [("00000000000000000000000000000001", "8000000000000000"), ("80000000000000000000000000000000", "0000000000000001")]
    {
        let traceparent = format!("00-{trace}-{span}-00");
        assert_eq!(sent(&traceparent), Some(traceparent));
    }
}

#[test]
fn what_is_not_valid_is_as_if_it_were_not_there() {
    let cases = [
        "",
        "-",
        "---",
        "00",
        "0-1-1-1",
        "00-T-S",
        "00-T-S-",
        // Version.
        "ff-T-S-01",
        "FF-T-S-01",
        "0A-T-S-01",
        ".0-T-S-01",
        "0.-T-S-01",
        "0-T-S-01",
        "000-T-S-01",
        "+0-T-S-01",
        "-0-T-S-01",
        // Only later versions go on.
        "00-T-S-01-",
        "00-T-S-01-what-the-future-will-be-like",
        "00-T-S-01.",
        "00-T-S-01 x",
        "cc-T-S-01.what-the-future-will-be-like",
        "cc-T-S-01what",
        "cc-T-S-0",
        "cc-T-S",
        // The id of the trace.
        "00-00000000000000000000000000000000-S-01",
        "00-.bf92f3577b34da6a3ce929d0e0e4736-S-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-S-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47361-S-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-S-01",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-S-01",
        "00-4bf92f3577b34da6 a3ce929d0e0e4736-S-01",
        "00-4bf92f3577b34da6a3ce929d0e0é4736-S-01",
        "00--S-01",
        // The id of the span.
        "00-T-0000000000000000-01",
        "00-T-00f067aa0ba902b-01",
        "00-T-00f067aa0ba902b71-01",
        "00-T-00F067AA0BA902B7-01",
        "00-T-.0f067aa0ba902b7-01",
        "00-T-+0f067aa0ba902b7-01",
        "00-T--01",
        // Flags.
        "00-T-S-1",
        "00-T-S-001",
        "00-T-S-0x",
        "00-T-S-.0",
        "00-T-S-+1",
        "00-T-S-0A",
        // The separators.
        "00_T_S_01",
        "00-T-S_01",
        "00TS01",
        "00-T-S-01,00-T-S-01",
    ];
    for traceparent in cases {
        let traceparent = traceparent.replace('T', TRACE).replace('S', SPAN);
        assert_eq!(sent(&traceparent), None, "{traceparent:?}");
        // Nor is what goes with it.
        let headers = [("traceparent", traceparent.as_str()), ("tracestate", "a=1")];
        assert_eq!(forwarded(Format::TRACE_CONTEXT, &headers, Format::TRACE_CONTEXT), [], "{traceparent:?}");
    }
}

#[test]
fn of_two_nobody_knows_which_one_is_right() {
    let (one, other) = (format!("00-{TRACE}-{SPAN}-01"), format!("00-{TRACE}-00f067aa0ba902b8-01"));
    for second in [&one, &other] {
        let headers = [("traceparent", one.as_str()), ("traceparent", second.as_str())];
        assert_eq!(forwarded(Format::TRACE_CONTEXT, &headers, Format::TRACE_CONTEXT), []);
    }
}

#[test]
fn a_name_has_no_case_and_a_tracestate_alone_is_nothing() {
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let sent = forwarded(Format::TRACE_CONTEXT, &[("TraceParent", &parent), ("TRACESTATE", "a=1")], Format::TRACE_CONTEXT);
    assert_eq!(sent, owned(&[("traceparent", &parent), ("tracestate", "a=1")]));
    assert_eq!(forwarded(Format::TRACE_CONTEXT, &[("tracestate", "a=1")], Format::TRACE_CONTEXT), []);
}

#[test]
fn what_is_received_is_remote() {
    let context = received(Format::TRACE_CONTEXT, &[("traceparent", &format!("00-{TRACE}-{SPAN}-03"))]);
    let span = span(&context);
    assert!(span.is_remote() && span.is_sampled());
    assert_eq!(span.trace_flags().to_u8(), 0x03);
}
