//! One clock for everything that is timed here: a start and an end are one reading each, and serve the span and the histogram alike.
//!
//! Durations come from the monotonic clock, so that nothing ends before it started, whatever is done to the wall clock meanwhile. Points in
//! time are the monotonic reading plus an offset to the wall clock, which is taken anew every second.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long an offset holds: what the wall clock is slewed or set by is followed at most this much later.
const HOLDS: Duration = Duration::from_secs(1);

/// A moment, to compute with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment(Instant);

impl Moment {
    #[inline]
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }

    /// The wall clock's reading at this moment.
    pub(crate) fn system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(OFFSET.at(since_base(self.0), wall_clock))
    }

    pub(crate) fn is_before(self, later: Self) -> bool {
        self.0 < later.0
    }

    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

/// In `timeout` from now; a timeout beyond all clocks is a year.
pub(crate) fn deadline(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now + Duration::from_secs(365 * 24 * 60 * 60))
}

static OFFSET: Offset = Offset { nanos: AtomicU64::new(0), expires: AtomicU64::new(0) };

/// The distance from the process's first reading of the monotonic clock to the epoch.
struct Offset {
    /// The wall clock's reading less the monotonic one's.
    nanos: AtomicU64,
    /// The monotonic reading at which it is taken anew.
    expires: AtomicU64,
}

impl Offset {
    /// The wall clock's reading at the monotonic `reading`, in nanoseconds.
    fn at(&self, reading: u64, wall_clock: impl FnOnce() -> (u64, u64)) -> u64 {
        if reading >= self.expires.load(Ordering::Acquire) {
            // Two threads may do this at the same time; either's answer is right.
            let (monotonic, wall) = wall_clock();
            self.nanos.store(wall.wrapping_sub(monotonic), Ordering::Relaxed);
            // Whoever sees this sees the offset that it belongs to.
            self.expires.store(monotonic.saturating_add(nanos(HOLDS)), Ordering::Release);
        }
        self.nanos.load(Ordering::Relaxed).wrapping_add(reading)
    }
}

/// Both clocks, read one after the other.
fn wall_clock() -> (u64, u64) {
    let monotonic = since_base(Instant::now());
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanos);
    (monotonic, wall)
}

fn since_base(instant: Instant) -> u64 {
    static BASE: OnceLock<Instant> = OnceLock::new();
    // An hour before the first use, so that moments which were taken before it have a place.
    let base = BASE.get_or_init(|| instant.checked_sub(Duration::from_secs(3600)).unwrap_or(instant));
    nanos(instant.saturating_duration_since(*base))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn offset() -> Offset {
        Offset { nanos: AtomicU64::new(0), expires: AtomicU64::new(0) }
    }

    #[test]
    fn between_two_readings_of_the_wall_clock_time_is_monotonic() {
        let offset = offset();
        assert_eq!(offset.at(5, || (5, 1_000)), 1_000);
        assert_eq!(offset.at(SECOND, || unreachable!("the offset still holds")), SECOND + 995);
    }

    #[test]
    fn a_wall_clock_that_is_set_is_followed_within_a_second() {
        let offset = offset();
        offset.at(0, || (0, 100 * SECOND));
        assert_eq!(offset.at(SECOND - 1, || unreachable!("the offset still holds")), 101 * SECOND - 1);
        assert_eq!(offset.at(SECOND, || (SECOND, 50 * SECOND)), 50 * SECOND);
    }

    #[test]
    fn an_hour_of_drift_is_never_off_by_more_than_what_a_second_drifts() {
        // The monotonic clock runs 500 millionths too fast, which is the most that a wall clock is slewed against it.
        let offset = offset();
        let wall = |monotonic: u64| monotonic - monotonic / 2_000;
        for step in 0..36_000 {
            let reading = step * SECOND / 10;
            let read = offset.at(reading, || (reading, wall(reading)));
            assert!(read.abs_diff(wall(reading)) < SECOND / 1_000, "after {step} tenths");
        }
    }

    #[test]
    fn the_real_clock_agrees_with_the_system() {
        let before = SystemTime::now();
        let moment = Moment::now();
        let read = moment.system_time();
        assert!(read + HOLDS > before && read < SystemTime::now() + HOLDS);
        assert_eq!(moment.since(Moment::now()), Duration::ZERO);
    }
}
