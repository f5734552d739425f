//! What a Unix counts of a process: of all its threads, those that have ended too, which the files of Linux do not.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// What the process has used since it was started.
#[derive(Clone, Copy, Debug)]
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
        let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
        Some(Self {
            user: duration(usage.user_time()),
            system: duration(usage.system_time()),
            major_faults: positive(usage.major_page_faults()),
            minor_faults: positive(usage.minor_page_faults()),
            voluntary_switches: positive(usage.voluntary_context_switches()),
            involuntary_switches: positive(usage.involuntary_context_switches()),
        })
    }
}

fn duration(time: TimeVal) -> Duration {
    Duration::from_secs(positive(time.tv_sec())) + Duration::from_micros(positive(time.tv_usec()))
}

/// Nothing of it is ever below 0.
fn positive(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or(0)
}
