//! What a thread keeps: sums, and durations that wait.
//!
//! Sums are written by their thread alone, so a load and a store are enough to add to one. Every store releases and every load of another thread
//! acquires: who sees that a call has ended sees that it began, on whatever thread that was.

use std::cell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, TryLockError};

use super::collection;

/// How many sums a thread has room for at least.
const SUMS: usize = 64;

/// How many sums are on a cache line; none of another thread are.
const SUMS_ON_A_LINE: usize = 8;

/// How many durations a thread keeps at most.
const DURATIONS: usize = 1024;

/// It hands them on whenever it has so many more, which costs it some microseconds then, unless another thread does so just now: two that did would wait
/// for each other at every one.
const AT_ONCE: usize = 128;

/// Who hands on durations without being asked.
static HANDING_ON: Mutex<()> = Mutex::new(());

/// What is kept in the same place in the cells of every thread, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell(pub(super) u32);

impl Cell {
    /// What stands for it, for who keeps it in a number.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }

    /// Adds one to its sum.
    #[inline]
    pub(crate) fn count(self) {
        match SUMS_OF_THREAD.get().get(self.number()) {
            Some(sum) => add_one(sum),
            None => count_anew(self),
        }
    }
}

/// Called on the thread alone whose sum it is.
#[inline]
fn add_one(sum: &AtomicU64) {
    sum.store(sum.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
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
        self.cells[written % DURATIONS].store(cell.bits(), Ordering::Relaxed);
        self.seconds[written % DURATIONS].store(seconds.to_bits(), Ordering::Relaxed);
        self.written.store(written.wrapping_add(1), Ordering::Release);
        if written.wrapping_add(1).is_multiple_of(AT_ONCE) {
            self.hand_on_if_nobody_does();
        }
        true
    }

    #[cold]
    fn hand_on_if_nobody_does(&self) {
        let handing_on = HANDING_ON.try_lock();
        if !matches!(handing_on, Err(TryLockError::WouldBlock)) {
            self.try_to_hand_on();
        }
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
            let cell = Cell::from_bits(self.cells[next % DURATIONS].load(Ordering::Relaxed));
            let histogram = match last {
                Some((known, histogram)) if known == cell => histogram,
                _ => collection::histogram(cell),
            };
            last = Some((cell, histogram));
            if let Some(histogram) = histogram {
                histogram.record(f64::from_bits(self.seconds[next % DURATIONS].load(Ordering::Relaxed)));
            }
            next = next.wrapping_add(1);
        }
        self.taken.store(written, Ordering::Release);
    }
}

/// All that a thread keeps. It is never freed: a thread that ends leaves it to one that begins, so there are about as many as there were threads at
/// the same time, and a thread reaches its own without a look whether they are still there.
#[derive(Debug)]
pub(super) struct Cells {
    /// With a line's worth on either side that nobody uses.
    sums: Box<[AtomicU64]>,
    /// Most threads time nothing.
    durations: OnceLock<Box<Durations>>,
    /// Whether the thread has ended, and nobody has yet folded what it kept.
    pub(super) ended: AtomicBool,
}

impl Cells {
    /// With room for all cells up to that one.
    pub(super) fn new(last: Cell) -> Self {
        let sums = (last.number() + 1).next_power_of_two().max(SUMS) + 2 * SUMS_ON_A_LINE;
        let sums = (0..sums).map(|_| AtomicU64::new(0)).collect();
        Self { sums, durations: OnceLock::new(), ended: AtomicBool::new(false) }
    }

    pub(super) fn has_room_for(&self, cell: Cell) -> bool {
        cell.number() < self.sums().len()
    }

    fn sums(&self) -> &[AtomicU64] {
        &self.sums[SUMS_ON_A_LINE..self.sums.len() - SUMS_ON_A_LINE]
    }

    pub(super) fn sum(&self, cell: Cell) -> u64 {
        self.sums().get(cell.number()).map_or(0, |sum| sum.load(Ordering::Acquire))
    }

    /// Hands on the durations that wait.
    pub(super) fn hand_on(&self) {
        if let Some(durations) = self.durations.get() {
            durations.hand_on();
        }
    }

    /// Makes it what it was at first; called when all was handed on, and no thread has it.
    pub(super) fn clear(&self) {
        self.sums().iter().for_each(|sum| sum.store(0, Ordering::Relaxed));
        self.ended.store(false, Ordering::Relaxed);
    }
}

thread_local! {
    /// The sums of the thread's cells; none before it has any, and when it is about to be gone.
    static SUMS_OF_THREAD: cell::Cell<&'static [AtomicU64]> = const { cell::Cell::new(&[]) };
    /// The same of its durations.
    static DURATIONS_OF_THREAD: cell::Cell<Option<&'static Durations>> = const { cell::Cell::new(None) };
    static OWN: Own = const { Own(cell::Cell::new(None)) };
}

/// A thread's hold on its cells; what they keep is folded when it ends.
struct Own(cell::Cell<Option<&'static Cells>>);

impl Own {
    /// Leaves the cells that the thread has for others, or for none.
    fn change(&self, cells: Option<&'static Cells>) {
        SUMS_OF_THREAD.set(cells.map_or(&[], Cells::sums));
        DURATIONS_OF_THREAD.set(cells.and_then(|cells| cells.durations.get()).map(Box::as_ref));
        if let Some(before) = self.0.replace(cells) {
            collection::leave(before);
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.change(None);
    }
}

/// The thread's own cells, with room for this one; `None` where there can be none, because it is about to be gone, or just now.
fn own(cell: Cell) -> Option<&'static Cells> {
    let own = OWN.try_with(|own| {
        let known = own.0.get().filter(|cells| cells.has_room_for(cell));
        known.or_else(|| collection::enter(cell).inspect(|cells| own.change(Some(cells))))
    });
    own.ok().flatten()
}

#[cold]
fn count_anew(cell: Cell) {
    match own(cell).and_then(|cells| cells.sums().get(cell.number())) {
        Some(sum) => add_one(sum),
        None => collection::count(cell),
    }
}

#[inline]
pub(super) fn record(cell: Cell, seconds: f64) {
    match DURATIONS_OF_THREAD.get() {
        Some(durations) if durations.keep(cell, seconds) => {}
        Some(durations) => hand_on_and_record(durations, cell, seconds),
        None => record_anew(cell, seconds),
    }
}

#[cold]
fn hand_on_and_record(durations: &Durations, cell: Cell, seconds: f64) {
    durations.try_to_hand_on();
    record_at_once(cell, seconds);
}

#[cold]
fn record_anew(cell: Cell, seconds: f64) {
    let Some(cells) = own(Cell(0)) else { return record_at_once(cell, seconds) };
    let durations = cells.durations.get_or_init(|| Box::new(Durations::new()));
    DURATIONS_OF_THREAD.set(Some(durations));
    record(cell, seconds);
}

/// In the instrument itself.
#[cold]
fn record_at_once(cell: Cell, seconds: f64) {
    if let Some(histogram) = collection::histogram(cell) {
        histogram.record(seconds);
    }
}

/// For tests, which want to know who has had them.
#[cfg(test)]
pub(super) fn own_cells() -> Option<usize> {
    OWN.with(|own| own.0.get().map(|cells| std::ptr::from_ref(cells).addr()))
}
