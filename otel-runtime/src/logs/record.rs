//! What a log record has, wherever it comes from.
//!
//! It is our own, and not that of `opentelemetry-appender-tracing` and `opentelemetry-appender-log`, because a record is to have the place in the code
//! by the names of today's conventions, the name of an event only where somebody gave it one, and all that there is of it though a value panics.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger};

use crate::setup::Telemetry;
use crate::thread::Silence;

/// Where something was said in the code.
pub(super) struct Source {
    pub(super) target: Cow<'static, str>,
    pub(super) file: Option<Cow<'static, str>>,
    pub(super) line: Option<u32>,
}

/// A logger for a bridge; `None` where logs are not exported.
pub(super) fn logger(telemetry: &Telemetry, bridge: &'static str) -> Option<SdkLogger> {
    // The SDK says that it makes one, and there may be a bridge already that would hear it.
    let _silent = Silence::enter();
    Some(telemetry.logger_provider()?.logger(bridge))
}

/// A record of something that is said now. Its target stands for the name of its scope.
pub(super) fn new(logger: &SdkLogger, severity: Severity, source: Source) -> SdkLogRecord {
    let mut record = logger.create_log_record();
    let now = SystemTime::now();
    record.set_timestamp(now);
    record.set_observed_timestamp(now);
    record.set_severity_number(severity);
    record.set_severity_text(text(severity));
    record.set_target(source.target);
    if let Some(file) = source.file {
        record.add_attribute("code.file.path", AnyValue::String(file.into()));
    }
    if let Some(line) = source.line {
        record.add_attribute("code.line.number", i64::from(line));
    }
    record
}

/// An integer, as text where OTLP has none that is so large.
pub(super) fn integer<T: Copy + ToString + TryInto<i64>>(value: T) -> AnyValue {
    value.try_into().map_or_else(|_| AnyValue::from(value.to_string()), AnyValue::Int)
}

/// The level as both libraries write it.
fn text(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "ERROR",
        Severity::Warn => "WARN",
        Severity::Info => "INFO",
        Severity::Debug => "DEBUG",
        _ => "TRACE",
    }
}
