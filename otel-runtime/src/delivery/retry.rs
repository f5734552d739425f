//! How long to wait before a request is sent again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// Exponential back-off with jitter: each wait is between half and one and a half of a step that doubles.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    steps: u32,
}

impl Backoff {
    /// The next wait; never shorter than what the server asked for.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Duration {
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
}
