//! Spans of libraries that speak `tracing`, among ours.

use otel_runtime::opentelemetry::Context;
use otel_runtime::opentelemetry::trace::Status;
use otel_runtime::traced;
use tests::receiver::{Protocol, Receiver, captured};
use tests::telemetry::{Printed, isolated, to};
use tracing::{Instrument, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::{recorded, with_body};

#[traced]
fn ours() {
    let _entered = info_span!(target: "t", "theirs").entered();
    ours_inside();
}

#[traced]
fn ours_inside() {}

#[traced]
async fn step() {
    tokio::task::yield_now().await;
}

/// Without the attribute that every span of theirs has here.
fn tree(spans: &[tests::receiver::Received]) -> String {
    captured(spans).tree().replace(" target=t", "")
}

#[test]
fn theirs_nest_under_ours_and_ours_under_theirs() {
    let (spans, _) = recorded(|| info_span!(target: "t", "outer").in_scope(ours));
    assert_eq!(tree(&spans), "outer\n  ours\n    theirs\n      ours_inside\n");
}

#[test]
fn tasks_that_take_turns_keep_their_own() {
    let (spans, _) = recorded(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let task = |name: &'static str| {
            let turns = async move {
                step().await;
                tokio::task::yield_now().await;
                async { step().await }.instrument(info_span!(target: "t", "inner")).await;
                tracing::info!("{name}");
            };
            turns.instrument(info_span!(target: "t", "task", otel.name = name))
        };
        runtime.block_on(async { tokio::join!(task("first"), task("second"), step()) });
    });
    assert_eq!(
        tree(&spans).split_inclusive('\n').filter(|line| !line.starts_with("step")).collect::<String>(),
        "first\n  step\n  inner\n    step\nsecond\n  step\n  inner\n    step\n"
    );
    assert_eq!(spans.len(), 9);
}

#[test]
fn spans_may_be_left_in_any_order() {
    let (spans, logs) = recorded(|| {
        let first = info_span!(target: "t", "first").entered();
        let second = info_span!(target: "t", "second").entered();
        drop(first);
        ours_inside();
        tracing::info!("in second");
        drop(second);
        ours_inside();
        tracing::info!("in none");
    });
    assert_eq!(tree(&spans), "first\n  second\n    ours_inside\nours_inside\n");
    let second = spans.iter().find(|span| span.name() == "second").expect("it ended");
    assert_eq!(with_body(&logs, "in second").span_id_hex(), second.span_id_hex());
    assert_eq!(with_body(&logs, "in none").span_id_hex(), "");
}

#[test]
fn parents_that_are_given_are_parents() {
    let (spans, logs) = recorded(|| {
        let parent = info_span!(target: "t", "parent");
        let _other = info_span!(target: "t", "other").entered();
        info_span!(target: "t", parent: &parent, "child").in_scope(ours_inside);
        info_span!(target: "t", parent: None, "root").in_scope(|| {});
        tracing::info!(parent: &parent, "of parent");
        let moved = info_span!(target: "t", "moved");
        moved.set_parent(parent.context()).expect("it has not begun");
        moved.in_scope(|| {});
    });
    assert_eq!(tree(&spans), "parent\n  child\n    ours_inside\n  moved\nother\nroot\n");
    let parent = spans.iter().find(|span| span.name() == "parent").expect("it ended");
    assert_eq!(with_body(&logs, "of parent").span_id_hex(), parent.span_id_hex());
}

#[test]
fn an_error_is_the_outcome_of_the_span_that_it_is_in() {
    let (spans, _) = recorded(|| {
        info_span!(target: "t", "failed").in_scope(|| tracing::error!(error = "no route", "it did not work"));
        info_span!(target: "t", "warned").in_scope(|| tracing::warn!("nearly"));
        info_span!(target: "t", "around").in_scope(handled);
    });
    let captured = captured(&spans);
    assert_eq!(captured.one("failed").status, Status::error("no route"));
    for well in ["warned", "around", "handled"] {
        assert_eq!(captured.one(well).status, Status::Unset, "{well}");
    }
    assert!(captured.all().iter().all(|span| span.events.is_empty()), "events are log records");
}

#[traced]
fn handled() {
    tracing::error!("tried again, and it worked");
}

#[test]
fn telemetry_itself_makes_no_spans() {
    let (spans, _) = recorded(|| {
        let _silent = Context::enter_telemetry_suppressed_scope();
        let span = info_span!(target: "t", "of an exporter", empty = tracing::field::Empty);
        span.record("empty", 1);
        let _entered = span.entered();
        assert!(Context::is_current_telemetry_suppressed(), "and stays silent inside of it");
        info_span!(target: "t", parent: None, "deeper").in_scope(|| {});
    });
    assert!(spans.is_empty(), "{spans:?}");
}

#[test]
fn without_an_exporter_of_logs_events_stay_with_their_spans() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let subscriber = registry().with(telemetry.tracing_layer());
    tracing::subscriber::with_default(subscriber, || info_span!(target: "t", "one").in_scope(|| tracing::info!("happened")));
    telemetry.shutdown().expect("the receiver takes everything");
    assert_eq!(captured(&receiver.spans()).one("one").events[0].0, "happened");
}

#[test]
fn a_layer_with_nothing_to_do_leaves_the_others_alone() {
    for exporters in [("none", "none"), ("none", "console"), ("console", "none"), ("console", "console")] {
        let printed = Printed::default();
        let builder = isolated().set("OTEL_TRACES_EXPORTER", exporters.0).set("OTEL_LOGS_EXPORTER", exporters.1);
        let telemetry = builder.console(std::io::sink()).build().expect("telemetry can be set up");
        let writer = printed.clone();
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let subscriber = registry().with(telemetry.tracing_layer()).with(lines);
        tracing::subscriber::with_default(subscriber, || info_span!("one").in_scope(|| tracing::debug!("happened")));
        assert!(printed.text().contains("DEBUG one: logs::spans: happened"), "{exporters:?}: {}", printed.text());
    }
}
