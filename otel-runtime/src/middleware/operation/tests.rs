use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

use super::*;
use crate::setup::{InitError, Telemetry};
use crate::testing::{Captured, PointValue, capture};

const fn metric(name: &'static str, unit: &'static str) -> Metric {
    Metric::new(name, unit, "").buckets(&[1.0, 10.0])
}

static CALLS: Operations = Operations::new(
    "otel_runtime::made_up",
    SpanKind::Client,
    Metrics {
        duration: Some(metric("made.up.duration", "s")),
        active: Some(metric("made.up.active", "{call}")),
        amounts: &[metric("made.up.rows", "{row}"), metric("made.up.size", "By")],
    },
);

fn describe(beginning: &mut Beginning<'_>) {
    if let Some(span) = beginning.span() {
        span.named(format!("call {}", 7)).extend([KeyValue::new("call.number", 7)]);
    }
    if beginning.measures {
        beginning.label(&[KeyValue::new("z", "at once")]);
        beginning.under_way();
        beginning.label(&[KeyValue::new("b", "later")]);
    }
}

/// What is recorded of an operation to which this is done.
fn recorded(of: impl FnOnce(Operation)) -> Captured {
    capture(|| of(CALLS.start(None, describe))).1
}

#[test]
fn one_outcome_ends_the_span_and_all_metrics() {
    let captured = recorded(|mut call| {
        call.set([KeyValue::new("call.rows", 3)]);
        call.label(&[KeyValue::new("a", "last")]);
        call.amount(0, 3);
        call.end(Outcome::error("timeout", "it took too long"));
        call.rename("nobody sees this");
    });
    assert_eq!(captured.tree(), "call 7 (client) call.number=7 call.rows=3 error=timeout \"it took too long\"\n");
    assert_eq!(captured.all()[0].scope, "otel_runtime::made_up");
    assert_eq!(
        captured.metrics(),
        "made.up.active{z=at once} 0\n\
         made.up.duration{a=last,b=later,error.type=timeout,z=at once} 1\n\
         made.up.rows{a=last,b=later,error.type=timeout,z=at once} 1\n"
    );
    let rows = captured.points("made.up.rows").next().unwrap();
    assert_eq!(rows.value, PointValue::Histogram { count: 1, sum: 3.0, bounds: vec![1.0, 10.0] });
}

#[test]
fn dropped_it_was_cancelled_which_is_neither_ok_nor_an_error() {
    let captured = recorded(|call| {
        call.rename("another name");
        drop(call);
    });
    assert_eq!(captured.tree(), "another name (client) call.number=7 cancelled\n");
    assert_eq!(captured.metrics(), "made.up.active{z=at once} 0\nmade.up.duration{b=later,z=at once} 1\n");
}

#[test]
fn a_panic_in_what_runs_under_it_is_its_own() {
    let captured = recorded(|mut call| {
        let unwound = catch_unwind(AssertUnwindSafe(|| call.run(|| panic!("the wire is cut"))));
        assert!(unwound.is_err());
    });
    assert_eq!(captured.tree(), "call 7 (client) call.number=7 error=panic \"the wire is cut\"\n");
    assert_eq!(captured.metrics(), "made.up.active{z=at once} 0\nmade.up.duration{b=later,error.type=panic,z=at once} 1\n");
}

#[test]
fn more_sets_of_labels_than_there_is_room_for_are_recorded_all_the_same() {
    static MANY: Operations = Operations::new("otel_runtime::many", SpanKind::Client, CALLS.metrics);
    const COUNT: i64 = 1500;
    let ((), captured) = capture(|| {
        for number in 0..COUNT {
            let mut call = MANY.start(None, |beginning| {
                beginning.label(&[KeyValue::new("z", number)]);
                beginning.under_way();
                beginning.label(&[KeyValue::new("b", "later")]);
                let (attributes, _) = beginning.labelled_span(|| format!("call {number}").into()).unwrap();
                attributes.extend([KeyValue::new("call.number", number)]);
            });
            call.amount(0, 1);
            call.end(Outcome::OK);
        }
    });
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    let lines = |text: String| sorted(text.lines().map(str::to_owned).collect());
    let span = |number| format!("call {number} (client) b=later z={number} call.number={number}");
    assert_eq!(lines(captured.tree()), sorted((0..COUNT).map(span).collect()));
    let measured = |number| {
        let (active, ended) = (format!("{{z={number}}} 0"), format!("{{b=later,z={number}}} 1"));
        [format!("made.up.active{active}"), format!("made.up.duration{ended}"), format!("made.up.rows{ended}")]
    };
    assert_eq!(lines(captured.metrics()), sorted((0..COUNT).flat_map(measured).collect()));
}

#[test]
fn what_runs_under_it_has_its_span() {
    let captured = recorded(|mut call| {
        call.run(|| CALLS.start(None, |inner| _ = inner.span().map(|span| span.named("inner"))).end(Outcome::OK));
        assert!(!Context::current().has_active_span());
        call.end(Outcome::OK);
    });
    assert_eq!(captured.tree(), "call 7 (client) call.number=7\n  inner (client)\n");
}

#[test]
fn without_anything_installed_nothing_is_asked_and_the_context_goes_through() {
    let parent = Context::new().with_remote_span_context(remote());
    let call = CALLS.start(Some(parent), |_| unreachable!("nobody wants to know"));
    assert!(!call.records() && !call.measures());
    assert_eq!(call.context().map(|context| context.span().span_context().clone()), Some(remote()));
}

#[test]
fn under_a_parent_that_is_not_sampled_no_span_is_built_and_the_rest_is_measured() {
    let telemetry = printing().unwrap();
    let parent = telemetry.context().with_remote_span_context(not_sampled());
    let call = CALLS.start(Some(parent), |beginning| assert!(beginning.span().is_none() && beginning.measures));
    assert!(!call.records() && call.measures());
    assert_eq!(call.context().map(|context| context.span().span_context().clone()), Some(not_sampled()));
}

#[test]
fn where_telemetry_is_suppressed_nothing_is_recorded() {
    let ((), captured) = capture(|| {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        CALLS.start(None, |_| unreachable!("nobody wants to know")).end(Outcome::OK);
    });
    assert_eq!((captured.tree(), captured.metrics()), (String::new(), String::new()));
}

#[test]
fn a_filter_switches_it_by_its_path() {
    let telemetry = printing().unwrap();
    let _attached = telemetry.context().attach();
    let records = || {
        let call = CALLS.start(None, |_| ());
        (call.records(), call.measures())
    };
    assert_eq!(records(), (true, true));
    telemetry.reload_filter("otel_runtime::made_up=off").unwrap();
    assert_eq!(records(), (false, false));
    telemetry.reload_filter("off,otel_runtime=on").unwrap();
    assert_eq!(records(), (true, true));
}

/// Telemetry that samples as it does by default.
fn printing() -> Result<Telemetry, InitError> {
    let builder = crate::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "console").set("OTEL_METRICS_EXPORTER", "console");
    builder.set("OTEL_LOGS_EXPORTER", "none").console(std::io::sink()).build()
}

fn remote() -> SpanContext {
    span_context(TraceFlags::SAMPLED, true)
}

fn not_sampled() -> SpanContext {
    span_context(TraceFlags::NOT_SAMPLED, false)
}

fn span_context(flags: TraceFlags, is_remote: bool) -> SpanContext {
    SpanContext::new(TraceId::from(0x11), SpanId::from(0x22), flags, is_remote, TraceState::NONE)
}
