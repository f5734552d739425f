//! Errors and panics as exceptions: events of the span, or log records, by option and by variable.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use otel_runtime::context::FutureExt;
use otel_runtime::opentelemetry::trace::Status;
use otel_runtime::testing::Captured;
use otel_runtime::{ErrorType, baggage, traced};
use tests::receiver::{Protocol, Received, Receiver, captured};
use tests::telemetry::{Builder, to};

const VARIABLE: &str = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";

#[derive(Debug, ErrorType)]
enum OrderError {
    CardDeclined,
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the card was declined")
    }
}

impl Error for OrderError {}

#[traced]
fn charge() -> Result<(), OrderError> {
    Err(OrderError::CardDeclined)
}

#[traced]
fn print() {
    panic!("the printer is on fire");
}

/// With logs exported.
fn exporting(receiver: &Receiver) -> Builder {
    to(receiver, Protocol::Http).set("OTEL_LOGS_EXPORTER", "otlp")
}

/// What a run leaves, with this value of the variable.
fn recorded<T>(value: &str, run: impl FnOnce() -> T) -> (Captured, Vec<Received<LogRecord>>) {
    let receiver = Receiver::start();
    recorded_by(exporting(&receiver).set(VARIABLE, value), &receiver, run)
}

fn recorded_by<T>(builder: Builder, receiver: &Receiver, run: impl FnOnce() -> T) -> (Captured, Vec<Received<LogRecord>>) {
    let telemetry = builder.build().expect("telemetry can be set up");
    {
        let _attached = telemetry.context().attach();
        run();
    }
    telemetry.shutdown().expect("everything is delivered");
    (captured(&receiver.spans()), receiver.logs())
}

fn fails_and_panics() {
    charge().expect_err("it fails");
    catch_unwind(print).expect_err("it panics");
}

fn text(log: &Received<LogRecord>, key: &str) -> String {
    match log.attribute(key) {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{key}: {other:?}"),
    }
}

/// The messages of the log records, with their severities.
fn messages(logs: &[Received<LogRecord>]) -> Vec<(String, String)> {
    logs.iter().map(|log| (log.data.severity_text.clone(), text(log, "exception.message"))).collect()
}

fn errors(messages: &[&str]) -> Vec<(String, String)> {
    messages.iter().map(|message| ("ERROR".to_owned(), (*message).to_owned())).collect()
}

/// The names of the events of all spans, by the names of these.
fn events(spans: &Captured) -> Vec<(&str, &str)> {
    spans.all().iter().flat_map(|span| span.events.iter().map(|(name, _)| (span.name.as_str(), name.as_str()))).collect()
}

#[test]
fn without_the_variable_a_panic_is_an_event_and_an_error_is_an_outcome() {
    let (spans, logs) = recorded("", fails_and_panics);
    assert_eq!(events(&spans), [("print", "exception")]);
    assert!(logs.is_empty(), "{logs:?}");
}

#[test]
fn as_logs_they_belong_to_the_span_that_failed() {
    let (spans, logs) = recorded("logs", fails_and_panics);
    assert!(events(&spans).is_empty());
    assert_eq!(messages(&logs), errors(&["the card was declined", "the printer is on fire"]));
    let types = [("charge", "exceptions::OrderError", "card_declined"), ("print", "panic", "panic")];
    for (log, (name, exception_type, error_type)) in logs.iter().zip(types) {
        let span = spans.one(name);
        assert_eq!((log.trace_id_hex(), log.span_id_hex()), (span.trace_id.to_string(), span.span_id.to_string()));
        assert_eq!(log.data.event_name, "exception");
        assert_eq!((text(log, "exception.type"), text(log, "error.type")), (exception_type.to_owned(), error_type.to_owned()));
        assert_eq!(log.data.severity_number, 17);
        assert_eq!(log.scope.name, "tests");
        assert_eq!(text(log, "code.function.name"), format!("exceptions::{name}"));
        assert_eq!(text(log, "code.file.path"), file!());
        let Some(Value::IntValue(line)) = log.attribute("code.line.number") else { panic!("{log:?}") };
        assert_eq!(span.attribute("code.line.number").map(ToString::to_string), Some(line.to_string()));
        assert_eq!(log.data.flags & 1, 1);
        assert!(log.data.time_unix_nano > 0 && log.body().is_none());
    }
    // The outcome is what it is without them.
    assert_eq!(spans.one("charge").status, Status::error("the card was declined"));
    assert_eq!(spans.one("charge").attribute("error.type").map(ToString::to_string).as_deref(), Some("card_declined"));
}

#[test]
fn for_a_transition_they_are_both() {
    let (spans, logs) = recorded("Logs/Dup", fails_and_panics);
    assert_eq!(events(&spans), [("charge", "exception"), ("print", "exception")]);
    assert_eq!(messages(&logs), errors(&["the card was declined", "the printer is on fire"]));
}

#[traced(exceptions = logs)]
fn deep(levels: u32) -> Result<(), Box<dyn Error>> {
    if levels == 0 { Ok(charge()?) } else { deep(levels - 1) }
}

#[traced(exceptions = logs)]
fn deep_panic(levels: u32) {
    if levels == 0 { print() } else { deep_panic(levels - 1) }
}

#[test]
fn an_error_that_passes_through_many_functions_is_one_log() {
    let (spans, logs) = recorded("logs", || drop(deep(10)));
    assert_eq!(messages(&logs), errors(&["the card was declined"]));
    assert_eq!(logs[0].span_id_hex(), spans.one("charge").span_id.to_string());
    assert_eq!(spans.all().iter().filter(|span| span.status == Status::error("the card was declined")).count(), 12);
    let (spans, logs) = recorded("logs", || drop(catch_unwind(|| deep_panic(10))));
    assert_eq!(messages(&logs), errors(&["the printer is on fire"]));
    assert_eq!((spans.all().len(), logs[0].span_id_hex()), (12, spans.one("print").span_id.to_string()));
}

#[traced]
fn in_other_words() -> Result<(), String> {
    charge().map_err(|error| format!("the order was not placed: {error}"))
}

#[traced]
fn says_something_new() -> Result<(), String> {
    in_other_words().map_err(|_| "out of order".to_owned())
}

#[traced]
fn around() -> Result<(), String> {
    says_something_new()
}

#[traced]
fn tries_again() -> Result<(), String> {
    charge().expect_err("it fails");
    Err("gave up".to_owned())
}

#[traced]
fn handles() {
    charge().expect_err("it fails");
}

#[test]
fn what_says_something_new_is_a_log_of_its_own() {
    let (_, logs) = recorded("logs", || around().expect_err("it fails"));
    assert_eq!(messages(&logs), errors(&["the card was declined", "out of order"]));
    let (_, logs) = recorded("logs", || tries_again().expect_err("it fails"));
    assert_eq!(messages(&logs), errors(&["the card was declined", "gave up"]));
    let (spans, logs) = recorded("logs", handles);
    assert_eq!((messages(&logs), &spans.one("handles").status), (errors(&["the card was declined"]), &Status::Unset));
    // Twice the same is two failures.
    let (_, logs) = recorded("logs", || [charge(), charge()].map(|result| result.expect_err("it fails")));
    assert_eq!(logs.len(), 2);
}

#[traced]
async fn fails(message: String) -> Result<(), String> {
    tokio::task::yield_now().await;
    Err(message)
}

#[traced]
async fn both_fail() -> Result<(), String> {
    let second = tokio::spawn(fails("second".to_owned()).with_current_context());
    let first = fails("first".to_owned()).await;
    second.await.expect("it does not panic").expect_err("it fails");
    first
}

#[test]
fn failures_side_by_side_are_told_apart() {
    let (_, logs) = recorded("logs", || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
        runtime.block_on(both_fail()).expect_err("it fails");
    });
    let mut messages = messages(&logs);
    messages.sort();
    assert_eq!(messages, errors(&["first", "second"]));
}

#[traced(kind = server)]
fn serve() -> Result<(), String> {
    call_through()
}

#[traced]
fn call_through() -> Result<(), String> {
    call()
}

#[traced(kind = client)]
fn call() -> Result<(), String> {
    Err("no route".to_owned())
}

#[traced(kind = producer)]
fn produce() -> Result<(), String> {
    serve_in()
}

#[traced(kind = consumer)]
fn serve_in() -> Result<(), String> {
    Err("no message".to_owned())
}

#[test]
fn the_severity_is_that_of_the_kind() {
    let (spans, logs) = recorded("logs", || serve().expect_err("it fails"));
    // Of the client, whose caller might have handled it; and of the request, which failed for it.
    let severities: Vec<_> = logs.iter().map(|log| (log.data.severity_text.as_str(), log.span_id_hex())).collect();
    let expected = [("WARN", "call"), ("ERROR", "serve")].map(|(severity, name)| (severity, spans.one(name).span_id.to_string()));
    assert_eq!(severities, expected);
    let (_, logs) = recorded("logs", || produce().expect_err("it fails"));
    assert_eq!(messages(&logs), errors(&["no message"]));
}

struct Shop;

#[traced(exceptions = both)]
impl Shop {
    fn by_block() -> Result<(), String> {
        Err("by block".to_owned())
    }

    #[traced(exceptions = events)]
    fn by_function() -> Result<(), String> {
        Err("by function".to_owned())
    }
}

#[traced(exceptions = none)]
fn silent(how: &str) -> Result<(), String> {
    assert_ne!(how, "panic", "the reason");
    Err(how.to_owned())
}

#[test]
fn what_an_annotation_says_comes_first() {
    let run = || {
        Shop::by_block().expect_err("it fails");
        Shop::by_function().expect_err("it fails");
        silent("error").expect_err("it fails");
        catch_unwind(|| silent("panic")).expect_err("it panics");
    };
    for value in ["", "logs", "logs/dup"] {
        let (spans, logs) = recorded(value, run);
        assert_eq!(events(&spans), [("Shop::by_block", "exception"), ("Shop::by_function", "exception")], "{value}");
        assert_eq!(messages(&logs), errors(&["by block"]), "{value}");
        assert!(spans.named("silent").all(|span| span.attribute("error.type").is_some()));
    }
}

#[test]
fn without_an_exporter_of_logs_they_are_events_and_it_is_said() {
    let receiver = Receiver::start();
    let builder = to(&receiver, Protocol::Http).set(VARIABLE, "logs");
    let warning = format!("{VARIABLE}: is ignored, because logs are not exported; panics are events of their spans");
    let telemetry = builder.build().expect("telemetry can be set up");
    assert_eq!(telemetry.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(), [warning]);
    {
        let _attached = telemetry.context().attach();
        fails_and_panics();
        deep(0).expect_err("it fails");
    }
    telemetry.shutdown().expect("everything is delivered");
    // That of `deep` was asked for at its place.
    assert_eq!(events(&captured(&receiver.spans())), [("print", "exception"), ("deep", "exception")]);
}

#[test]
fn there_is_none_of_a_span_that_is_not_recorded() {
    let receiver = Receiver::start();
    let builder = exporting(&receiver).set(VARIABLE, "logs").set("OTEL_TRACES_SAMPLER", "always_off");
    let (spans, logs) = recorded_by(builder, &receiver, fails_and_panics);
    assert!(spans.all().is_empty() && logs.is_empty(), "{logs:?}");
}

#[test]
fn they_have_the_baggage_of_their_span() {
    #[traced(baggage(tenant.id = "inside"))]
    fn with_baggage() -> Result<(), String> {
        Err("out of tea".to_owned())
    }
    let receiver = Receiver::start();
    let builder = exporting(&receiver).set(VARIABLE, "logs").set("OTEL_RUST_BAGGAGE_ATTRIBUTES", "tenant.id");
    let (_, logs) = recorded_by(builder, &receiver, || {
        let _attached = baggage::with("tenant.id", "outside").attach();
        with_baggage().expect_err("it fails");
    });
    assert_eq!(text(&logs[0], "tenant.id"), "inside");
}

#[traced]
fn recovers() -> Result<(), OrderError> {
    otel_runtime::current().record_error(&OrderError::CardDeclined);
    Ok(())
}

#[test]
fn an_error_that_was_handled_goes_the_same_way() {
    for (value, has_event, records) in [("", true, 0), ("logs", false, 1), ("logs/dup", true, 1)] {
        let (spans, logs) = recorded(value, || recovers().expect("it recovers"));
        assert_eq!((!events(&spans).is_empty(), logs.len()), (has_event, records), "{value}");
        assert_eq!(spans.one("recovers").status, Status::Unset);
        for log in &logs {
            assert_eq!((log.data.severity_text.as_str(), text(log, "exception.message")), ("WARN", "the card was declined".to_owned()));
            assert_eq!(log.span_id_hex(), spans.one("recovers").span_id.to_string());
        }
    }
}

#[test]
fn a_panic_in_a_future_is_one_log_too() {
    #[traced]
    async fn outer() {
        inner().await;
    }
    #[traced]
    async fn inner() {
        tokio::task::yield_now().await;
        panic!("in a future");
    }
    let (_, logs) = recorded("logs", || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        catch_unwind(AssertUnwindSafe(|| runtime.block_on(outer()))).expect_err("it panics");
    });
    assert_eq!(messages(&logs), errors(&["in a future"]));
}
