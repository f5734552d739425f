//! The typed configuration: what was read, checked and completed with defaults, before anything is built. The environment and a configuration file
//! fill the same types.

pub(super) mod environment;
pub(super) mod otlp;

use std::path::PathBuf;
use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;

use super::resource::Described;
use super::variables::Variable;
use super::warning::Warning;
use crate::copied::{BaggageKeys, MetricBaggage};
use crate::delivery::{Batch, Destination, File, Route, Signal, Stated};
use crate::diagnostics::Level;
use crate::exceptions::Exceptions;
use crate::filter::Filter;
use crate::limits;
use crate::metering::{Defaults, View};
use crate::propagation::Format;
use crate::semconv::methods::KnownMethods;

#[derive(Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) disabled: bool,
    /// What is said of the telemetry itself.
    pub(crate) log_level: Level,
    pub(crate) resource: Described,
    pub(crate) propagators: Vec<Format>,
    pub(crate) traces: Traces,
    pub(crate) metrics: Metrics,
    pub(crate) logs: Logs,
    pub(crate) filter: Filter,
    /// How exceptions are emitted; `None`: panics as events.
    pub(crate) exceptions: Option<Exceptions>,
    pub(crate) http_methods: KnownMethods,
    /// The entries of baggage that become attributes.
    pub(crate) baggage_attributes: BaggageKeys,
    /// The entries of baggage that become attributes of measurements, with their values.
    pub(crate) baggage_metric_attributes: MetricBaggage,
    pub(crate) sending: Sending,
    pub(crate) self_metrics: bool,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Traces {
    pub(crate) processors: Vec<Processor>,
    pub(crate) sampler: Sampler,
    pub(crate) limits: limits::OfSpans,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Metrics {
    pub(crate) readers: Vec<Reader>,
    pub(crate) views: Vec<View>,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Logs {
    pub(crate) processors: Vec<Processor>,
    pub(crate) limits: limits::OfLogs,
}

/// What becomes of spans, or of log records.
#[derive(Debug, PartialEq)]
pub(crate) struct Processor {
    pub(crate) exporter: Exporter,
    /// Of the console, which shows things as they come, [`Batch::SINGLE`].
    pub(crate) batch: Batch,
}

impl Processor {
    pub(crate) fn of(exporter: Exporter, batch: Batch) -> Self {
        let batch = if exporter == Exporter::Console { Batch::SINGLE } else { batch };
        Self { exporter, batch }
    }
}

/// How metrics are collected.
#[derive(Debug, PartialEq)]
pub(crate) enum Reader {
    /// Sent, or shown, by themselves.
    Periodic {
        exporter: Exporter,
        interval: Duration,
        /// Of the console, which shows totals, cumulative.
        temporality: Temporality,
        defaults: Defaults,
    },
    /// Scraped.
    Prometheus { host: String, port: u16, stated: Stated, defaults: Defaults },
}

impl Reader {
    pub(crate) fn periodic(exporter: Exporter, interval: Duration, temporality: Temporality) -> Self {
        let temporality = if exporter == Exporter::Console { Temporality::Cumulative } else { temporality };
        Self::Periodic { exporter, interval, temporality, defaults: Defaults::default() }
    }

    /// What holds for what is collected so, and for nothing else, where no view says otherwise.
    pub(crate) fn defaults(&self) -> &Defaults {
        let (Self::Periodic { defaults, .. } | Self::Prometheus { defaults, .. }) = self;
        defaults
    }

    pub(crate) fn defaults_mut(&mut self) -> &mut Defaults {
        let (Self::Periodic { defaults, .. } | Self::Prometheus { defaults, .. }) = self;
        defaults
    }
}

/// Who takes telemetry.
#[derive(Debug, PartialEq)]
pub(crate) enum Exporter {
    Otlp(Box<Destination>),
    /// Lines of OTLP in JSON on the standard output.
    OtlpStdout,
    /// The same in a file, if it is said in which.
    OtlpFile(Option<PathBuf>),
    Console,
    /// Of traces alone.
    Zipkin(Box<Destination>),
}

impl Exporter {
    /// The first way of what it exports out of the program, where there is one that is delivered.
    pub(crate) fn route(&self, signal: Signal) -> Option<Route> {
        match self {
            Self::Otlp(_) => Some(Route::otlp(signal)),
            Self::OtlpStdout => Some(Route::stdout(signal)),
            Self::OtlpFile(_) => Some(Route::file(signal)),
            Self::Zipkin(_) => Some(Route::ZIPKIN),
            Self::Console => None,
        }
    }
}

/// How what is exported leaves the program.
#[derive(Debug, PartialEq)]
pub(crate) struct Sending {
    pub(crate) max_concurrent_exports: usize,
    pub(crate) queue_max_bytes: usize,
    pub(crate) retry_max_elapsed: Duration,
    pub(crate) spool_folder: Option<File>,
    pub(crate) spool_max_bytes: u64,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            max_concurrent_exports: 4,
            queue_max_bytes: 64 * 1024 * 1024,
            retry_max_elapsed: Duration::from_secs(300),
            spool_folder: None,
            spool_max_bytes: 256 * 1024 * 1024,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sampler {
    AlwaysOn,
    AlwaysOff,
    TraceIdRatio(f64),
    /// So many traces in a second.
    RateLimited(f64),
    ParentBased(Box<ParentBased>),
}

/// A sampler for each case of a parent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ParentBased {
    pub(crate) root: Sampler,
    pub(crate) remote_parent_sampled: Sampler,
    pub(crate) remote_parent_not_sampled: Sampler,
    pub(crate) local_parent_sampled: Sampler,
    pub(crate) local_parent_not_sampled: Sampler,
}

impl Sampler {
    /// What a parent decided; this where there is none.
    pub(crate) fn parent_based(self) -> Self {
        Self::ParentBased(Box::new(ParentBased {
            root: self,
            remote_parent_sampled: Self::AlwaysOn,
            remote_parent_not_sampled: Self::AlwaysOff,
            local_parent_sampled: Self::AlwaysOn,
            local_parent_not_sampled: Self::AlwaysOff,
        }))
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::AlwaysOn.parent_based()
    }
}

/// How long a batch is gathered at most where there is a spool: within a second, what ended is on disk.
const SPOOLED_BATCH: Duration = Duration::from_millis(500);

/// Traces in a second, where nobody says how many.
pub(super) const DEFAULT_RATE: f64 = 100.0;

/// Far beyond any use, and far from overflowing anything.
pub(super) const MAX_ITEMS: usize = 1 << 20;

/// What an environment says, or a configuration file.
pub(crate) struct Read {
    pub(crate) config: Config,
    /// What could not be used.
    pub(crate) warnings: Vec<Warning>,
    /// Every variable, with what holds.
    pub(crate) variables: Vec<Variable>,
    /// The configuration file, if a variable names one.
    pub(crate) file: Option<File>,
    /// Whether the console has no colour: what kind of terminal there is does not belong to the telemetry's configuration.
    pub(crate) no_color: bool,
}

impl Config {
    /// Has batches reach the spool in time, if there is one: what is in no batch yet is on no disk either.
    pub(super) fn spool_soon(&mut self) {
        if self.sending.spool_folder.is_some() {
            for processor in self.traces.processors.iter_mut().chain(&mut self.logs.processors) {
                processor.batch.schedule_delay = processor.batch.schedule_delay.min(SPOOLED_BATCH);
            }
        }
    }
}

#[cfg(test)]
mod tests;
