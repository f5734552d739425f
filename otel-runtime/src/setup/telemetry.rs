//! [`Telemetry`]: what `main` holds while the program runs.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::env::Warning;
use super::error::DeliveryError;
use super::providers::Providers;
use crate::delivery::Signal;
use crate::diagnostics::Diagnostics;
use crate::pipeline::Pipeline;

/// How long a flush or a shutdown may take where nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Telemetry that was set up. On drop it is shut down, like by [`shutdown`](Self::shutdown), and what could not be delivered is said.
#[derive(Debug)]
#[must_use = "dropping this ends the telemetry; keep it until the end of `main`"]
pub struct Telemetry {
    /// `None` after the shutdown.
    providers: Mutex<Option<Providers>>,
    pipeline: Option<Arc<Pipeline>>,
    warnings: Vec<Warning>,
    diagnostics: Diagnostics,
}

impl Telemetry {
    pub(super) fn new(providers: Providers, pipeline: Option<Arc<Pipeline>>, warnings: Vec<Warning>, diagnostics: Diagnostics) -> Self {
        Self { providers: Mutex::new(Some(providers)), pipeline, warnings, diagnostics }
    }

    /// Everything in the configuration that was ignored or corrected. It was also printed once.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The tracer provider, for code that takes one; `None` where traces have no exporter, and after the shutdown.
    #[must_use]
    pub fn tracer_provider(&self) -> Option<SdkTracerProvider> {
        self.lock().as_ref()?.tracer.clone()
    }

    /// The meter provider, for code that takes one; `None` where metrics have no exporter, and after the shutdown.
    #[must_use]
    pub fn meter_provider(&self) -> Option<SdkMeterProvider> {
        self.lock().as_ref()?.meter.clone()
    }

    /// The logger provider, for a bridge from a logging library; `None` where logs have no exporter, and after the shutdown.
    #[must_use]
    pub fn logger_provider(&self) -> Option<SdkLoggerProvider> {
        self.lock().as_ref()?.logger.clone()
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
        let current = Context::current();
        self.pipeline.as_ref().map_or_else(|| current.clone(), |pipeline| pipeline.context(&current))
    }

    /// Delivers what was recorded until now, and waits for that for at most 5 seconds.
    ///
    /// # Errors
    ///
    /// If it took too long; nothing is lost by that.
    pub fn force_flush(&self) -> Result<(), DeliveryError> {
        let deadline = Instant::now() + TIMEOUT;
        let Some(providers) = &*self.lock() else { return Ok(()) };
        let gathered = providers.batchers.iter().all(|batcher| batcher.flush(deadline));
        if let Some(meter) = &providers.meter {
            // Collects and hands over; what becomes of that is seen below.
            let _ = meter.force_flush();
        }
        let delivered = providers.delivery.as_ref().is_none_or(|delivery| delivery.flush(deadline));
        if !(gathered && delivered) {
            return Err(DeliveryError::timed_out(TIMEOUT));
        }
        // Nothing is left to wait for but processors that deliver themselves, such as the console's.
        if let Some(tracer) = &providers.tracer {
            let _ = tracer.force_flush();
        }
        Ok(())
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
        let Some(providers) = self.lock().take() else { return Ok(()) };
        let deadline = Instant::now() + timeout;
        let left = || deadline.saturating_duration_since(Instant::now());
        if let Some(pipeline) = &self.pipeline {
            pipeline.close();
        }
        if let Some(delivery) = &providers.delivery {
            delivery.announce_shutdown();
        }
        // Their results say nothing that the delivery does not know better: the SDK's providers are done once they have handed over.
        if let Some(tracer) = &providers.tracer {
            let _ = tracer.shutdown_with_timeout(left());
        }
        if let Some(meter) = &providers.meter {
            let _ = meter.shutdown_with_timeout(left());
        }
        if let Some(logger) = &providers.logger {
            let _ = logger.shutdown_with_timeout(left());
        }
        let open = providers.open_spans.load(Ordering::Relaxed);
        if open > 0 {
            self.diagnostics.say(format_args!("{} had not ended at the shutdown, and will not be delivered", Signal::Traces.count(open)));
        }
        let undelivered = providers.delivery.as_ref().map(|delivery| delivery.shutdown(deadline)).unwrap_or_default();
        if undelivered.is_empty() { Ok(()) } else { Err(DeliveryError::undelivered(undelivered)) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Providers>> {
        self.providers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Err(error) = self.shutdown() {
            self.diagnostics.say(error);
        }
    }
}
