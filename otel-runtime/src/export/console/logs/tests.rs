use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::trace::TraceFlags;
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLoggerProvider};

use super::super::super::limited::LimitedLogs;
use super::super::Console;
use super::super::style::Style;
use super::super::testing::{Capture, TRACE, at};
use crate::copied::BaggageKeys;
use crate::limits::OfLogs;

/// What is written about one record at a fixed time.
fn emit(style: Style, fill: impl FnOnce(&mut SdkLogRecord)) -> String {
    let capture = Capture::default();
    let console = Console::new(Box::new(capture.clone()), style);
    let logs = LimitedLogs::new(OfLogs::default(), BaggageKeys::default(), vec![Box::new(console.logs())]);
    let provider = SdkLoggerProvider::builder().with_log_processor(logs).build();
    let logger = provider.logger("scope");
    let mut record = logger.create_log_record();
    record.set_timestamp(at(120_000));
    fill(&mut record);
    logger.emit(record);
    assert!(provider.shutdown().is_ok());
    let writes = capture.writes();
    assert_eq!(writes.len(), 1);
    writes.concat()
}

#[test]
fn a_record_is_a_line() {
    let line = emit(Style::default(), |record| {
        record.set_severity_number(Severity::Info);
        record.set_severity_text("INFO");
        record.set_body("order placed".into());
        record.add_attribute("order.id", 7);
        record.add_attribute("customer", "J. Doe");
        record.set_target("shop::orders");
        record.set_trace_context(TRACE.into(), 9.into(), Some(TraceFlags::SAMPLED));
    });
    assert_eq!(
        line,
        "2023-11-14T22:13:20.120Z  INFO   order placed  order.id=7 customer=\"J. Doe\"  \
         trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=0000000000000009  shop::orders\n"
    );
}

#[test]
fn what_is_missing_is_left_out() {
    let line = emit(Style::default(), |_| ());
    assert_eq!(line, "2023-11-14T22:13:20.120Z  -      scope\n");
    let line = emit(Style::default(), |record| {
        record.set_event_name("device.lost");
        record.set_severity_number(Severity::Error2);
        record.set_target("");
    });
    assert_eq!(line, "2023-11-14T22:13:20.120Z  ERROR2  device.lost\n");
}

#[test]
fn data_cannot_steer_the_terminal_or_leave_its_line() {
    let line = emit(Style::default(), |record| {
        record.set_body("one\ntwo \x1b[31m".into());
        record.set_severity_text("\x1b[31m");
        record.add_attribute("\x1b[31m", AnyValue::from("\x1b[31m"));
        record.set_target("\x1b[31m");
    });
    let escaped = "\\x1b[31m";
    assert_eq!(line, format!("2023-11-14T22:13:20.120Z  {escaped}  one\\ntwo {escaped}  {escaped}={escaped}  {escaped}\n"));
}

#[test]
fn colour_follows_the_severity() {
    let style = Style { color: true, ..Style::default() };
    let line = |severity| emit(style, |record| record.set_severity_number(severity));
    assert!(line(Severity::Fatal).contains("\x1b[31mFATAL\x1b[0m"));
    assert!(line(Severity::Warn).contains("\x1b[33mWARN\x1b[0m "));
    assert!(line(Severity::Info).contains("  INFO   "));
    assert!(line(Severity::Trace).contains("\x1b[2mTRACE\x1b[0m"));
}
