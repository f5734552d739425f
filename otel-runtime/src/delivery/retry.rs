//! When a request may be sent again, and when the ones after it may be sent at all.

use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Exponential back-off with jitter: each wait is between half of a step and the whole, and the step doubles.
#[derive(Debug, Default)]
struct Backoff {
    steps: u32,
}

impl Backoff {
    fn next(&mut self) -> Duration {
        let step = FIRST.saturating_mul(1 << self.steps.min(20)).min(LONGEST);
        self.steps += 1;
        step.mul_f64(f64::midpoint(1.0, random_fraction()))
    }
}

/// A wait that a server asks all its clients for, and a little more, so that they do not come back at one moment.
fn spread(asked: Duration) -> Duration {
    asked + asked.min(Duration::from_secs(10)).mul_f64(random_fraction() / 10.0)
}

/// The wait that a server asks for in a header: seconds, or the date when they are over (RFC 9110, "Retry-After"). A date is compared with the one
/// that the server gives for its reply, because the two are of one clock, and else with `now`. The wait itself is on the monotonic clock.
pub(super) fn asked(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| Some(headers.get(name)?.to_str().ok()?.trim());
    let value = text(RETRY_AFTER)?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let replied = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    Some(until.duration_since(replied.unwrap_or(now)).unwrap_or_default())
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
pub(super) struct Gate {
    closed: Mutex<Closed>,
    opened: Notify,
}

#[derive(Debug, Default)]
struct Closed {
    until: Option<Instant>,
    /// When it was closed last.
    since: Option<Instant>,
    backoff: Backoff,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, Closed> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready when something may be sent.
    pub(super) async fn opened(&self) {
        loop {
            let mut opened = pin!(self.opened.notified());
            opened.as_mut().enable();
            let until = self.lock().until.filter(|until| *until > Instant::now());
            let Some(until) = until else { return };
            let mut over = pin!(sleep_until(until));
            poll_fn(|context| {
                let is_over = over.as_mut().poll(context).is_ready() || opened.as_mut().poll(context).is_ready();
                if is_over { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    }

    /// A request that was sent at `sent` was answered: the backend works, unless it has asked for a rest since.
    pub(super) fn open(&self, sent: Instant) {
        let mut closed = self.lock();
        if closed.since.is_none_or(|since| since <= sent) {
            *closed = Closed::default();
            self.opened.notify_waiters();
        }
    }

    /// A request that was sent at `sent` failed, and the server asked to be left alone for some time, or not. Requests that were under way
    /// together fail together, and that is one failure.
    pub(super) fn close(&self, sent: Instant, asked: Option<Duration>) {
        let mut closed = self.lock();
        let now = Instant::now();
        let is_news = closed.since.is_none_or(|since| since <= sent);
        let wait = is_news.then(|| closed.backoff.next()).into_iter().chain(asked.map(spread)).max();
        if let Some(wait) = wait {
            closed.until = closed.until.max(Some(now + wait));
            closed.since = Some(now);
        }
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
            let wait = backoff.next();
            assert!(wait >= base / 2 && wait <= base, "step {step}: {wait:?}");
        }
        let waits: std::collections::HashSet<Duration> = (0..20).map(|_| Backoff::default().next()).collect();
        assert!(waits.len() > 1, "waits of different programs must differ");
    }

    fn asked_at(now: SystemTime, headers: &[(http::HeaderName, &'static str)]) -> Option<Duration> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), http::HeaderValue::from_static(value)));
        asked(&headers.collect(), now)
    }

    /// 1994-11-06 08:49:37, the example of RFC 9110.
    const NOVEMBER: Duration = Duration::from_secs(784_111_777);

    #[test]
    fn a_date_is_a_wait_from_now_on() {
        let now = SystemTime::UNIX_EPOCH + NOVEMBER;
        let in_a_minute = [(RETRY_AFTER, "Sun, 06 Nov 1994 08:50:37 GMT")];
        assert_eq!(asked_at(now, &in_a_minute), Some(Duration::from_secs(60)));
        assert_eq!(asked_at(now + Duration::from_secs(3600), &in_a_minute), Some(Duration::ZERO), "it is over");
        assert_eq!(asked_at(now, &[(RETRY_AFTER, "7")]), Some(Duration::from_secs(7)));
        for nonsense in ["", "soon", "-1", "1.5", "Sun, 06 Nov"] {
            assert_eq!(asked_at(now, &[(RETRY_AFTER, nonsense)]), None, "{nonsense}");
        }
        assert_eq!(asked_at(now, &[]), None);
    }

    #[test]
    fn a_wall_clock_that_is_wrong_changes_no_wait_that_a_server_dates() {
        let headers = [(RETRY_AFTER, "Sun, 06 Nov 1994 08:50:37 GMT"), (DATE, "Sun, 06 Nov 1994 08:50:07 GMT")];
        for years in [0, 24, 200] {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(years * 365 * 24 * 3600);
            assert_eq!(asked_at(now, &headers), Some(Duration::from_secs(30)), "{years} years after 1970");
        }
    }

    /// A date that a wrong clock makes far away is bounded where the sender knows by what; here, that nothing overflows.
    #[tokio::test(start_paused = true)]
    async fn a_wait_of_ages_is_a_wait() {
        let ages = asked_at(SystemTime::UNIX_EPOCH, &[(RETRY_AFTER, "Fri, 31 Dec 9999 23:59:59 GMT")]);
        assert!(ages > Some(Duration::from_secs(8000 * 365 * 24 * 3600)), "{ages:?}");
        let gate = Gate::default();
        gate.close(Instant::now(), ages);
        assert!(tokio::time::timeout(Duration::from_secs(3600), gate.opened()).await.is_err());
    }

    const ASKED: Duration = Duration::from_secs(7);
    const AT_MOST: Duration = Duration::from_millis(7700);

    #[tokio::test(start_paused = true)]
    async fn a_failure_holds_up_what_follows_for_as_long_as_the_server_asks() {
        let gate = Gate::default();
        let began = Instant::now();
        gate.opened().await;
        assert_eq!(Instant::now(), began);
        for round in 1..4 {
            let sent = Instant::now();
            for _ in 0..4 {
                gate.close(sent, Some(ASKED));
            }
            gate.opened().await;
            let waited = Instant::now() - sent;
            assert!(waited >= ASKED && waited <= AT_MOST, "round {round}: {waited:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_opens_the_gate_for_those_who_wait_but_not_against_a_later_failure() {
        let gate = std::sync::Arc::new(Gate::default());
        let before = Instant::now();
        tokio::time::advance(Duration::from_millis(1)).await;
        let began = Instant::now();
        gate.close(began, Some(ASKED));
        gate.open(before);
        let waiting = tokio::spawn({
            let gate = std::sync::Arc::clone(&gate);
            async move { gate.opened().await }
        });
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!waiting.is_finished(), "what was sent before the failure says nothing of it");
        gate.open(Instant::now());
        waiting.await.unwrap_or_else(|error| panic!("{error}"));
        assert!(Instant::now() - began < ASKED);
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
