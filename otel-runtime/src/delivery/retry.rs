//! When a request may be sent again, and when the ones after it may be sent at all.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// Exponential back-off with jitter: each wait is between half and one and a half of a step that doubles.
#[derive(Debug, Default)]
struct Backoff {
    steps: u32,
}

impl Backoff {
    /// The next wait; never shorter than what the server asked for.
    fn next(&mut self, asked: Option<Duration>) -> Duration {
        let step = FIRST.saturating_mul(1 << self.steps.min(20)).min(LONGEST);
        self.steps += 1;
        let wait = step.mul_f64(0.5 + random_fraction());
        asked.map_or(wait, |asked| asked.max(wait))
    }
}

/// From 0 to 1. The standard library seeds its hashers randomly, which is all the chance that jitter needs.
fn random_fraction() -> f64 {
    let bits = RandomState::new().hash_one(()) >> 32;
    #[allow(clippy::cast_precision_loss, reason = "32 bits fit into the mantissa")]
    let fraction = bits as f64 / f64::from(u32::MAX);
    fraction
}

/// What all requests of a signal go through: after a failure nothing is sent until the wait is over (OTLP specification, "OTLP/HTTP
/// Throttling" and "OTLP/gRPC Throttling").
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<Closed>);

#[derive(Debug, Default)]
struct Closed {
    until: Option<Instant>,
    /// When it was closed last.
    since: Option<Instant>,
    backoff: Backoff,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, Closed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready when something may be sent.
    pub(super) async fn opened(&self) {
        loop {
            // In a statement of its own, so that nothing is locked while waiting.
            let until = self.lock().until.filter(|until| *until > Instant::now());
            match until {
                Some(until) => sleep_until(until).await,
                None => return,
            }
        }
    }

    /// A request was answered: the backend works.
    pub(super) fn open(&self) {
        *self.lock() = Closed::default();
    }

    /// A request that was sent at `sent` failed, and the server asked to be left alone for some time, or not. Requests that were under way
    /// together fail together, and that is one failure.
    pub(super) fn close(&self, sent: Instant, asked: Option<Duration>) {
        let mut closed = self.lock();
        let is_news = closed.since.is_none_or(|since| since <= sent);
        if !is_news && asked.is_none() {
            return;
        }
        let now = Instant::now();
        let until = now + closed.backoff.next(asked);
        closed.until = closed.until.max(Some(until));
        closed.since = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_vary() {
        let mut backoff = Backoff::default();
        for step in 0..30 {
            let base = FIRST.saturating_mul(1 << step.min(20)).min(LONGEST);
            let wait = backoff.next(None);
            assert!(wait >= base / 2 && wait <= base * 3 / 2, "step {step}: {wait:?}");
        }
        let waits: std::collections::HashSet<Duration> = (0..20).map(|_| Backoff::default().next(None)).collect();
        assert!(waits.len() > 1, "waits of different programs must differ");
    }

    #[test]
    fn the_server_may_ask_for_more() {
        let asked = Duration::from_secs(60);
        assert_eq!(Backoff::default().next(Some(asked)), asked);
        assert!(Backoff::default().next(Some(Duration::ZERO)) > Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_holds_up_what_follows_and_a_success_does_not() {
        let gate = Gate::default();
        let began = Instant::now();
        gate.opened().await;
        assert_eq!(Instant::now(), began);
        gate.close(began, Some(Duration::from_secs(7)));
        gate.opened().await;
        assert_eq!(Instant::now() - began, Duration::from_secs(7));
        gate.close(Instant::now(), Some(Duration::from_secs(7)));
        gate.open();
        gate.opened().await;
        assert_eq!(Instant::now() - began, Duration::from_secs(7));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_fail_together_are_one_failure() {
        let gate = Gate::default();
        let sent = Instant::now();
        tokio::time::advance(Duration::from_millis(1)).await;
        for _ in 0..4 {
            gate.close(sent, None);
        }
        assert_eq!(gate.lock().backoff.steps, 1);
        gate.close(Instant::now(), None);
        assert_eq!(gate.lock().backoff.steps, 2);
    }
}
