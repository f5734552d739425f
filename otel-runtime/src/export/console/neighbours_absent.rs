//! Stands in for `neighbours` on systems where processes do not find each other.

use std::time::Instant;

use super::Console;

pub(super) struct Neighbours;

impl Neighbours {
    pub(super) fn none() -> Self {
        Self
    }

    pub(super) fn on_stderr() -> Self {
        Self
    }

    pub(super) fn enter(&self, _: &Console, _: u64) {}

    pub(super) fn leave(&self, _: u64, _: Instant) -> bool {
        false
    }

    pub(super) fn are_sought(&self) -> bool {
        false
    }

    pub(super) fn see_off(&self, _: &Console, _: u64) -> bool {
        false
    }
}
