//! What became of everything that was accepted: the accounts that `health()`, the metrics about the exporters and the error of a shutdown show.

use std::fmt;

/// Why items were dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DropReason {
    /// They could not be encoded: something of theirs panicked.
    Encoding,
    /// One request with them is larger than the whole queue may be.
    TooLarge,
    /// The queue was full, and they were the oldest in it.
    QueueFull,
    /// The backend refused a request for good.
    Refused,
    /// The backend took a request, but not these items of it.
    Rejected,
    /// The backend did not take a request as long as it was tried.
    RetryTimeout,
    /// They had to be read back from the spool, and were damaged or gone.
    Damaged,
    /// They were left when the telemetry ended, or came afterwards.
    Shutdown,
}

impl DropReason {
    /// All of them, in the order of the way that items go.
    pub const ALL: [Self; 8] =
        [Self::Encoding, Self::TooLarge, Self::QueueFull, Self::Refused, Self::Rejected, Self::RetryTimeout, Self::Damaged, Self::Shutdown];

    /// As the value of `error.type`: `queue_full`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Encoding => "encoding",
            Self::TooLarge => "too_large",
            Self::QueueFull => "queue_full",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::RetryTimeout => "retry_timeout",
            Self::Damaged => "damaged",
            Self::Shutdown => "shutdown",
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The account of one signal: spans, data points or log records. At every moment, `accepted` is the sum of what was delivered, of what is
/// queued or spooled, and of what was dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalHealth {
    /// What was handed over for export, with what a spool had from before.
    pub accepted: u64,
    /// What the backend took.
    pub delivered: u64,
    /// What waits in memory, or is under way.
    pub queued: u64,
    /// The bytes that this takes, as far as it is encoded.
    pub queued_bytes: usize,
    /// What waits on disk alone.
    pub spooled: u64,
    /// What is under way of what is queued or spooled.
    pub in_flight: u64,
    /// What went wrong last at the backend, until something goes right again.
    pub last_error: Option<String>,
    dropped: [u64; DropReason::ALL.len()],
}

impl SignalHealth {
    /// How many items were dropped for a reason.
    #[must_use]
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped[reason as usize]
    }

    /// How many items were dropped.
    #[must_use]
    pub fn dropped_in_all(&self) -> u64 {
        self.dropped.iter().sum()
    }

    pub(super) fn drop_items(&mut self, reason: DropReason, items: u64) {
        self.dropped[reason as usize] += items;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_at_their_places() {
        for (index, reason) in DropReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index);
        }
    }
}
