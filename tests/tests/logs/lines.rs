//! What is printed, with the ids of what it belongs to.

use otel_runtime::logs::WithIds;
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::Printed;
use tracing::info_span;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;

use super::telemetry;

/// What the layer that is made prints of a line in a span and of one in none, and the ids.
fn printed<L>(make: impl FnOnce(Printed) -> L) -> (String, String, String)
where
    L: Layer<registry::Registry> + Send + Sync,
{
    let receiver = Receiver::start();
    let telemetry = telemetry(&receiver, Protocol::Http);
    let printed = Printed::default();
    let subscriber = registry().with(make(printed.clone()).and_then(telemetry.tracing_layer()));
    tracing::subscriber::with_default(subscriber, || {
        info_span!("one").in_scope(|| tracing::info!(answer = 42, "inside"));
        tracing::info!("outside");
    });
    telemetry.shutdown().expect("the receiver takes everything");
    let span = &receiver.spans()[0];
    (printed.text(), span.trace_id_hex(), span.span_id_hex())
}

#[test]
fn every_line_of_text_in_a_span_begins_with_its_ids() {
    let (text, trace, span) =
        printed(|printed| fmt::layer().without_time().with_ansi(false).with_writer(move || printed.clone()).map_event_format(WithIds));
    assert_eq!(text, format!("trace_id={trace} span_id={span}  INFO one: logs::lines: inside answer=42\n INFO logs::lines: outside\n"));
}

#[test]
fn every_object_of_json_in_a_span_has_its_ids() {
    let (text, trace, span) =
        printed(|printed| fmt::layer().json().without_time().with_writer(move || printed.clone()).map_event_format(WithIds));
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect();
    assert_eq!((&lines[0]["trace_id"], &lines[0]["span_id"]), (&trace.into(), &span.into()), "{text}");
    assert_eq!((&lines[0]["fields"]["message"], &lines[0]["fields"]["answer"]), (&"inside".into(), &42.into()));
    assert_eq!((lines[1].get("trace_id"), &lines[1]["fields"]["message"]), (None, &"outside".into()));
}

#[test]
fn colours_stay() {
    let (text, trace, span) =
        printed(|printed| fmt::layer().without_time().with_ansi(true).with_writer(move || printed.clone()).map_event_format(WithIds));
    assert!(text.starts_with(&format!("trace_id={trace} span_id={span} ")), "{text:?}");
}
