//! Numbers that many threads count up.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// So many numbers, each of them in parts: threads that count at the same time rarely touch the same memory.
#[derive(Debug)]
pub(crate) struct Tally<const N: usize>([Part<N>; PARTS]);

const PARTS: usize = 16;

/// Apart from the others, as far as caches are concerned.
#[derive(Debug)]
#[repr(align(128))]
struct Part<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Tally<N> {
    fn default() -> Self {
        Self([const { Part([const { AtomicU64::new(0) }; N]) }; PARTS])
    }
}

impl<const N: usize> Tally<N> {
    /// Counts one of the numbers up.
    #[inline]
    pub(crate) fn count(&self, number: usize) {
        self.0[part()].0[number].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn total(&self, number: usize) -> u64 {
        self.0.iter().map(|part| part.0[number].load(Ordering::Relaxed)).sum()
    }
}

/// The part of this thread.
fn part() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PART: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    // A thread that ends may be past its locals.
    let part = PART.try_with(|part| {
        if part.get() == usize::MAX {
            part.set(THREADS.fetch_add(1, Ordering::Relaxed) % PARTS);
        }
        part.get()
    });
    part.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn threads_that_count_at_the_same_time_lose_nothing() {
        let tally = Tally::<2>::default();
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| (0..1000).for_each(|count| tally.count(usize::from(count % 4 == 0))));
            }
        });
        assert_eq!((tally.total(0), tally.total(1)), (15_000, 5_000));
    }
}
