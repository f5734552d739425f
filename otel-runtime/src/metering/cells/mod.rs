//! Cells: what annotated functions count and time, kept by each thread for itself until it is collected.
//!
//! ```text
//! call ─► cells of its thread ─────┐
//! call ─► cells of its thread ─────┼─► collection ─► instruments of the SDK's ─► every reader
//!         what ended threads left ─┘
//! ```
//!
//! Two threads that add to one instrument of the SDK's at every call meet on one cache line. Here each writes to its own, and what came together
//! is handed to the instrument before anybody reads it: to the SDK it is the same as if it had been measured then, so views, limits, temporality and
//! all readers are as they would be. Sums are handed on as sums. Of a histogram the SDK takes nothing but single values, whatever buckets it makes of
//! them, so durations are kept as they are, and handed on by their thread whenever it has some.
//!
//! There are cells for the first global telemetry of a process alone, which is there for ever.

mod collection;
mod table;
mod thread;

#[cfg(test)]
mod tests;

use opentelemetry::metrics::{BoundCounter, BoundHistogram, BoundUpDownCounter};

use self::collection::Target;
pub(crate) use self::collection::collect;
pub(crate) use self::thread::Cell;

/// Counts with one set of attributes.
#[derive(Debug)]
pub(crate) enum CellCounter {
    Bound(BoundCounter<u64>),
    Cell(Cell),
}

/// Counts what is under way, with one set of attributes.
#[derive(Debug)]
pub(crate) enum CellUpDownCounter {
    Bound(BoundUpDownCounter<i64>),
    /// What began and what ended are counted apart, so that nothing is ever seen to end before it began, on whatever threads it did so.
    Cells {
        begun: Cell,
        ended: Cell,
    },
}

/// Records seconds with one set of attributes.
#[derive(Debug)]
pub(crate) enum CellHistogram {
    Bound(BoundHistogram<f64>),
    Cell(Cell),
}

impl CellCounter {
    pub(crate) fn new(bound: BoundCounter<u64>, in_cells: bool) -> Self {
        if in_cells { Self::Cell(Cell::of(Target::Counter(bound))) } else { Self::Bound(bound) }
    }

    /// Where it is counted, if that is in cells.
    #[inline]
    pub(crate) fn cell(&self) -> Option<Cell> {
        match self {
            Self::Bound(_) => None,
            Self::Cell(cell) => Some(*cell),
        }
    }

    #[inline]
    pub(crate) fn count(&self) {
        match self {
            Self::Bound(bound) => bound.add(1),
            Self::Cell(cell) => cell.count(),
        }
    }
}

impl CellUpDownCounter {
    /// Binds it, twice if it is counted in cells.
    pub(crate) fn new(bind: impl Fn() -> BoundUpDownCounter<i64>, in_cells: bool) -> Self {
        if in_cells {
            Self::Cells { begun: Cell::of(Target::Begun(bind())), ended: Cell::of(Target::Ended(bind())) }
        } else {
            Self::Bound(bind())
        }
    }

    #[inline]
    pub(crate) fn begin(&self) {
        match self {
            Self::Bound(bound) => bound.add(1),
            Self::Cells { begun, .. } => begun.count(),
        }
    }

    #[inline]
    pub(crate) fn end(&self) {
        match self {
            Self::Bound(bound) => bound.add(-1),
            Self::Cells { ended, .. } => ended.count(),
        }
    }
}

impl CellHistogram {
    pub(crate) fn new(bound: BoundHistogram<f64>, in_cells: bool) -> Self {
        if in_cells { Self::Cell(Cell::of(Target::Histogram(bound))) } else { Self::Bound(bound) }
    }

    #[inline]
    pub(crate) fn record(&self, seconds: f64) {
        match self {
            Self::Bound(bound) => bound.record(seconds),
            Self::Cell(cell) => thread::record(*cell, seconds),
        }
    }
}
