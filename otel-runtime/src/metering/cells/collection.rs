//! What becomes of cells: who has some, and how what they keep comes to the SDK's instruments.
//!
//! Threads of the program wait for nobody here. One that cannot have a lock at once does without, also in a forked child, where the thread that has
//! it may not be; only who collects waits, for a thread that hands on its durations.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::{iter, mem};

use opentelemetry::metrics::{BoundCounter, BoundHistogram, BoundUpDownCounter};

use super::table::{Place, Table};
use super::thread::{Cell, Cells};

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

/// The sums of threads that have no cells, or have none any more, by their cells.
static LEFT: Table<AtomicU64> = Table::new();

/// The lock is held only for as long as it takes to get in or out.
static ENTERED: Mutex<Entered> = Mutex::new(Entered { cells: Vec::new(), spare: Vec::new() });

static KNOWN: Mutex<Known> = Mutex::new(Known { threads: Vec::new(), left: Vec::new(), over: Vec::new() });

#[derive(Debug)]
struct Entered {
    /// Of threads that nobody knows yet.
    cells: Vec<&'static Cells>,
    /// Of threads that have ended, for others.
    spare: Vec<&'static Cells>,
}

/// Whose cells there are, and how much of their sums was handed on.
#[derive(Debug)]
struct Known {
    threads: Vec<Thread>,
    left: Vec<u64>,
    /// Cells that nobody has any more, on their way to be spare.
    over: Vec<&'static Cells>,
}

#[derive(Debug)]
struct Thread {
    cells: &'static Cells,
    /// By their cells.
    seen: Vec<u64>,
}

impl Cell {
    /// Makes a new one, which stays.
    pub(super) fn of(target: Target) -> Self {
        let number = COUNT.fetch_add(1, Ordering::AcqRel);
        let cell = Self::from_bits(number);
        let _ = TARGETS.at(cell.place()).set(target);
        cell
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..COUNT.load(Ordering::Acquire)).map(Self::from_bits)
    }

    fn target(self) -> Option<&'static Target> {
        TARGETS.get(self.place())?.get()
    }

    fn place(self) -> Place {
        Place::of(self.bits())
    }
}

/// Hands all that is kept on to the instruments; called before they are read. It makes no instruments: the SDK has locked their list.
pub(crate) fn collect() {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).hand_on();
}

fn entered() -> MutexGuard<'static, Entered> {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Known {
    /// Gets to know who has entered, and gives away what is over.
    fn admit(&mut self, entered: &mut Entered) {
        self.threads.extend(entered.cells.drain(..).map(|cells| Thread { cells, seen: Vec::new() }));
        entered.spare.append(&mut self.over);
    }

    /// The same, where nobody waits.
    fn admit_unless_taken(&mut self) {
        if let Some(mut entered) = unless_taken(&ENTERED) {
            self.admit(&mut entered);
        }
    }

    fn hand_on(&mut self) {
        self.admit(&mut entered());
        // Asked before the sums are: those of a thread that has ended grow no more.
        let ended: Vec<bool> = self.threads.iter().map(|thread| thread.cells.ended.load(Ordering::Acquire)).collect();
        // What ended is asked for before what began, wherever a thread may have gone on meanwhile, and told after it.
        let of_ends = self.take(|target| matches!(target, Target::Ended(_)));
        self.admit(&mut entered());
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
        let over = self.threads.extract_if(.., |_| ended.next() == Some(true));
        self.over.extend(over.map(|thread| thread.cells).inspect(|cells| cells.clear()));
        self.admit(&mut entered());
    }

    /// The sums of some cells, as far as nobody has taken them.
    fn take(&mut self, is_wanted: impl Fn(&Target) -> bool) -> Vec<(&'static Target, u64)> {
        let mut taken = Vec::new();
        for cell in Cell::all() {
            let Some(target) = cell.target().filter(|target| is_wanted(target)) else { continue };
            let of_threads = self.threads.iter_mut().map(|thread| unseen(thread.cells.sum(cell), &mut thread.seen, cell));
            let left = LEFT.get(cell.place()).map_or(0, |sum| sum.load(Ordering::Acquire));
            let of_left = iter::once_with(|| unseen(left, &mut self.left, cell));
            let sum = of_threads.chain(of_left).fold(0, u64::wrapping_add);
            if sum != 0 {
                taken.push((target, sum));
            }
        }
        taken
    }

    /// Folds what threads kept that have ended.
    fn fold(&mut self) {
        for mut thread in self.threads.extract_if(.., |thread| thread.cells.ended.load(Ordering::Acquire)) {
            for cell in Cell::all() {
                let sum = unseen(thread.cells.sum(cell), &mut thread.seen, cell);
                if sum != 0 {
                    leave_behind(cell, sum);
                }
            }
            thread.cells.hand_on();
            thread.cells.clear();
            self.over.push(thread.cells);
        }
    }
}

/// How much a sum has grown since it was seen last.
fn unseen(sum: u64, seen: &mut Vec<u64>, cell: Cell) -> u64 {
    let at = cell.number();
    if seen.len() <= at {
        seen.resize(at + 1, 0);
    }
    sum.wrapping_sub(mem::replace(&mut seen[at], sum))
}

/// A thread has cells from now on, with room for this one; none if that cannot be now.
pub(super) fn enter(cell: Cell) -> Option<&'static Cells> {
    let mut entered = unless_taken(&ENTERED)?;
    let cells = if let Some(spare) = entered.spare.iter().position(|cells| cells.has_room_for(cell)) {
        entered.spare.swap_remove(spare)
    } else {
        drop(entered);
        let made = Box::new(Cells::new(cell));
        entered = unless_taken(&ENTERED)?;
        Box::leak(made)
    };
    entered.cells.push(cells);
    Some(cells)
}

/// A thread has these cells no more. They are folded now, so that threads which come and go take no memory until somebody collects, or, if somebody
/// does so just now, by the next one that ends.
pub(super) fn leave(cells: &Cells) {
    cells.ended.store(true, Ordering::Release);
    if let Some(mut known) = unless_taken(&KNOWN) {
        // Apart, so that who enters is not held up while there is something to fold.
        known.admit_unless_taken();
        known.fold();
        known.admit_unless_taken();
    }
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
    leave_behind(cell, 1);
}

fn leave_behind(cell: Cell, sum: u64) {
    LEFT.at(cell.place()).fetch_add(sum, Ordering::AcqRel);
}

/// The histogram of a cell.
pub(super) fn histogram(cell: Cell) -> Option<&'static BoundHistogram<f64>> {
    match cell.target()? {
        Target::Histogram(histogram) => Some(histogram),
        Target::Counter(_) | Target::Begun(_) | Target::Ended(_) => None,
    }
}
