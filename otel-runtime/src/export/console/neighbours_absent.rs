//! Stands in for `neighbours` on systems where processes do not find each other: there are none.

use std::time::Instant;

use super::Console;

pub(super) enum Neighbours {}

impl Neighbours {
    pub(super) fn on_stderr() -> Option<Self> {
        None
    }

    pub(super) fn enter(&self, _: &Console, _: u64) {
        match *self {}
    }

    pub(super) fn leave(&self, _: u64, _: Instant) -> bool {
        match *self {}
    }

    pub(super) fn are_sought(&self) -> bool {
        match *self {}
    }

    pub(super) fn see_off(&self, _: &Console, _: u64) -> bool {
        match *self {}
    }
}
