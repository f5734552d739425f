//! Lines of the `log` crate.

use log::kv::{self, VisitSource, VisitValue};
use log::{Level, LevelFilter, Log, Metadata, Record};
use opentelemetry::Key;
use opentelemetry::logs::{AnyValue, LogRecord, Logger, Severity};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger};

use super::install::InstallError;
use super::quiet::{is_quiet, unless_quiet};
use super::record::{self, Source};
use crate::panics;
use crate::setup::Telemetry;

impl Telemetry {
    /// Records the lines of the `log` crate as log records, up to a level, in a program that has no logger. (Feature `log`.)
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let telemetry = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "none").build()?;
    /// telemetry.install_log(log::LevelFilter::Info)?;
    /// log::info!(order_id = 7; "order placed");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The body is the message, keys and values are typed attributes, the target stands for the name of the scope, and the trace and the span are
    /// the current ones. Nothing is printed.
    ///
    /// # Errors
    ///
    /// If there is a logger already.
    pub fn install_log(&self, up_to: LevelFilter) -> Result<(), InstallError> {
        log::set_boxed_logger(Box::new(self.log_bridge())).map_err(|_| InstallError::Logger)?;
        log::set_max_level(up_to);
        Ok(())
    }

    /// What [`install_log`](Self::install_log) installs, for a program that has a logger which hands lines on. (Feature `log`.)
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use log::Log;
    ///
    /// struct Both<A, B>(A, B);
    ///
    /// impl<A: Log, B: Log> Log for Both<A, B> {
    ///     fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
    ///         self.0.enabled(metadata) || self.1.enabled(metadata)
    ///     }
    ///
    ///     fn log(&self, record: &log::Record<'_>) {
    ///         self.0.log(record);
    ///         self.1.log(record);
    ///     }
    ///
    ///     fn flush(&self) {}
    /// }
    /// # let telemetry = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "none").build()?;
    /// # let what_there_is = telemetry.log_bridge();
    /// log::set_boxed_logger(Box::new(Both(what_there_is, telemetry.log_bridge())))?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn log_bridge(&self) -> impl Log + 'static {
        Bridge { logger: record::logger(self, "log") }
    }
}

struct Bridge {
    /// `None` where logs are not exported.
    logger: Option<SdkLogger>,
}

impl Log for Bridge {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        self.logger.is_some() && !is_quiet()
    }

    fn log(&self, line: &Record<'_>) {
        if let Some(logger) = &self.logger {
            unless_quiet(|| logger.emit(record_of(logger, line)));
        }
    }

    /// The telemetry's own flush does that.
    fn flush(&self) {}
}

pub(crate) fn record_of(logger: &SdkLogger, line: &Record<'_>) -> SdkLogRecord {
    let file = line.file_static().map(Into::into).or_else(|| line.file().map(|file| file.to_owned().into()));
    let source = Source { target: line.target().to_owned().into(), file, line: line.line() };
    let mut record = record::new(logger, severity(line.level()), source);
    // Values are the user's own code.
    panics::contained(|| {
        let body = line.args().as_str().map_or_else(|| line.args().to_string().into(), AnyValue::from);
        record.set_body(body);
        line.key_values().visit(&mut Pairs(&mut record))
    });
    record
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Error => Severity::Error,
        Level::Warn => Severity::Warn,
        Level::Info => Severity::Info,
        Level::Debug => Severity::Debug,
        Level::Trace => Severity::Trace,
    }
}

/// Writes keys and values into a record.
struct Pairs<'a>(&'a mut SdkLogRecord);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        let mut typed = Typed(None);
        value.visit(&mut typed)?;
        if let Some(value) = typed.0 {
            self.0.add_attribute(Key::from(key.as_str().to_owned()), value);
        }
        Ok(())
    }
}

/// A value by its type.
struct Typed(Option<AnyValue>);

impl VisitValue<'_> for Typed {
    fn visit_any(&mut self, value: kv::Value<'_>) -> Result<(), kv::Error> {
        self.0 = Some(value.to_string().into());
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), kv::Error> {
        Ok(())
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), kv::Error> {
        self.0 = Some(value.into());
        Ok(())
    }

    fn visit_str(&mut self, value: &str) -> Result<(), kv::Error> {
        self.0 = Some(value.to_owned().into());
        Ok(())
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), kv::Error> {
        self.0 = Some(value.into());
        Ok(())
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), kv::Error> {
        self.0 = Some(value.into());
        Ok(())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), kv::Error> {
        self.0 = Some(record::integer(value));
        Ok(())
    }

    fn visit_i128(&mut self, value: i128) -> Result<(), kv::Error> {
        self.0 = Some(record::integer(value));
        Ok(())
    }

    fn visit_u128(&mut self, value: u128) -> Result<(), kv::Error> {
        self.0 = Some(record::integer(value));
        Ok(())
    }
}
