//! Whether a place of the program records: asked at every call, so the answer is kept at the place itself.
//!
//! A [`Switch`] stands in the `static` of each instrumented place. Its first use asks what is installed and enters it in a list; every
//! change of what is installed goes through that list and makes each switch ask again. So a call at a place that does not record costs
//! one relaxed load, and a place that was used before `init` records after it.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

const UNKNOWN: u8 = 0;
const OFF: u8 = 1;
const ON: u8 = 2;

/// Every switch that was ever asked.
static ASKED: Mutex<Vec<&'static Switch>> = Mutex::new(Vec::new());

/// The kept answer of one place.
#[derive(Debug)]
pub(crate) struct Switch {
    answer: AtomicU8,
    listed: AtomicBool,
}

impl Switch {
    pub(crate) const fn new() -> Self {
        Self { answer: AtomicU8::new(UNKNOWN), listed: AtomicBool::new(false) }
    }

    /// Whether the place is known not to record. This is all that is compiled into an annotated function.
    #[inline]
    pub(crate) fn is_off(&self) -> bool {
        self.answer.load(Ordering::Relaxed) == OFF
    }

    /// Whether the place records; `decide` is only called when that is not known.
    pub(crate) fn is_on(&'static self, decide: impl FnOnce() -> bool) -> bool {
        match self.answer.load(Ordering::Relaxed) {
            OFF => false,
            ON => true,
            _ => self.ask(decide),
        }
    }

    /// Asks under the list's lock, so that an answer cannot be older than the last [`ask_again`].
    #[cold]
    fn ask(&'static self, decide: impl FnOnce() -> bool) -> bool {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.listed.swap(true, Ordering::Relaxed) {
            asked.push(self);
        }
        let answer = decide();
        self.answer.store(if answer { ON } else { OFF }, Ordering::Relaxed);
        answer
    }
}

/// Makes every switch ask again, after a change of what is installed.
pub(crate) fn ask_again() {
    let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    for switch in asked.iter() {
        switch.answer.store(UNKNOWN, Ordering::Relaxed);
    }
}
