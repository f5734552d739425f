//! What of an event, or of a line, becomes what of a log record.

use std::error::Error;
use std::fmt;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use otel_runtime::opentelemetry::Context;
use tests::receiver::{Protocol, Received, Receiver};

use super::{recorded, telemetry, text, with_body};

/// An error with a source.
#[derive(Debug)]
struct Failed(Option<Box<Failed>>);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "not ordered" } else { "no connection" })
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.as_deref().map(|source| source as _)
    }
}

fn keys(log: &Received<LogRecord>) -> Vec<&str> {
    log.data.attributes.iter().map(|attribute| attribute.key.as_str()).collect()
}

#[test]
fn fields_are_attributes_by_their_types() {
    let (_, logs) = recorded(|| {
        tracing::info!(
            target: "shop", flag = true, int = -1_i64, uint = 7_u64, large = u64::MAX, small = i128::MIN, float = 0.5, text = "text",
            shown = %1, debug = ?"x", "ordered {}", 2
        );
    });
    let [log] = logs.as_slice() else { panic!("one record: {logs:?}") };
    assert_eq!(log.body(), Some(&text("ordered 2")));
    assert_eq!((log.data.severity_number, log.data.severity_text.as_str()), (9, "INFO"));
    assert_eq!((log.scope.name.as_str(), log.data.event_name.as_str()), ("shop", ""));
    assert!(log.data.time_unix_nano > 0 && log.data.time_unix_nano == log.data.observed_time_unix_nano);
    let expected = [
        ("code.file.path", text("tests/tests/logs/records.rs")),
        ("flag", Value::BoolValue(true)),
        ("int", Value::IntValue(-1)),
        ("uint", Value::IntValue(7)),
        ("large", text("18446744073709551615")),
        ("small", text("-170141183460469231731687303715884105728")),
        ("float", Value::DoubleValue(0.5)),
        ("text", text("text")),
        ("shown", text("1")),
        ("debug", text("\"x\"")),
    ];
    for (key, value) in &expected {
        assert_eq!(log.attribute(key), Some(value), "{key}");
    }
    assert!(matches!(log.attribute("code.line.number"), Some(Value::IntValue(line)) if *line > 30));
    assert_eq!(log.data.attributes.len(), expected.len() + 1, "{:?}", keys(log));
    assert_eq!((log.trace_id_hex().as_str(), log.span_id_hex().as_str()), ("", ""), "there is no span");
}

#[test]
fn each_level_is_a_severity_and_a_name_that_is_given_is_that_of_the_event() {
    let (_, logs) = recorded(|| {
        tracing::trace!("t");
        tracing::debug!("d");
        tracing::warn!("w");
        tracing::error!(name: "shop.burns", "e");
    });
    let severities: Vec<_> = logs.iter().map(|log| (log.data.severity_number, log.data.severity_text.as_str())).collect();
    assert_eq!(severities, [(1, "TRACE"), (5, "DEBUG"), (13, "WARN"), (17, "ERROR")]);
    assert_eq!(logs[3].data.event_name, "shop.burns");
}

#[test]
fn errors_are_exceptions() {
    let (_, logs) = recorded(|| {
        let failed = Failed(Some(Box::new(Failed(None))));
        let plain = Failed(None);
        tracing::error!(error = &failed as &dyn Error, other = &plain as &dyn Error, "of two");
        tracing::error!(cause = &plain as &dyn Error, "of one");
    });
    let two = with_body(&logs, "of two");
    assert_eq!(two.attribute("exception.message"), Some(&text("not ordered")));
    assert_eq!(two.attribute("exception.stacktrace"), Some(&text("not ordered\n\nCaused by:\n    no connection")));
    assert_eq!(two.attribute("other"), Some(&text("no connection")), "there is one exception to a record");
    let one = with_body(&logs, "of one");
    assert_eq!(keys(one), ["code.file.path", "code.line.number", "exception.message"]);
}

#[test]
fn lines_of_log_have_the_same() {
    let receiver = Receiver::start();
    let telemetry = telemetry(&receiver, Protocol::Http);
    // Nobody else in this process lowers it.
    log::set_max_level(log::LevelFilter::Trace);
    let bridge = telemetry.log_bridge();
    log::error!(logger: bridge, target: "shop", yes = true, int = -1_i64, large = u64::MAX, float = 0.5, text = "text", debug:? = Some(1); "line {}", 2);
    log::trace!(logger: bridge, "least");
    {
        let _silent = Context::enter_telemetry_suppressed_scope();
        log::error!(logger: bridge, "of telemetry itself");
    }
    telemetry.shutdown().expect("the receiver takes everything");
    log::error!(logger: bridge, "too late");
    let logs = receiver.logs();
    assert_eq!(logs.len(), 2);
    let log = with_body(&logs, "line 2");
    assert_eq!((log.data.severity_number, log.data.severity_text.as_str(), log.scope.name.as_str()), (17, "ERROR", "shop"));
    let expected = [
        ("code.file.path", text("tests/tests/logs/records.rs")),
        ("yes", Value::BoolValue(true)),
        ("int", Value::IntValue(-1)),
        ("large", text("18446744073709551615")),
        ("float", Value::DoubleValue(0.5)),
        ("text", text("text")),
        ("debug", text("Some(1)")),
    ];
    for (key, value) in &expected {
        assert_eq!(log.attribute(key), Some(value), "{key}");
    }
    assert_eq!(log.data.attributes.len(), expected.len() + 1, "{:?}", keys(log));
    assert_eq!(with_body(&logs, "least").data.severity_number, 1);
}

#[test]
fn a_line_of_log_that_comes_as_an_event_is_where_it_was_written() {
    let line =
        log::Record::builder().level(log::Level::Warn).target("shop").file(Some("shop.rs")).line(Some(7)).args(format_args!("low")).build();
    let (_, logs) = recorded(|| tracing_log::format_trace(&line).expect("it is formatted"));
    let [log] = logs.as_slice() else { panic!("one record: {logs:?}") };
    assert_eq!((log.body(), log.scope.name.as_str(), log.data.severity_number), (Some(&text("low")), "shop", 13));
    assert_eq!((log.attribute("code.file.path"), log.attribute("code.line.number")), (Some(&text("shop.rs")), Some(&Value::IntValue(7))));
    assert_eq!((log.data.attributes.len(), log.data.event_name.as_str()), (2, ""), "{:?}", keys(log));
}

struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("this value cannot be shown")
    }
}

#[test]
fn what_cannot_be_recorded_does_no_harm() {
    let (_, logs) = recorded(|| {
        tracing::info!(before = 1, value = ?Panics, "never written");
        {
            let _silent = Context::enter_telemetry_suppressed_scope();
            tracing::error!("of telemetry itself");
        }
        // One context too many, of which the API says so while nobody can ask for the current one.
        let attached: Vec<_> = (0..=usize::from(u16::MAX)).map(|_| Context::new().attach()).collect();
        drop(attached);
        tracing::info!("after");
    });
    assert_eq!(logs.len(), 2, "{logs:?}");
    assert_eq!(logs[0].attribute("before"), Some(&Value::IntValue(1)), "what came before the panic is kept");
    with_body(&logs, "after");
}
