//! Whether a place of the program records: asked at every call, so the answer is kept at the place itself.
//!
//! A [`Switch`] stands in the `static` of each instrumented place. Its first use asks what is installed and enters it in a list; every
//! change of what is installed, or of the filter, goes through that list and makes each switch ask again. So a call at a place that does not
//! record costs one relaxed load, and a place that was used before `init` records after it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::filter::Rule;
use crate::metering::Cell;
use crate::pipeline::ShortWay;
use crate::sampling::Threshold;

const UNKNOWN: u64 = 0;
const ON: u64 = 1;
/// On, and filtered out of the global pipeline.
const FILTERED: u64 = 2;
/// On, with the first global telemetry alone: a call that starts takes the short way. It is only measured.
const MEASURED: u64 = 3;
/// The same for one that may have a span, which asks for little more than its parent.
const TRACED: u64 = 4;
/// On, with a ratio for roots in the global pipeline: the threshold stands above this.
const RATIO: u64 = 5;
/// As [`MEASURED`], at a place that only counts calls, and this is the bit above the cell for those that went well. From here on, there is nothing to start.
const COUNTING: u64 = 1 << 63;
const OFF: u64 = u64::MAX;

/// What is known of a place, in a number: all that is compiled into an annotated function asks no more than this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known(u64);

impl Known {
    /// Whether the place does not record.
    #[inline]
    pub(crate) fn is_off(self) -> bool {
        self.0 == OFF
    }

    /// Whether there is nothing to do for a call before it ends.
    #[inline]
    pub(crate) fn starts_nothing(self) -> bool {
        self.0 >= COUNTING
    }

    /// Whether there is a short way for calls at the place, which may have spans.
    #[inline]
    pub(crate) fn is_traced_shortly(self) -> bool {
        self.0 == TRACED
    }

    /// Whether there is a short way for calls at the place, which have none.
    #[inline]
    pub(crate) fn is_measured_shortly(self) -> bool {
        self.0 == MEASURED
    }

    /// If all that is to do is to count calls: the cell for those that go well.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the cell is the lower half")]
    pub(crate) fn counting(self) -> Option<Cell> {
        (self.starts_nothing() && !self.is_off()).then_some(Cell::from_bits(self.0 as u32))
    }
}

/// Every switch that was ever asked.
static ASKED: Mutex<Vec<&'static Switch>> = Mutex::new(Vec::new());

/// The kept answer of one place.
#[derive(Debug)]
pub(crate) struct Switch {
    /// One number, so that the answer and the rule that it was given with cannot be told apart by threads.
    answer: AtomicU64,
    listed: AtomicBool,
}

impl Switch {
    pub(crate) const fn new() -> Self {
        Self { answer: AtomicU64::new(UNKNOWN), listed: AtomicBool::new(false) }
    }

    /// What is known of the place, for which nothing need be asked.
    #[inline]
    pub(crate) fn known(&self) -> Known {
        Known(self.answer.load(Ordering::Relaxed))
    }

    /// Says of a place whose calls are [measured shortly](Known::is_measured_shortly) that all it does is count them, those that go well in this cell.
    pub(crate) fn counts_in(&self, cell: Cell) {
        let counting = COUNTING | u64::from(cell.bits());
        // If there is another answer, somebody has it ask again.
        let _ = self.answer.compare_exchange(MEASURED, counting, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The rule of the global pipeline for the place, if the place records; `decide` is only called when that is not known. It also gives the short way
    /// for calls at the place, which counts if it is on.
    pub(crate) fn rule(&'static self, decide: impl FnOnce() -> (Option<Rule>, Option<ShortWay>)) -> Option<Rule> {
        match self.answer.load(Ordering::Relaxed) {
            UNKNOWN => self.ask(decide),
            OFF => None,
            ON | MEASURED | TRACED => Some(Rule::On),
            FILTERED => Some(Rule::Off),
            counting if counting >= COUNTING => Some(Rule::On),
            ratio => Some(Rule::Ratio(Threshold::from_bits(ratio - RATIO))),
        }
    }

    /// Asks under the list's lock, so that an answer cannot be older than the last [`ask_again`].
    #[cold]
    fn ask(&'static self, decide: impl FnOnce() -> (Option<Rule>, Option<ShortWay>)) -> Option<Rule> {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.listed.swap(true, Ordering::Relaxed) {
            asked.push(self);
        }
        let (rule, short_way) = decide();
        let answer = match (rule, short_way) {
            (None, _) => OFF,
            (Some(Rule::On), None) => ON,
            (Some(Rule::On), Some(ShortWay::Measured)) => MEASURED,
            (Some(Rule::On), Some(ShortWay::Traced)) => TRACED,
            (Some(Rule::Off), _) => FILTERED,
            (Some(Rule::Ratio(threshold)), _) => RATIO + threshold.bits(),
        };
        self.answer.store(answer, Ordering::Relaxed);
        rule
    }
}

/// Makes every switch ask again, after a change of what is installed or of the filter.
pub(crate) fn ask_again() {
    let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    for switch in asked.iter() {
        switch.answer.store(UNKNOWN, Ordering::Relaxed);
    }
}
