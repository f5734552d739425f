//! What becomes of cells: who has some, and how what they keep comes to the SDK's instruments.
//!
//! Threads of the program wait for nobody here. One that cannot have a lock at once does without, also in a forked child, where the thread that has
//! it may not be; only who collects waits, for a thread that hands on its durations.

use std::iter;
use std::mem;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

use opentelemetry::metrics::{BoundCounter, BoundHistogram, BoundUpDownCounter};

use super::table::{Place, Table};
use super::thread::{Cell, Cells, Sums};

/// Where what a cell keeps is handed on to.
#[derive(Debug)]
pub(super) enum Target {
    Counter(BoundCounter<u64>),
    /// Counts what began, of which [`Self::Ended`] takes away what ended.
    Begun(BoundUpDownCounter<i64>),
    Ended(BoundUpDownCounter<i64>),
    Histogram(BoundHistogram<f64>),
}

/// By their cells.
static TARGETS: Table<OnceLock<Target>> = Table::new();

/// How many there are.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Of threads that have no cells, or have none any more.
static LEFT: Sums = Sums::new();

/// Threads that nobody knows yet. The lock is held only for as long as it takes to get in or out.
static ENTERED: Mutex<Vec<Arc<Cells>>> = Mutex::new(Vec::new());

static KNOWN: Mutex<Known> = Mutex::new(Known { threads: Vec::new(), left: Vec::new() });

/// Whose cells there are, and how much of their sums was handed on.
#[derive(Debug)]
struct Known {
    threads: Vec<Thread>,
    left: Vec<u64>,
}

#[derive(Debug)]
struct Thread {
    cells: Arc<Cells>,
    /// By their cells.
    seen: Vec<u64>,
}

impl Cell {
    /// Makes a new one, which stays.
    pub(super) fn of(target: Target) -> Self {
        let number = COUNT.fetch_add(1, Ordering::AcqRel);
        let _ = TARGETS.at(Place::of(number)).set(target);
        Self::new(number)
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..COUNT.load(Ordering::Acquire)).map(Self::new)
    }

    fn target(self) -> Option<&'static Target> {
        TARGETS.get(Place::of(self.number))?.get()
    }
}

/// Hands all that is kept on to the instruments; called before they are read. It makes no instruments: the SDK has locked their list.
pub(crate) fn collect() {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let entered = ENTERED.lock().unwrap_or_else(PoisonError::into_inner);
    known.admit(entered);
    known.hand_on();
}

impl Known {
    fn admit(&mut self, mut entered: MutexGuard<'_, Vec<Arc<Cells>>>) {
        self.threads.extend(mem::take(&mut *entered).into_iter().map(|cells| Thread { cells, seen: Vec::new() }));
    }

    fn hand_on(&mut self) {
        // Asked before the sums are: those of a thread that has ended grow no more.
        let ended: Vec<bool> = self.threads.iter().map(|thread| thread.cells.ended.load(Ordering::Acquire)).collect();
        // What ended is asked for before what began, and told after it.
        let of_ends = self.take(|target| matches!(target, Target::Ended(_)));
        let others = self.take(|target| !matches!(target, Target::Ended(_)));
        for (target, sum) in others.into_iter().chain(of_ends) {
            match target {
                Target::Counter(counter) => counter.add(sum),
                Target::Begun(counter) => counter.add(sum.cast_signed()),
                Target::Ended(counter) => counter.add(sum.cast_signed().wrapping_neg()),
                Target::Histogram(_) => {}
            }
        }
        self.threads.iter().for_each(|thread| thread.cells.hand_on());
        let mut ended = ended.into_iter();
        self.threads.retain(|_| ended.next() != Some(true));
    }

    /// The sums of some cells, as far as nobody has taken them.
    fn take(&mut self, is_wanted: impl Fn(&Target) -> bool) -> Vec<(&'static Target, u64)> {
        let mut taken = Vec::new();
        for cell in Cell::all() {
            let Some(target) = cell.target().filter(|target| is_wanted(target)) else { continue };
            let of_threads = self.threads.iter_mut().map(|thread| (&thread.cells.sums, &mut thread.seen));
            let all = of_threads.chain(iter::once((&LEFT, &mut self.left)));
            let sum = all.fold(0, |sum: u64, (sums, seen)| sum.wrapping_add(unseen(sums, seen, cell)));
            if sum != 0 {
                taken.push((target, sum));
            }
        }
        taken
    }

    /// Folds what an ended thread kept; `false` if it is not known.
    fn fold(&mut self, cells: &Arc<Cells>) -> bool {
        let Some(at) = self.threads.iter().position(|thread| Arc::ptr_eq(&thread.cells, cells)) else { return false };
        let mut thread = self.threads.swap_remove(at);
        for cell in Cell::all() {
            let sum = unseen(&cells.sums, &mut thread.seen, cell);
            if sum != 0 {
                LEFT.add(cell, sum);
            }
        }
        cells.hand_on();
        true
    }
}

/// How much a sum has grown since it was seen last.
fn unseen(sums: &Sums, seen: &mut Vec<u64>, cell: Cell) -> u64 {
    let at = cell.number as usize;
    if seen.len() <= at {
        seen.resize(at + 1, 0);
    }
    let sum = sums.get(cell);
    sum.wrapping_sub(mem::replace(&mut seen[at], sum))
}

/// A thread has cells from now on; `false` if that cannot be now.
pub(super) fn enter(cells: &Arc<Cells>) -> bool {
    let entered = unless_taken(&ENTERED).map(|mut entered| entered.push(Arc::clone(cells)));
    entered.is_some()
}

/// A thread ends. Its cells are folded now, so that threads which come and go take no memory until somebody collects, or, if somebody does so just
/// now, the next time.
pub(super) fn leave(cells: &Arc<Cells>) {
    if let Some(mut known) = unless_taken(&KNOWN) {
        if let Some(entered) = unless_taken(&ENTERED) {
            known.admit(entered);
        }
        if known.fold(cells) {
            return;
        }
    }
    cells.ended.store(true, Ordering::Release);
}

fn unless_taken<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Counts for a thread that has no cells.
#[cold]
pub(super) fn count(cell: Cell) {
    LEFT.add(cell, 1);
}

/// The histogram of a cell.
pub(super) fn histogram(number: u32) -> Option<&'static BoundHistogram<f64>> {
    match TARGETS.get(Place::of(number))?.get()? {
        Target::Histogram(histogram) => Some(histogram),
        Target::Counter(_) | Target::Begun(_) | Target::Ended(_) => None,
    }
}
