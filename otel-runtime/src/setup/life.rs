//! Where in its life telemetry is, and how it ends: once, whoever asks for it.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::DeliveryError;
use super::providers::Providers;
use crate::background::within;
use crate::clock::deadline;
use crate::delivery::{Signal, Undelivered};
use crate::diagnostics::Diagnostics;
use crate::metering::Meters;
use crate::pipeline::Pipeline;
use crate::thread::Silence;

#[derive(Debug)]
pub(super) struct Life {
    state: Mutex<State>,
    /// Woken when the shutdown is done.
    ended: Condvar,
    pipeline: Arc<Pipeline>,
    diagnostics: Diagnostics,
}

#[derive(Debug)]
enum State {
    Running(Arc<Providers>),
    /// Somebody is shutting it down.
    Ending,
    Ended(Result<(), DeliveryError>),
}

/// What a shutdown could not deliver.
#[derive(Default)]
struct Left {
    undelivered: Vec<Undelivered>,
    /// Whether metrics are missing that were not collected in time.
    uncollected: bool,
}

impl Life {
    pub(super) fn new(providers: Providers, pipeline: Arc<Pipeline>, diagnostics: Diagnostics) -> Self {
        Self { state: Mutex::new(State::Running(Arc::new(providers))), ended: Condvar::new(), pipeline, diagnostics }
    }

    pub(super) fn pipeline(&self) -> &Arc<Pipeline> {
        &self.pipeline
    }

    pub(super) fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// Delivers what was recorded until now; metrics only if they are to be collected, for which their callbacks are run.
    pub(super) fn flush(&self, timeout: Duration, with_metrics: bool) -> Result<(), DeliveryError> {
        let Some(providers) = self.providers() else { return Ok(()) };
        // Nothing of what waits is a forked child's, and threads that are not there may have had locked what is asked below.
        if providers.delivery.as_ref().is_some_and(|delivery| delivery.is_in_child()) {
            return Ok(());
        }
        let _silent = Silence::enter();
        let deadline = deadline(timeout);
        let before = providers.delivery.as_ref().map(|delivery| delivery.accounts()).unwrap_or_default();
        // All of them, whatever one says.
        let gathered = providers.holding.iter().filter(|holding| !holding.flush(deadline)).count() == 0;
        // Collects and hands over; what becomes of that is seen below.
        let meter = providers.meter.clone().filter(|_| with_metrics);
        let collected = meter.is_none_or(|meter| within(deadline, move || meter.force_flush()));
        let delivered = providers.delivery.as_ref().is_none_or(|delivery| delivery.flush(deadline));
        let waiting = || providers.delivery.as_ref().map(|delivery| delivery.waiting()).unwrap_or_default();
        if !(gathered && collected && delivered) {
            return Err(DeliveryError::timed_out(timeout, waiting()).and_uncollected(!collected));
        }
        let dropped = providers.delivery.as_ref().map(|delivery| delivery.dropped_since(&before)).unwrap_or_default();
        if dropped.is_empty() { Ok(()) } else { Err(DeliveryError::undelivered(dropped)) }
    }

    /// Ends it. Who asks while it is ending waits for that and gets the same answer; who asks afterwards has nothing to end.
    pub(super) fn shutdown(&self, timeout: Duration) -> Result<(), DeliveryError> {
        let _silent = Silence::enter();
        let deadline = deadline(timeout);
        let mut state = self.lock();
        let providers = match &*state {
            State::Running(providers) => Arc::clone(providers),
            State::Ended(_) => return Ok(()),
            State::Ending => {
                let left = deadline.saturating_duration_since(Instant::now());
                let waited = self.ended.wait_timeout_while(state, left, |state| matches!(state, State::Ending));
                return match &*waited.unwrap_or_else(PoisonError::into_inner).0 {
                    State::Ended(result) => result.clone(),
                    State::Running(_) | State::Ending => Err(DeliveryError::timed_out(timeout, Vec::new())),
                };
            }
        };
        *state = State::Ending;
        drop(state);
        let left = panic::catch_unwind(AssertUnwindSafe(|| self.end(&providers, deadline))).unwrap_or_default();
        let is_ok = left.undelivered.is_empty() && !left.uncollected;
        let result = if is_ok { Ok(()) } else { Err(DeliveryError::undelivered(left.undelivered).and_uncollected(left.uncollected)) };
        *self.lock() = State::Ended(result.clone());
        self.ended.notify_all();
        result
    }

    fn end(&self, providers: &Providers, deadline: Instant) -> Left {
        let left = || deadline.saturating_duration_since(Instant::now());
        self.pipeline.close();
        if providers.delivery.as_ref().is_some_and(|delivery| delivery.is_in_child()) {
            // None of the threads that would do anything are here.
            self.diagnostics
                .warn("this process was forked off one with telemetry, and delivers nothing of that; call `init` in it, or fork before");
            return Left::default();
        }
        if let Some(delivery) = &providers.delivery {
            delivery.announce_shutdown();
        }
        if let Some(recorder) = &providers.recorder {
            recorder.shut_down(left());
        }
        // Its result says nothing that the delivery does not know better: it is done once it has handed over.
        if let Some(logger) = &providers.logger {
            let _ = logger.shutdown_with_timeout(left());
        }
        if let Some(endpoint) = &providers.prometheus
            && !endpoint.shutdown(deadline)
        {
            self.diagnostics.warn("the port for Prometheus was not given back in time for the shutdown");
        }
        let limit = left();
        let collect = |meter: Meters| within(deadline, move || meter.shutdown_with_timeout(limit));
        // What is scraped alone is not delivered by a shutdown.
        let uncollected = !providers.meter.clone().is_none_or(collect) && providers.pushes_metrics;
        if let Some(meter) = &providers.meter {
            meter.tell_unused_views();
        }
        let open = providers.open_spans.all();
        if open > 0 {
            self.diagnostics.warn(format_args!("{} had not ended at the shutdown, and will not be delivered", Signal::Traces.count(open)));
        }
        let undelivered = providers.delivery.as_ref().map(|delivery| delivery.shutdown(deadline)).unwrap_or_default();
        Left { undelivered, uncollected }
    }

    /// `None` once the shutdown has begun. The lock is not held by whoever uses them: what they call may come back here.
    pub(super) fn providers(&self) -> Option<Arc<Providers>> {
        match &*self.lock() {
            State::Running(providers) => Some(Arc::clone(providers)),
            State::Ending | State::Ended(_) => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
