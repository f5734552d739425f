//! Stands in for `usage` where the system is no Unix.

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "there is never any")]
pub(super) struct Usage {
    pub(super) user: Duration,
    pub(super) system: Duration,
    pub(super) major_faults: u64,
    pub(super) minor_faults: u64,
    pub(super) voluntary_switches: u64,
    pub(super) involuntary_switches: u64,
}

impl Usage {
    pub(super) fn now() -> Option<Self> {
        None
    }
}
