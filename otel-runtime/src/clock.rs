//! One clock for everything that is timed here: a start and an end are one reading each, and serve the span and the histogram alike.
//!
//! A reading is that of the processor's time-stamp counter, where Linux trusts it, and else that of the monotonic clock: in either, nothing ends
//! before it started, whatever is done to the wall clock meanwhile. What a tick of the counter is worth, and what the wall clock said at one, the
//! [timeline] asks the system's clocks for, about every second.

mod counter;
mod timeline;

use std::ops::Add;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use self::timeline::{Reading, Timeline};

/// A moment, to compute with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment(u64);

impl Moment {
    #[inline]
    pub(crate) fn now() -> Self {
        Self(ticks())
    }

    /// The wall clock's reading at this moment.
    pub(crate) fn wall_time(self) -> WallTime {
        WallTime(TIMELINE.wall(self.0, read))
    }

    pub(crate) fn is_before(self, later: Self) -> bool {
        self.0 < later.0
    }

    #[inline]
    pub(crate) fn since(self, earlier: Self) -> Elapsed {
        Elapsed(TIMELINE.between(earlier.0, self.0, read))
    }
}

/// A reading of the wall clock, in nanoseconds since the epoch: as OTLP has it, and as nothing needs to be taken apart for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WallTime(pub(crate) u64);

impl WallTime {
    pub(crate) fn system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.0)
    }
}

impl From<SystemTime> for WallTime {
    fn from(time: SystemTime) -> Self {
        Self(time.duration_since(UNIX_EPOCH).map_or(0, nanos))
    }
}

/// So many nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Elapsed(u64);

impl Elapsed {
    #[inline]
    #[allow(clippy::cast_precision_loss, reason = "what takes longer than a hundred days is known to some nanoseconds")]
    pub(crate) fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl From<Elapsed> for Duration {
    fn from(elapsed: Elapsed) -> Self {
        Self::from_nanos(elapsed.0)
    }
}

impl Add<Elapsed> for WallTime {
    type Output = Self;

    #[inline]
    fn add(self, later: Elapsed) -> Self {
        Self(self.0.saturating_add(later.0))
    }
}

/// In `timeout` from now; a timeout beyond all clocks is a year.
pub(crate) fn deadline(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now + Duration::from_secs(365 * 24 * 60 * 60))
}

static TIMELINE: Timeline = Timeline::new();

/// What moments are read from. It is decided once, at the first reading.
static SOURCE: AtomicU8 = AtomicU8::new(UNDECIDED);
const UNDECIDED: u8 = 0;
const COUNTER: u8 = 1;
const MONOTONIC: u8 = 2;

#[inline]
fn ticks() -> u64 {
    match SOURCE.load(Ordering::Acquire) {
        COUNTER => counter::read(),
        source => ticks_elsewhere(source),
    }
}

#[inline(never)]
fn ticks_elsewhere(source: u8) -> u64 {
    static DECIDED: OnceLock<u8> = OnceLock::new();
    if source == UNDECIDED && *DECIDED.get_or_init(decide) == COUNTER { counter::read() } else { monotonic() }
}

/// What a tick is worth must be known before anybody asks: from two readings that are far enough apart to be right within a hundredth, which the next
/// ones mend.
#[cold]
fn decide() -> u8 {
    const APART: Duration = Duration::from_micros(20);
    let (source, ticks): (_, fn() -> u64) = if counter::is_trusted() { (COUNTER, counter::read) } else { (MONOTONIC, monotonic) };
    let first = read_with(ticks);
    let began = Instant::now();
    while began.elapsed() < APART {
        std::hint::spin_loop();
    }
    TIMELINE.begin(first, read_with(ticks));
    // Who reads the counter because of this sees the timeline as it begins.
    SOURCE.store(source, Ordering::Release);
    source
}

fn read() -> Reading {
    read_with(ticks)
}

/// All clocks, read one after the other; what was interrupted least of a few times counts.
fn read_with(ticks: fn() -> u64) -> Reading {
    let mut best: Option<(u64, Reading)> = None;
    for _ in 0..3 {
        let before = ticks();
        let WallTime(wall) = SystemTime::now().into();
        let monotonic = monotonic();
        let took = ticks().saturating_sub(before);
        if best.is_none_or(|(least, _)| took < least) {
            best = Some((took, Reading { ticks: before + took / 2, monotonic, wall }));
        }
    }
    best.map_or(Reading { ticks: 0, monotonic: 0, wall: 0 }, |(_, reading)| reading)
}

/// Nanoseconds of the monotonic clock, from an hour before its first reading here.
fn monotonic() -> u64 {
    static BASE: OnceLock<Instant> = OnceLock::new();
    let now = Instant::now();
    let base = BASE.get_or_init(|| now.checked_sub(Duration::from_secs(3600)).unwrap_or(now));
    nanos(now.saturating_duration_since(*base))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::thread;

    use super::*;

    #[test]
    fn the_real_clock_agrees_with_the_system() {
        let second = Duration::from_secs(1);
        let before = SystemTime::now();
        let moment = Moment::now();
        let read = moment.wall_time().system_time();
        assert!(read + second > before && read < SystemTime::now() + second);
        assert_eq!(moment.since(Moment::now()), Elapsed::default());
    }

    #[test]
    fn a_duration_is_what_the_system_says_it_is() {
        let (before, first) = (Instant::now(), Moment::now());
        let inner = Instant::now();
        thread::sleep(Duration::from_millis(30));
        let inner = inner.elapsed();
        let (last, outer) = (Moment::now(), before.elapsed());
        let measured = Duration::from(last.since(first));
        // What the scale may be off by in the first second is more than enough.
        let slack = outer / 100 + Duration::from_micros(1);
        assert!(inner < measured + slack && measured < outer + slack, "{inner:?} {measured:?} {outer:?}");
    }

    #[test]
    fn moments_of_one_thread_never_go_back() {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                thread::spawn(|| {
                    let mut last = Moment::now();
                    for _ in 0..20_000 {
                        let next = black_box(Moment::now());
                        assert!(!next.is_before(last));
                        last = next;
                    }
                })
            })
            .collect();
        assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
    }
}
