//! Whether a place of the program records: asked at every call, so the answer is kept at the place itself.
//!
//! A [`Switch`] stands in the `static` of each instrumented place. Its first use asks what is installed and enters it in a list; every
//! change of what is installed, or of the filter, goes through that list and makes each switch ask again. So a call at a place that does not
//! record costs one relaxed load, and a place that was used before `init` records after it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::filter::Rule;
use crate::sampling::Threshold;

const UNKNOWN: u64 = 0;
const OFF: u64 = 1;
const ON: u64 = 2;
/// On, and filtered out of the global pipeline.
const FILTERED: u64 = 3;
/// On, with the first global telemetry alone: a call that starts takes the short way, which asks for little more than its parent.
const PLAIN: u64 = 4;
/// On, with a ratio for roots in the global pipeline: the threshold stands above this.
const RATIO: u64 = 5;

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

    /// Whether the place is known not to record. This is all that is compiled into an annotated function.
    #[inline]
    pub(crate) fn is_off(&self) -> bool {
        self.answer.load(Ordering::Relaxed) == OFF
    }

    /// Whether there is known to be a short way for calls at the place, unless telemetry is suppressed.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.answer.load(Ordering::Relaxed) == PLAIN
    }

    /// The rule of the global pipeline for the place, if the place records; `decide` is only called when that is not known. It also says whether the
    /// place is [plain](Self::is_plain), if it is on.
    pub(crate) fn rule(&'static self, decide: impl FnOnce() -> (Option<Rule>, bool)) -> Option<Rule> {
        match self.answer.load(Ordering::Relaxed) {
            UNKNOWN => self.ask(decide),
            OFF => None,
            ON | PLAIN => Some(Rule::On),
            FILTERED => Some(Rule::Off),
            ratio => Some(Rule::Ratio(Threshold::from_bits(ratio - RATIO))),
        }
    }

    /// Asks under the list's lock, so that an answer cannot be older than the last [`ask_again`].
    #[cold]
    fn ask(&'static self, decide: impl FnOnce() -> (Option<Rule>, bool)) -> Option<Rule> {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.listed.swap(true, Ordering::Relaxed) {
            asked.push(self);
        }
        let (rule, is_plain) = decide();
        let answer = match rule {
            None => OFF,
            Some(Rule::On) if is_plain => PLAIN,
            Some(Rule::On) => ON,
            Some(Rule::Off) => FILTERED,
            Some(Rule::Ratio(threshold)) => RATIO + threshold.bits(),
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
