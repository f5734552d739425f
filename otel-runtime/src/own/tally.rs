//! Numbers that many threads count up.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// So many numbers, each of them in parts: threads that count at the same time rarely touch the same memory.
#[derive(Debug)]
pub(crate) struct Tally<const N: usize>(Box<[Part<N>; PARTS]>);

/// As many as there are bits, and some more that the threads share which have none of their own.
const PARTS: usize = OWN_PARTS + SHARED_PARTS;
const OWN_PARTS: usize = u64::BITS as usize;
const SHARED_PARTS: usize = 16;

/// Apart from the others, as far as caches are concerned.
#[derive(Debug)]
#[repr(align(128))]
struct Part<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Tally<N> {
    fn default() -> Self {
        Self(Box::new([const { Part([const { AtomicU64::new(0) }; N]) }; PARTS]))
    }
}

impl<const N: usize> Tally<N> {
    /// Counts one of the numbers up.
    #[inline]
    pub(crate) fn count(&self, number: usize) {
        let part = part();
        let count = &self.0[part].0[number];
        if part >= OWN_PARTS {
            count.fetch_add(1, Ordering::Relaxed);
        } else {
            // Nobody else writes to it.
            count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
    }

    pub(crate) fn total(&self, number: usize) -> u64 {
        self.0.iter().map(|part| part.0[number].load(Ordering::Relaxed)).sum()
    }
}

/// Which parts belong to a thread, a bit for each.
static TAKEN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The part of this thread; not a part if that is not known yet.
    static PART: Cell<usize> = const { Cell::new(PARTS) };
    static OWN: Own = Own(take());
}

/// A thread's hold on its part, which is left to others when it ends.
struct Own(usize);

impl Drop for Own {
    fn drop(&mut self) {
        PART.set(OWN_PARTS);
        if self.0 < OWN_PARTS {
            // Who takes it sees what was counted.
            TAKEN.fetch_and(!(1 << self.0), Ordering::Release);
        }
    }
}

/// The part of this thread.
#[inline]
fn part() -> usize {
    match PART.get() {
        PARTS => begin(),
        part => part,
    }
}

#[cold]
fn begin() -> usize {
    // A thread that ends may be past its locals.
    let part = OWN.try_with(|own| own.0).unwrap_or(OWN_PARTS);
    PART.set(part);
    part
}

/// One that no thread has, or else a shared one.
fn take() -> usize {
    static SHARING: AtomicUsize = AtomicUsize::new(0);
    let taken = TAKEN.fetch_update(Ordering::Acquire, Ordering::Relaxed, |taken| (taken != u64::MAX).then(|| taken | (taken + 1)));
    taken.map_or_else(|_| OWN_PARTS + SHARING.fetch_add(1, Ordering::Relaxed) % SHARED_PARTS, |taken| taken.trailing_ones() as usize)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn threads_that_count_at_the_same_time_lose_nothing() {
        // More than have a part of their own, and twice, so that some have one that another had.
        const THREADS: usize = 100;
        let tally = Tally::<2>::default();
        let all_there = Barrier::new(THREADS);
        for _ in 0..2 {
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        tally.count(0);
                        all_there.wait();
                        (0..999).for_each(|count| tally.count(usize::from(count % 3 == 0)));
                    });
                }
            });
        }
        assert_eq!((tally.total(0), tally.total(1)), (133_400, 66_600));
    }
}
