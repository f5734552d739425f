//! [`Rate`]: so many in a second, evenly, and as many at once as fit into a second.
//!
//! It is the generic cell rate algorithm, a token bucket whose whole state is one number: the moment at which the bucket would be full again. So
//! threads that take from it meet on one atomic and never wait for each other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The bounds of what can be asked for: one in about a quarter of an hour, and what no longer differs from all.
pub(crate) const RANGE: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;

#[derive(Debug)]
pub(super) struct Rate {
    per_second: f64,
    /// Nanoseconds for one, rounded up: in no window there are more than the rate allows.
    interval: u64,
    /// How far ahead of an even flow it may be: a burst, less the one that is always allowed.
    tolerance: u64,
    /// Nanoseconds from `started` until which everything is taken.
    taken_until: AtomicU64,
    started: Instant,
}

impl Rate {
    pub(super) fn new(per_second: f64) -> Option<Self> {
        if !RANGE.contains(&per_second) {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the rate has bounds, so these have")]
        let (interval, burst) = ((1e9 / per_second).ceil() as u64, per_second.floor().max(1.0) as u64);
        let tolerance = interval.saturating_mul(burst - 1);
        Some(Self { per_second, interval, tolerance, taken_until: AtomicU64::new(0), started: Instant::now() })
    }

    pub(super) fn per_second(&self) -> f64 {
        self.per_second
    }

    /// Takes one, if there is one.
    pub(super) fn take(&self) -> bool {
        self.take_at(u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// As [`take`](Self::take), so many nanoseconds after the start.
    fn take_at(&self, now: u64) -> bool {
        let take = |taken_until: u64| {
            let is_there = taken_until <= now.saturating_add(self.tolerance);
            is_there.then(|| taken_until.max(now).saturating_add(self.interval))
        };
        self.taken_until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn rate(per_second: f64) -> Rate {
        Rate::new(per_second).expect("it is a rate")
    }

    /// The moments at which something is there, of somebody who asks every `step` nanoseconds, for so many seconds.
    fn taken(rate: &Rate, step: u64, seconds: u64) -> Vec<u64> {
        (0..seconds * SECOND / step).map(|i| i * step).filter(|now| rate.take_at(*now)).collect()
    }

    #[test]
    fn in_no_window_there_are_more_than_rate_and_burst() {
        for (per_second, burst) in [(0.5, 1.0), (1.0, 1.0), (3.0, 3.0), (7.9, 7.0), (100.0, 100.0)] {
            let taken = taken(&rate(per_second), SECOND / 1000, 20);
            for (i, from) in taken.iter().enumerate() {
                for (j, to) in taken.iter().enumerate().skip(i) {
                    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
                    let (count, seconds) = ((j - i + 1) as f64, (to - from) as f64 / 1e9);
                    // Less than a millionth of one is what floating point takes.
                    assert!(count <= burst + per_second * seconds + 1e-6, "{count} in {seconds} s at {per_second}/s");
                }
            }
            #[allow(clippy::cast_precision_loss, reason = "small numbers")]
            let in_all = taken.len() as f64;
            // And not less than there may be: who asks often enough gets nearly all.
            assert!(in_all >= 0.98 * 19.0 * per_second, "{in_all} in 20 s at {per_second}/s");
        }
    }

    #[test]
    fn a_second_s_worth_may_come_at_once_and_is_saved_up_only_so_far() {
        let rate = rate(10.0);
        let at_once = |now| (0..50).filter(|_| rate.take_at(now)).count();
        assert_eq!(at_once(0), 10);
        assert_eq!(at_once(SECOND / 2), 5);
        assert_eq!(at_once(1000 * SECOND), 10);
    }

    #[test]
    fn threads_take_no_more_than_there_is() {
        let (rate, count) = (rate(1000.0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| count.fetch_add((0..1000).filter(|_| rate.take_at(7)).count(), Ordering::Relaxed));
            }
        });
        assert_eq!(count.into_inner(), 1000);
    }

    #[test]
    fn rates_that_are_none() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9, 1e-9] {
            assert!(Rate::new(bad).is_none(), "{bad}");
        }
    }
}
