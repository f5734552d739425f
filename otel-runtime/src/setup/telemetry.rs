//! [`Telemetry`]: what `main` holds while the program runs.

use std::fmt;
use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::env::Warning;
use super::error::DeliveryError;
use super::providers::Providers;
use crate::delivery::{Delivery, Signal, SignalHealth, Undelivered};
use crate::diagnostics::Diagnostics;
use crate::pipeline::Pipeline;

/// How long a flush or a shutdown may take where nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Telemetry that was set up. On drop it is shut down, like by [`shutdown`](Self::shutdown), and what could not be delivered is said.
#[must_use = "dropping this ends the telemetry: bind it with `let telemetry = …`, until the end of `main`; `let _ = …` drops it at once"]
pub struct Telemetry {
    /// Outlives its use, for the accounts.
    delivery: Option<Arc<Delivery>>,
    state: Mutex<State>,
    /// Woken when the shutdown is done.
    ended: Condvar,
    pipeline: Arc<Pipeline>,
    warnings: Vec<Warning>,
    diagnostics: Diagnostics,
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

/// Where in its life telemetry is.
#[derive(Debug)]
enum State {
    Running(Arc<Providers>),
    /// Somebody is shutting it down.
    Ending,
    Ended,
}

impl Telemetry {
    pub(super) fn new(providers: Providers, pipeline: Arc<Pipeline>, warnings: Vec<Warning>, diagnostics: Diagnostics) -> Self {
        let delivery = providers.delivery.clone();
        Self { delivery, state: Mutex::new(State::Running(Arc::new(providers))), ended: Condvar::new(), pipeline, warnings, diagnostics }
    }

    /// Everything in the configuration that was ignored or corrected. It was also printed once.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The tracer provider, for code that takes one; `None` where traces have no exporter, and after the shutdown.
    #[must_use]
    pub fn tracer_provider(&self) -> Option<SdkTracerProvider> {
        self.providers()?.tracer.clone()
    }

    /// The meter provider, for code that takes one; `None` where metrics have no exporter, and after the shutdown.
    #[must_use]
    pub fn meter_provider(&self) -> Option<SdkMeterProvider> {
        self.providers()?.meter.clone()
    }

    /// The logger provider, for a bridge from a logging library; `None` where logs have no exporter, and after the shutdown.
    #[must_use]
    pub fn logger_provider(&self) -> Option<SdkLoggerProvider> {
        self.providers()?.logger.clone()
    }

    /// What became of everything that was recorded for OTLP; it can be asked for after the shutdown too.
    ///
    /// ```
    /// let telemetry = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "none").build()?;
    /// let health = telemetry.health();
    /// assert_eq!(health.metrics.accepted, health.metrics.delivered + health.metrics.queued);
    /// # Ok::<(), otel_runtime::InitError>(())
    /// ```
    #[must_use]
    pub fn health(&self) -> Health {
        let of = |signal| self.delivery.as_ref().map(|delivery| delivery.health(signal)).unwrap_or_default();
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
        self.pipeline.context(&Context::current())
    }

    /// Delivers what was recorded until now, and waits for that for at most 5 seconds.
    ///
    /// # Errors
    ///
    /// If it took too long; nothing is lost by that.
    pub fn force_flush(&self) -> Result<(), DeliveryError> {
        let Some(providers) = self.providers() else { return Ok(()) };
        let deadline = deadline(TIMEOUT);
        // All of them, whatever one says.
        let gathered = providers.holding.iter().filter(|holding| !holding.flush(deadline)).count() == 0;
        // Collects and hands over; what becomes of that is seen below.
        let collected = providers.meter.clone().is_none_or(|meter| within(deadline, move || drop(meter.force_flush())));
        let delivered = providers.delivery.as_ref().is_none_or(|delivery| delivery.flush(deadline));
        if gathered && collected && delivered { Ok(()) } else { Err(DeliveryError::timed_out(TIMEOUT)) }
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
        let deadline = deadline(timeout);
        let Some(providers) = self.begin_shutdown(deadline) else { return Ok(()) };
        let undelivered = self.end(&providers, deadline);
        *self.lock() = State::Ended;
        self.ended.notify_all();
        if undelivered.is_empty() { Ok(()) } else { Err(DeliveryError::undelivered(undelivered)) }
    }

    /// The providers, for the first who asks; others wait until he is done.
    fn begin_shutdown(&self, deadline: Instant) -> Option<Arc<Providers>> {
        let mut state = self.lock();
        if matches!(*state, State::Running(_)) {
            let State::Running(providers) = mem::replace(&mut *state, State::Ending) else { return None };
            return Some(providers);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        drop(self.ended.wait_timeout_while(state, left, |state| matches!(state, State::Ending)));
        None
    }

    fn end(&self, providers: &Providers, deadline: Instant) -> Vec<Undelivered> {
        let left = || deadline.saturating_duration_since(Instant::now());
        self.pipeline.close();
        if let Some(delivery) = &providers.delivery {
            delivery.announce_shutdown();
        }
        // Their results say nothing that the delivery does not know better: the SDK's providers are done once they have handed over.
        if let Some(tracer) = &providers.tracer {
            let _ = tracer.shutdown_with_timeout(left());
        }
        if let Some(logger) = &providers.logger {
            let _ = logger.shutdown_with_timeout(left());
        }
        if let Some(meter) = providers.meter.clone() {
            let limit = left();
            if !within(deadline, move || drop(meter.shutdown_with_timeout(limit))) {
                self.diagnostics.say("metrics could not be collected in time for the shutdown, and are not delivered");
            }
        }
        let open = providers.open_spans.load(Ordering::Relaxed);
        if open > 0 {
            self.diagnostics.say(format_args!("{} had not ended at the shutdown, and will not be delivered", Signal::Traces.count(open)));
        }
        providers.delivery.as_ref().map(|delivery| delivery.shutdown(deadline)).unwrap_or_default()
    }

    /// `None` once the shutdown has begun. The lock is not held by whoever uses them: what they call may come back here.
    fn providers(&self) -> Option<Arc<Providers>> {
        match &*self.lock() {
            State::Running(providers) => Some(Arc::clone(providers)),
            State::Ending | State::Ended => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In `timeout` from now; a timeout beyond all clocks is a year.
fn deadline(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now + Duration::from_secs(365 * 24 * 60 * 60))
}

/// Runs something that may take as long as a callback of the user's does; `false` if it is not done at the deadline, and goes on alone.
fn within(deadline: Instant, run: impl FnOnce() + Send + 'static) -> bool {
    let (done, wait) = mpsc::channel();
    let thread = thread::Builder::new().name("otel-collect".to_owned()).spawn(move || {
        run();
        let _ = done.send(());
    });
    thread.is_ok() && wait.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok()
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("running", &self.providers().is_some()).field("warnings", &self.warnings).finish_non_exhaustive()
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Err(error) = self.shutdown() {
            self.diagnostics.say(error);
        }
    }
}
