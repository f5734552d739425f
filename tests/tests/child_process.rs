//! Context that goes from a process to its children in their environment, and what a span of ours makes of it on the way.

use std::process::Command;
use std::time::Duration;

use tests::process::Child;
use tests::receiver::{Received, Receiver};

/// A net under a program that hangs.
const LONG: Duration = Duration::from_secs(60);

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// Runs a chain of errands with these variables, and returns what each of them would send.
fn run(receiver: &Receiver, errands: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_errand"));
    command.env_clear().args(errands);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint());
    command.env("OTEL_METRICS_EXPORTER", "none").env("OTEL_LOGS_EXPORTER", "none").envs(variables.iter().copied());
    let output = Child::spawn(command).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}", output.stderr);
    output.stdout.lines().map(str::to_owned).collect()
}

fn parent(flags: &str) -> String {
    format!("00-{TRACE}-{SPAN}-{flags}")
}

/// The spans, from the outermost to the innermost: each is the child of the one before.
fn chain(receiver: &Receiver) -> Vec<Received> {
    let spans = receiver.spans();
    let below = |parent: Option<&Received>| match parent {
        Some(parent) => spans.iter().find(|span| span.parent_span_id_hex() == Some(parent.span_id_hex())),
        None => spans.iter().find(|span| spans.iter().all(|other| span.parent_span_id_hex() != Some(other.span_id_hex()))),
    };
    let chain: Vec<Received> = std::iter::successors(below(None), |parent| below(Some(parent))).cloned().collect();
    assert_eq!(chain.len(), spans.len(), "they are a chain: {spans:?}");
    chain
}

#[test]
fn the_work_of_a_child_is_below_that_of_its_parent() {
    let receiver = Receiver::start();
    let lines = run(&receiver, &["work", "work", "plain", "work"], &[]);
    let spans = chain(&receiver);
    assert_eq!(spans.len(), 4);
    assert_eq!(spans[0].parent_span_id_hex(), None);
    // Each trace that begins here has an id that is random, and says so, to the backend too.
    let sent: Vec<String> =
        spans.iter().map(|span| format!("traceparent: 00-{}-{}-03", spans[0].trace_id_hex(), span.span_id_hex())).collect();
    assert_eq!(lines, sent);
    // The flags of OTLP: those of W3C, that it is known whether the parent is remote, and whether it is.
    let flags: Vec<u32> = spans.iter().map(|span| span.data.flags).collect();
    assert_eq!(flags, [0x103, 0x303, 0x303, 0x303]);
}

#[test]
fn what_the_caller_said_goes_on_as_it_is() {
    for flags in ["01", "03", "00", "02"] {
        let receiver = Receiver::start();
        let parent = parent(flags);
        let variables = [("TRACEPARENT", parent.as_str()), ("TRACESTATE", "a@b@c=1,d=2"), ("BAGGAGE", "user=x%20y;p=%2C")];
        let lines = run(&receiver, &["work", "plain", "work"], &variables);
        assert_eq!(lines.len(), 3);
        for line in &lines {
            assert!(line.starts_with("baggage: user=x%20y;p=%2C | traceparent: "), "{line}");
            assert!(line.contains(TRACE) && line.ends_with(&format!("-{flags} | tracestate: a@b@c=1,d=2")), "{flags}: {line}");
            assert!(!line.contains(SPAN), "a span of its own: {line}");
        }
        let is_sampled = matches!(flags, "01" | "03");
        let recorded: Vec<u32> = chain(&receiver).iter().map(|span| span.data.flags & 0xff).collect();
        let flags = u32::from_str_radix(flags, 16).expect("it is hexadecimal");
        assert_eq!(recorded, vec![flags; if is_sampled { 3 } else { 0 }]);
    }
}

#[test]
fn nothing_of_one_trace_goes_with_another() {
    let receiver = Receiver::start();
    let parent = parent("01");
    let lines = run(&receiver, &["begins", "work"], &[("TRACEPARENT", &parent), ("TRACESTATE", "a@b@c=1,d=2")]);
    let spans = chain(&receiver);
    let sent: Vec<String> =
        spans.iter().map(|span| format!("traceparent: 00-{}-{}-03", spans[0].trace_id_hex(), span.span_id_hex())).collect();
    assert_eq!(lines, sent);
    assert!(!spans[0].trace_id_hex().contains(TRACE));
}

#[test]
fn context_goes_through_a_program_without_telemetry() {
    let receiver = Receiver::start();
    let parent = parent("03");
    let variables = [("TRACEPARENT", parent.as_str()), ("TRACESTATE", "d=2"), ("BAGGAGE", "user=1"), ("OTEL_SDK_DISABLED", "true")];
    let lines = run(&receiver, &["work", "nothing"], &variables);
    assert_eq!(lines, vec![format!("baggage: user=1 | traceparent: {parent} | tracestate: d=2"); 2]);
    assert_eq!(receiver.requests().len(), 0);
}

#[test]
fn what_is_not_valid_starts_a_trace_and_reaches_no_child() {
    let receiver = Receiver::start();
    let lines = run(&receiver, &["nothing", "nothing"], &[("TRACEPARENT", "0-1-1-1"), ("TRACESTATE", "d=2"), ("BAGGAGE", "=")]);
    assert_eq!(lines, ["", ""]);
}

#[test]
fn other_formats_are_configured_by_their_names() {
    let receiver = Receiver::start();
    let formats = ("OTEL_PROPAGATORS", "b3multi,jaeger,xray");
    let lines = run(&receiver, &["nothing", "nothing"], &[formats, ("X_B3_TRACEID", TRACE), ("X_B3_SPANID", SPAN), ("X_B3_FLAGS", "1")]);
    let expected = format!(
        "uber-trace-id: {TRACE}:{SPAN}:0:3 | x-amzn-trace-id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent={SPAN};Sampled=1 | \
         x-b3-flags: 1 | x-b3-spanid: {SPAN} | x-b3-traceid: {TRACE}"
    );
    assert_eq!(lines, vec![expected; 2]);
}

/// Whether it is recorded is ours to decide if the caller leaves it to us, and not if it does not.
#[test]
fn a_deferred_decision_is_made_here() {
    let cases =
        [("", "always_on", "1"), ("", "always_off", "0"), ("-0", "always_on", "0"), ("-1", "always_off", "1"), ("-d", "always_off", "d")];
    for (state, sampler, decided) in cases {
        let receiver = Receiver::start();
        let (b3, sampler) = (format!("{TRACE}-{SPAN}{state}"), format!("parentbased_{sampler}"));
        let variables = [("OTEL_PROPAGATORS", "b3"), ("B3", b3.as_str()), ("OTEL_TRACES_SAMPLER", sampler.as_str())];
        let lines = run(&receiver, &["work", "work"], &variables);
        assert_eq!(lines.len(), 2);
        for line in &lines {
            assert!(line.starts_with(&format!("b3: {TRACE}-")) && line.ends_with(&format!("-{decided}")), "{state:?}, {sampler}: {line}");
        }
        let spans = receiver.spans();
        assert_eq!(spans.len(), if decided == "0" { 0 } else { 2 }, "{state:?}, {sampler}");
        // Attributes were asked for.
        assert!(spans.iter().all(|span| span.attribute("code.function.name").is_some()));
        assert!(spans.iter().all(|span| span.data.flags & 0xff == 1), "B3 knows no random bit");
    }
}
