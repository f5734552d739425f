//! [`Telemetry`]: what `main` holds while the program runs.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
#[cfg(all(unix, feature = "signals"))]
use std::sync::Mutex;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::logs::SdkLoggerProvider;

use super::error::DeliveryError;
use super::last_words;
use super::life::Life;
use super::providers::Providers;
#[cfg(all(unix, feature = "signals"))]
use super::signals::Signals;
use super::warning::Warning;
use crate::delivery::{Delivery, Signal, SignalHealth};
use crate::diagnostics::Diagnostics;
use crate::export::prometheus::Endpoint;
use crate::filter::{Filter, FilterError};
use crate::pipeline::Pipeline;
use crate::recording::TracerProvider;

/// How long a flush or a shutdown may take where nothing else is said.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// Telemetry that was set up. On drop it is shut down, like by [`shutdown`](Self::shutdown), and what could not be delivered is said.
#[must_use = "dropping this ends the telemetry: bind it with `let telemetry = …`, until the end of `main`; `let _ = …` drops it at once"]
pub struct Telemetry {
    life: Arc<Life>,
    /// Outlives its use, for the accounts.
    delivery: Option<Arc<Delivery>>,
    warnings: Vec<Warning>,
    #[cfg(all(unix, feature = "signals"))]
    signals: Mutex<Option<Signals>>,
}

/// What became of everything that was recorded for OTLP, by signal: [`Telemetry::health`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Spans.
    pub traces: SignalHealth,
    /// Data points of metrics.
    pub metrics: SignalHealth,
    /// Log records.
    pub logs: SignalHealth,
}

impl Telemetry {
    pub(super) fn new(providers: Providers, pipeline: Arc<Pipeline>, warnings: Vec<Warning>, diagnostics: Diagnostics) -> Self {
        let delivery = providers.delivery.clone();
        let life = Arc::new(Life::new(providers, pipeline, diagnostics));
        Self {
            life,
            delivery,
            warnings,
            #[cfg(all(unix, feature = "signals"))]
            signals: Mutex::default(),
        }
    }

    /// Everything in the configuration that was ignored or corrected. It was also printed once.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The tracer provider, for code that takes one; `None` where traces have no exporter, and after the shutdown.
    #[must_use]
    pub fn tracer_provider(&self) -> Option<TracerProvider> {
        self.life.providers()?.recorder.clone().map(TracerProvider::new)
    }

    /// The meter provider, for code that takes one; `None` where metrics have no exporter, and after the shutdown. A callback of its instruments
    /// that panics costs the values that it would have observed, and nothing else.
    #[must_use]
    pub fn meter_provider(&self) -> Option<impl MeterProvider + Clone + Send + Sync + 'static> {
        self.life.providers()?.meter.clone()
    }

    /// The logger provider, for a bridge from a logging library; `None` where logs have no exporter, and after the shutdown.
    #[must_use]
    pub fn logger_provider(&self) -> Option<SdkLoggerProvider> {
        self.life.providers()?.logger.clone()
    }

    /// Where Prometheus can scrape the metrics, at the path `/metrics`; `None` unless `OTEL_METRICS_EXPORTER` has `prometheus` in it (feature
    /// `prometheus`), and after the shutdown. `localhost` may have an address of IPv4 and one of IPv6: both are served, and this is the first.
    /// (OpenTelemetry specification, [Metrics Exporter - Prometheus](https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/).)
    ///
    /// ```
    /// # #[cfg(feature = "prometheus")]
    /// # {
    /// let telemetry = otel_runtime::builder()
    ///     .environment(|_| None)
    ///     .set("OTEL_TRACES_EXPORTER", "none")
    ///     .set("OTEL_LOGS_EXPORTER", "none")
    ///     .set("OTEL_METRICS_EXPORTER", "prometheus")
    ///     .set("OTEL_EXPORTER_PROMETHEUS_PORT", "0") // any that is free
    ///     .build()?;
    /// let address = telemetry.prometheus_address().ok_or("not served")?;
    /// assert!(address.ip().is_loopback() && address.port() > 0);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn prometheus_address(&self) -> Option<SocketAddr> {
        self.life.providers()?.prometheus.as_ref().map(Endpoint::address)
    }

    /// What became of everything that was recorded for OTLP; it can be asked for after the shutdown too.
    ///
    /// ```
    /// let telemetry = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "none").build()?;
    /// let health = telemetry.health();
    /// assert!(health.metrics.is_balanced() && health.metrics.dropped_in_all() == 0);
    /// # Ok::<(), otel_runtime::InitError>(())
    /// ```
    #[must_use]
    pub fn health(&self) -> Health {
        let of = |signal| self.delivery.as_ref().map(|delivery| delivery.health_of(signal)).unwrap_or_default();
        Health { traces: of(Signal::Traces), metrics: of(Signal::Metrics), logs: of(Signal::Logs) }
    }

    /// The current context, with what is annotated and runs under it recorded by this telemetry.
    ///
    /// It matters after [`Builder::build`](crate::Builder::build); after `init`, everything is recorded by the one there is.
    ///
    /// ```
    /// use otel_runtime::traced;
    ///
    /// #[traced]
    /// fn work() {}
    ///
    /// let telemetry = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "console").build()?;
    /// {
    ///     let _attached = telemetry.context().attach();
    ///     work();
    /// }
    /// # Ok::<(), otel_runtime::InitError>(())
    /// ```
    #[must_use]
    pub fn context(&self) -> Context {
        self.life.pipeline().context(&Context::current())
    }

    /// Replaces the filter that `OTEL_RUST_FILTER` gave, for all calls that start from now on: see [`filter`](crate::filter). An empty one lets
    /// everything record.
    ///
    /// ```
    /// use otel_runtime::traced;
    ///
    /// mod shop {
    ///     # use otel_runtime::traced;
    ///     #[traced]
    ///     pub fn poll() {}
    /// }
    ///
    /// let telemetry = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "console").build()?;
    /// telemetry.reload_filter("off,shop::poll=0.01")?;
    ///
    /// let error = telemetry.reload_filter("shop.poll=on").unwrap_err();
    /// assert!(error.to_string().ends_with("(did you mean `shop::poll`?)"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If an entry is written wrongly: which ones, and what is right. The filter stays as it was.
    pub fn reload_filter(&self, filter: &str) -> Result<(), FilterError> {
        let parsed = Filter::parse(filter);
        if !parsed.bad.is_empty() {
            return Err(FilterError { problems: parsed.bad });
        }
        for repetition in parsed.repetitions() {
            self.life.diagnostics().warn(format_args!("the filter `{filter}`: {repetition}"));
        }
        self.life.pipeline().reload_filter(parsed.filter);
        Ok(())
    }

    /// Delivers what was recorded until now, and waits for that for at most 5 seconds.
    ///
    /// # Errors
    ///
    /// If it took too long, by which nothing is lost, or if something was dropped meanwhile: what, how much, where to and why.
    pub fn force_flush(&self) -> Result<(), DeliveryError> {
        self.life.flush(TIMEOUT, true)
    }

    /// What delivers what was recorded until it is called, and waits as long as it is told: what takes longer is not lost, and what is lost the delivery says.
    #[cfg_attr(not(feature = "faas"), allow(dead_code, reason = "hosts that freeze call it"))]
    pub(crate) fn flusher(&self) -> impl Fn(Duration) + Send + Sync + 'static + use<> {
        let life = Arc::downgrade(&self.life);
        move |timeout| {
            if let Some(life) = life.upgrade() {
                let _ = life.flush(timeout, true);
            }
        }
    }

    /// Delivers what is left, for at most 5 seconds, and ends the telemetry. A second call does nothing.
    ///
    /// # Errors
    ///
    /// If something could not be delivered: what, how much, where to and why.
    pub fn shutdown(&self) -> Result<(), DeliveryError> {
        self.shutdown_with_timeout(TIMEOUT)
    }

    /// As [`shutdown`](Self::shutdown), for at most `timeout`.
    ///
    /// # Errors
    ///
    /// If something could not be delivered: what, how much, where to and why.
    pub fn shutdown_with_timeout(&self, timeout: Duration) -> Result<(), DeliveryError> {
        self.life.shutdown(timeout)
    }

    /// Has every panic of the process deliver what was recorded before it, for at most 5 seconds, and then go on as it would. For a program in which
    /// a panic is the end (`panic = "abort"`); in one that catches panics, every one of them waits for the backend. Spans that are open when it
    /// panics end only where it unwinds.
    ///
    /// ```no_run
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let telemetry = otel_runtime::init()?;
    ///     telemetry.flush_on_panic();
    ///     // … the program …
    /// #   Ok(())
    /// }
    /// ```
    pub fn flush_on_panic(&self) {
        last_words::flush_on_panic(&self.life);
    }

    /// Has SIGTERM and SIGINT (Ctrl-C) shut the telemetry down before they end the process, as they do without a handler. Only for a program that
    /// does not handle them itself: one that does calls [`shutdown`](Self::shutdown) there. (Feature `signals`, on Unix.)
    ///
    /// ```no_run
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let telemetry = otel_runtime::init()?;
    ///     telemetry.shut_down_on_signals()?;
    ///     loop {
    ///         // … serve …
    /// #       std::thread::park();
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the handlers or their thread could not be set up.
    #[cfg(all(unix, feature = "signals"))]
    pub fn shut_down_on_signals(&self) -> std::io::Result<()> {
        let signals = Signals::handle(&self.life)?;
        *self.signals.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(signals);
        Ok(())
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("running", &self.life.providers().is_some())
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Err(error) = self.shutdown() {
            self.life.diagnostics().error(error);
        }
    }
}
