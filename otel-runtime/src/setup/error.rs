//! What can go wrong at the start and at the end.

use std::error::Error;
use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use crate::delivery::{Stated, Undelivered};
use crate::metering::ViewError;

/// Why telemetry could not be set up. Its `Debug` is its `Display`, because that is what `main` prints of an error.
#[non_exhaustive]
pub enum InitError {
    /// Telemetry was set up before in this process. It is done once, in `main`; libraries only annotate.
    AlreadyInitialised,
    /// [`Builder::set`](crate::Builder::set) or [`Builder::fallback`](crate::Builder::fallback) was given a name that is no variable.
    UnknownVariable {
        /// The name that was given.
        name: String,
        /// The variable that is most like it.
        nearest: &'static str,
    },
    /// The configuration asks for something that cannot be done: by this build, which lacks a feature, or at all, such as to use a file that is not
    /// there.
    Unsupported(String),
    /// A view that cannot be, given to [`Builder::view`](crate::Builder::view).
    View(ViewError),
    /// The configuration file cannot be used: nothing is set up, rather than something else than what was meant.
    InvalidFile {
        /// The variable that names it, `OTEL_CONFIG_FILE`.
        variable: String,
        /// Where it is.
        path: PathBuf,
        /// A sentence for each mistake, with its line, its column and the keys that lead there.
        problems: Vec<String>,
        /// What else is told of the file, in the same way, though it would be no error by itself, such as keys that are not known.
        warnings: Vec<String>,
    },
    /// Metrics cannot be served to Prometheus where the configuration says.
    PrometheusAddress {
        /// The host, of `OTEL_EXPORTER_PROMETHEUS_HOST`.
        host: String,
        /// The port, of `OTEL_EXPORTER_PROMETHEUS_PORT`.
        port: u16,
        /// The key of the configuration file that says so, with its line and column, if one does.
        key: Option<String>,
        /// What the system said.
        error: std::io::Error,
    },
    /// The thread that delivers could not be started.
    Thread(std::io::Error),
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyInitialised => {
                f.write_str("telemetry is set up already: call `otel_runtime::init` once in a process, at the start of `main`")
            }
            Self::UnknownVariable { name, nearest } => write!(f, "there is no variable `{name}`; did you mean `{nearest}`?"),
            Self::Unsupported(what) => f.write_str(what),
            Self::View(error) => error.fmt(f),
            Self::InvalidFile { variable, path, problems, warnings } => {
                write!(f, "the configuration file {} of {variable} cannot be used", path.display())?;
                match problems.as_slice() {
                    [problem] => write!(f, ": {problem}")?,
                    problems => problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))?,
                }
                warnings.iter().try_for_each(|warning| write!(f, "\n  warning: {warning}"))
            }
            Self::PrometheusAddress { host, port, key, error } => {
                let stated = key.clone().map_or(Stated::InVariables, Stated::At);
                let set_port = format!("set {}", stated.name("OTEL_EXPORTER_PROMETHEUS_PORT", "port"));
                let set_host = format!("set {}", stated.name("OTEL_EXPORTER_PROMETHEUS_HOST", "host"));
                let advice = match error.kind() {
                    ErrorKind::AddrInUse => format!("end what uses the port, or {set_port} to another; 0 is any that is free"),
                    ErrorKind::PermissionDenied => format!("{set_port} to a port that this program may open, such as 9464"),
                    _ => format!("{set_host} to a host of this machine, such as localhost, or 0.0.0.0 for all of them"),
                };
                write!(f, "metrics cannot be served to Prometheus on {host}, port {port}: {error}; {advice}")
            }
            Self::Thread(error) => write!(f, "the thread that delivers telemetry could not be started: {error}"),
        }
    }
}

impl fmt::Debug for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Thread(error) | Self::PrometheusAddress { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// What a flush or a shutdown could not deliver. Its `Debug` is its `Display`, because that is what `main` prints of an error.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryError {
    kind: Kind,
    /// Metrics could not be collected, so what is missing is not known.
    uncollected: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// With what waits.
    TimedOut(Duration, Vec<Undelivered>),
    Undelivered(Vec<Undelivered>),
}

impl DeliveryError {
    pub(super) fn timed_out(timeout: Duration, waiting: Vec<Undelivered>) -> Self {
        Self { kind: Kind::TimedOut(timeout, waiting), uncollected: false }
    }

    pub(super) fn undelivered(undelivered: Vec<Undelivered>) -> Self {
        Self { kind: Kind::Undelivered(undelivered), uncollected: false }
    }

    /// The same, and a callback of an instrument may be why metrics are missing.
    pub(super) fn and_uncollected(self, uncollected: bool) -> Self {
        Self { uncollected, ..self }
    }

    /// How many spans, data points and log records are lost. 0 after a flush that took too long: what it waited for is still queued. Metrics that
    /// could not be collected in time are not among them, because nobody knows how many there are; the text of the error names them.
    #[must_use]
    pub fn lost(&self) -> u64 {
        match &self.kind {
            Kind::TimedOut(..) => 0,
            Kind::Undelivered(undelivered) => undelivered.iter().map(|undelivered| undelivered.dropped).sum(),
        }
    }

    /// How many spans, data points and log records are left in the spool, for the next run to deliver.
    #[must_use]
    pub fn spooled(&self) -> u64 {
        match &self.kind {
            Kind::TimedOut(..) => 0,
            Kind::Undelivered(undelivered) => undelivered.iter().map(|undelivered| undelivered.spooled).sum(),
        }
    }
}

/// `12 spans not delivered to http://localhost:4318/v1/traces: Connection refused (os error 111)`.
impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::TimedOut(timeout, waiting) => {
                write!(f, "telemetry was not delivered within {} ms, and still waits", timeout.as_millis())?;
                waiting.iter().try_for_each(|waiting| write!(f, "; {waiting}"))?;
                if self.uncollected { write!(f, "; {UNCOLLECTED}") } else { Ok(()) }
            }
            Kind::Undelivered(undelivered) => {
                let lines = undelivered.iter().map(ToString::to_string);
                let lines: Vec<_> = lines.chain(self.uncollected.then(|| UNCOLLECTED.to_owned())).collect();
                f.write_str(&lines.join("; "))
            }
        }
    }
}

const UNCOLLECTED: &str =
    "metrics could not be collected in time, perhaps because a callback of an instrument blocks, and are not delivered";

impl fmt::Debug for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for DeliveryError {}
