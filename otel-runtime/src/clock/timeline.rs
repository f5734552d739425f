//! [`Timeline`]: what ticks are worth, in nanoseconds and as points in time.
//!
//! Ticks come from a counter that is steady but whose frequency is not known, and that knows nothing of corrections. So all clocks are read about
//! every second: what the monotonic one went on by since the time before is what a tick is worth, and the wall clock's reading is what points in time
//! are counted from. It costs whoever is the first to ask after that second less than a microsecond; nobody waits for it.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// How long a reading holds, in nanoseconds: what the wall clock is slewed or set by is followed at most this much later.
const HOLDS: u64 = 1_000_000_000;

/// What a tick is worth is counted in nanoseconds divided by this, as a power of two.
const FRACTION: u32 = 32;

/// How much two measurements of what a tick is worth may differ, in millionths: clocks are slewed by at most 500. What differs more was measured
/// while the machine slept, or was moved to another.
const TOLERANCE: u64 = 1_000;

/// All clocks at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) ticks: u64,
    /// Nanoseconds of the monotonic clock.
    pub(super) monotonic: u64,
    /// Nanoseconds since the epoch.
    pub(super) wall: u64,
}

/// The last reading, and what follows from it.
#[derive(Debug)]
pub(super) struct Timeline {
    /// Odd while it is written; one that is the same before and after was not.
    version: AtomicU64,
    ticks: AtomicU64,
    monotonic: AtomicU64,
    wall: AtomicU64,
    /// What a tick is worth.
    scale: AtomicU64,
    /// What it was measured to be the last time, believed or not.
    measured: AtomicU64,
    /// From which ticks on it is time for another reading.
    expires: AtomicU64,
}

impl Timeline {
    pub(super) const fn new() -> Self {
        let [version, ticks, monotonic, wall, scale, measured, expires] = [const { AtomicU64::new(0) }; 7];
        Self { version, ticks, monotonic, wall, scale, measured, expires }
    }

    /// Begins with two readings; called once, before anybody asks.
    pub(super) fn begin(&self, first: Reading, second: Reading) {
        let scale = measure(first, second).unwrap_or(1 << FRACTION);
        self.scale.store(scale, Ordering::Relaxed);
        self.measured.store(scale, Ordering::Relaxed);
        self.put(second, second.ticks.saturating_sub(first.ticks));
    }

    /// How many nanoseconds there are between two ticks; none if the later one is the earlier.
    #[inline]
    pub(super) fn between(&self, earlier: u64, later: u64, read: impl FnOnce() -> Reading) -> u64 {
        if later >= self.expires.load(Ordering::Relaxed) {
            self.renew(read);
        }
        scaled(later.saturating_sub(earlier), self.scale.load(Ordering::Relaxed))
    }

    /// The wall clock's reading at a tick, in nanoseconds since the epoch.
    pub(super) fn wall(&self, ticks: u64, read: impl Fn() -> Reading) -> u64 {
        if ticks >= self.expires.load(Ordering::Relaxed) {
            self.renew(&read);
        }
        let (reading, scale) = self.get().unwrap_or_else(|| (read(), self.scale.load(Ordering::Relaxed)));
        if ticks >= reading.ticks {
            reading.wall.saturating_add(scaled(ticks - reading.ticks, scale))
        } else {
            reading.wall.saturating_sub(scaled(reading.ticks - ticks, scale))
        }
    }

    /// The last reading and its scale; `None` if it is written again and again meanwhile, or for ever: by a thread that a forked child does not have.
    fn get(&self) -> Option<(Reading, u64)> {
        (0..4).find_map(|_| {
            let version = self.version.load(Ordering::Acquire);
            let load = |value: &AtomicU64| value.load(Ordering::Relaxed);
            let reading = Reading { ticks: load(&self.ticks), monotonic: load(&self.monotonic), wall: load(&self.wall) };
            let scale = load(&self.scale);
            // None of these is loaded after the version is once more.
            fence(Ordering::Acquire);
            (version.is_multiple_of(2) && version == load(&self.version)).then_some((reading, scale))
        })
    }

    /// Reads all clocks, unless another thread does so.
    #[cold]
    fn renew(&self, read: impl FnOnce() -> Reading) {
        let version = self.version.load(Ordering::Relaxed);
        let even = version & !1;
        if self.version.compare_exchange(even, even + 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return;
        }
        // Who sees anything of what is written from here on sees that the version is odd.
        fence(Ordering::Release);
        let load = |value: &AtomicU64| value.load(Ordering::Relaxed);
        let last = Reading { ticks: load(&self.ticks), monotonic: load(&self.monotonic), wall: load(&self.wall) };
        let reading = read();
        let apart = reading.ticks.saturating_sub(last.ticks);
        if let Some(measured) = measure(last, reading) {
            let before = self.measured.swap(measured, Ordering::Relaxed);
            let scale = self.scale.load(Ordering::Relaxed);
            // In its first second it becomes known what is right.
            let is_young = scaled(apart, scale) < HOLDS / 2;
            if is_young || is_close(measured, scale) || is_close(measured, before) {
                self.scale.store(measured, Ordering::Relaxed);
            }
        }
        self.put(reading, apart);
        self.version.store(even + 2, Ordering::Release);
    }

    /// Takes a reading; the last one was so many ticks ago.
    fn put(&self, reading: Reading, apart: u64) {
        self.ticks.store(reading.ticks, Ordering::Relaxed);
        self.monotonic.store(reading.monotonic, Ordering::Relaxed);
        self.wall.store(reading.wall, Ordering::Relaxed);
        // The longer ago, the better it is known what a tick is worth, so each reading holds twice as long as the one before at first.
        let second = (u128::from(HOLDS) << FRACTION) / u128::from(self.scale.load(Ordering::Relaxed).max(1));
        let holds = apart.saturating_mul(2).min(u64::try_from(second).unwrap_or(u64::MAX));
        self.expires.store(reading.ticks.saturating_add(holds), Ordering::Relaxed);
    }
}

/// What a tick was worth between two readings; `None` if one of the clocks stood still or went back.
fn measure(first: Reading, second: Reading) -> Option<u64> {
    let ticks = second.ticks.checked_sub(first.ticks).filter(|ticks| *ticks > 0)?;
    let nanos = second.monotonic.checked_sub(first.monotonic).filter(|nanos| *nanos > 0)?;
    u64::try_from((u128::from(nanos) << FRACTION) / u128::from(ticks)).ok().filter(|scale| *scale > 0)
}

fn is_close(one: u64, other: u64) -> bool {
    one.abs_diff(other) <= other / (1_000_000 / TOLERANCE)
}

#[inline]
fn scaled(ticks: u64, scale: u64) -> u64 {
    u64::try_from((u128::from(ticks) * u128::from(scale)) >> FRACTION).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
