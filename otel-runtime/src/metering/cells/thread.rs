//! What a thread keeps: sums, and durations that wait.
//!
//! Sums are written by their thread alone, so a load and a store are enough to add to one. Every store releases and every load of another thread
//! acquires: who sees that a call has ended sees that it began, on whatever thread that was.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, TryLockError};

use super::collection;
use super::table::{Place, Table};

/// How many sums are on a cache line; none of another thread are.
const SUMS: u32 = 8;

/// How many durations a thread keeps: it hands them on that often, which costs it some microseconds then.
const DURATIONS: usize = 128;

#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; SUMS as usize]);

/// What is kept in the same place in the cells of every thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(super) number: u32,
    line: Place,
}

impl Cell {
    pub(super) const fn new(number: u32) -> Self {
        Self { number, line: Place::of(number / SUMS) }
    }

    #[inline]
    const fn on_line(self) -> usize {
        (self.number % SUMS) as usize
    }
}

/// Sums, by their cells.
#[derive(Debug)]
pub(super) struct Sums(Table<Line>);

impl Sums {
    pub(super) const fn new() -> Self {
        Self(Table::new())
    }

    /// Adds one; called on the thread alone whose sums they are.
    #[inline]
    fn count(&self, cell: Cell) {
        let sum = &self.0.at(cell.line).0[cell.on_line()];
        sum.store(sum.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
    }

    /// Adds to it; any thread may.
    pub(super) fn add(&self, cell: Cell, sum: u64) {
        self.0.at(cell.line).0[cell.on_line()].fetch_add(sum, Ordering::AcqRel);
    }

    pub(super) fn get(&self, cell: Cell) -> u64 {
        self.0.get(cell.line).map_or(0, |line| line.0[cell.on_line()].load(Ordering::Acquire))
    }
}

/// Durations that wait to be handed on.
#[derive(Debug)]
#[repr(align(64))]
struct Durations {
    /// How many were written ever, by their thread alone.
    written: AtomicUsize,
    /// How many of them were taken, by whoever has the lock.
    taken: AtomicUsize,
    taking: Mutex<()>,
    cells: [AtomicU32; DURATIONS],
    /// The bits of numbers of seconds.
    seconds: [AtomicU64; DURATIONS],
}

impl Durations {
    fn new() -> Self {
        let (written, taken, taking) = Default::default();
        let (cells, seconds) = ([const { AtomicU32::new(0) }; DURATIONS], [const { AtomicU64::new(0) }; DURATIONS]);
        Self { written, taken, taking, cells, seconds }
    }

    /// Keeps one, unless it is full; called on the thread alone whose durations they are.
    #[inline]
    fn keep(&self, cell: Cell, seconds: f64) -> bool {
        let written = self.written.load(Ordering::Relaxed);
        // Whoever took what stood in this place has read it.
        if written.wrapping_sub(self.taken.load(Ordering::Acquire)) == DURATIONS {
            return false;
        }
        self.cells[written % DURATIONS].store(cell.number, Ordering::Relaxed);
        self.seconds[written % DURATIONS].store(seconds.to_bits(), Ordering::Relaxed);
        self.written.store(written.wrapping_add(1), Ordering::Release);
        true
    }

    fn hand_on(&self) {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        self.take();
    }

    /// Hands them on, unless somebody else does so: then nobody waits. In a forked child that may be a thread that is not there.
    fn try_to_hand_on(&self) {
        match self.taking.try_lock() {
            Ok(_taking) => self.take(),
            Err(TryLockError::Poisoned(_taking)) => self.take(),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    /// Called under the lock.
    fn take(&self) {
        let (taken, written) = (self.taken.load(Ordering::Relaxed), self.written.load(Ordering::Acquire));
        let mut next = taken;
        // Most of them are of one function.
        let mut last = None;
        while next != written {
            let number = self.cells[next % DURATIONS].load(Ordering::Relaxed);
            let histogram = match last {
                Some((known, histogram)) if known == number => histogram,
                _ => collection::histogram(number),
            };
            last = Some((number, histogram));
            if let Some(histogram) = histogram {
                histogram.record(f64::from_bits(self.seconds[next % DURATIONS].load(Ordering::Relaxed)));
            }
            next = next.wrapping_add(1);
        }
        self.taken.store(written, Ordering::Release);
    }
}

/// All that a thread keeps.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) sums: Sums,
    /// Most threads time nothing.
    durations: OnceLock<Box<Durations>>,
    /// Whether the thread has ended, and nobody has yet folded what it kept.
    pub(super) ended: AtomicBool,
}

impl Cells {
    fn new() -> Self {
        Self { sums: Sums::new(), durations: OnceLock::new(), ended: AtomicBool::new(false) }
    }

    /// Hands on the durations that wait.
    pub(super) fn hand_on(&self) {
        if let Some(durations) = self.durations.get() {
            durations.hand_on();
        }
    }

    #[inline]
    fn record(&self, cell: Cell, seconds: f64) {
        let durations = self.durations.get_or_init(|| Box::new(Durations::new()));
        if !durations.keep(cell, seconds) {
            hand_on_and_record(durations, cell, seconds);
        }
    }
}

#[cold]
fn hand_on_and_record(durations: &Durations, cell: Cell, seconds: f64) {
    durations.try_to_hand_on();
    record_at_once(cell, seconds);
}

/// A thread's hold on its cells; what they keep is folded when it ends.
struct Own(OnceCell<Arc<Cells>>);

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(cells) = self.0.get() {
            collection::leave(cells);
        }
    }
}

thread_local! {
    static OWN: Own = const { Own(OnceCell::new()) };
}

/// Has the thread's own cells at work; `false` where it has none, because it is about to be gone.
#[inline]
fn with_own(work: impl FnOnce(&Cells)) -> bool {
    let is_there = OWN.try_with(|own| match own.0.get().or_else(|| begin(own)) {
        Some(cells) => {
            work(cells);
            true
        }
        None => false,
    });
    is_there.unwrap_or(false)
}

#[cold]
fn begin(own: &Own) -> Option<&Arc<Cells>> {
    let cells = Arc::new(Cells::new());
    collection::enter(&cells).then(|| own.0.get_or_init(|| cells))
}

#[inline]
pub(super) fn count(cell: Cell) {
    if !with_own(|cells| cells.sums.count(cell)) {
        collection::count(cell);
    }
}

#[inline]
pub(super) fn record(cell: Cell, seconds: f64) {
    if !with_own(|cells| cells.record(cell, seconds)) {
        record_at_once(cell, seconds);
    }
}

/// In the instrument itself.
#[cold]
fn record_at_once(cell: Cell, seconds: f64) {
    if let Some(histogram) = collection::histogram(cell.number) {
        histogram.record(seconds);
    }
}

/// For tests, which want to know when they are gone.
#[cfg(test)]
pub(super) fn own() -> Option<std::sync::Weak<Cells>> {
    OWN.with(|own| own.0.get().map(Arc::downgrade))
}
