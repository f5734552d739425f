//! [`Uncounted`]: a call of which nothing is recorded but that it was.

use std::mem;

use crate::metering::Cell;
use crate::metrics::Measured;
use crate::outcome::{Kind, Outcome};
use crate::site::Site;

/// A call that is to be counted, and nothing else. Dropped before, it was unwound.
#[derive(Debug)]
pub(crate) struct Uncounted {
    site: &'static Site,
    /// Where it is counted, if it goes well.
    cell: Cell,
}

impl Uncounted {
    #[inline]
    pub(crate) fn new(site: &'static Site, cell: Cell) -> Self {
        Self { site, cell }
    }

    #[inline]
    pub(crate) fn count(self, outcome: &Outcome) {
        match outcome.0 {
            Kind::Ok => self.cell.count(),
            _ => count_failed(self.site, outcome),
        }
        mem::forget(self);
    }

    /// The same, of a call that goes on.
    pub(super) fn into_measured(self) -> Option<Measured> {
        let measured = self.site.place.known_instruments().map(Measured::under_way);
        mem::forget(self);
        measured
    }
}

impl Drop for Uncounted {
    #[inline]
    fn drop(&mut self) {
        count_failed(self.site, &Outcome::PANICKED);
    }
}

/// Not of a call that is to be counted: whose address is known elsewhere is not in registers.
#[cold]
#[inline(never)]
fn count_failed(site: &'static Site, outcome: &Outcome) {
    if let Some(instruments) = site.place.known_instruments() {
        instruments.end(outcome, 0.0);
    }
}
