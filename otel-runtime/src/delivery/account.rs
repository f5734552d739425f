//! What became of everything that was accepted: the accounts that `health()`, the metrics about the exporters and the error of a shutdown show.

use std::collections::BTreeMap;
use std::fmt;

use super::Signal;
use crate::diagnostics::{Setting, Source};

/// Why items were dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DropReason {
    /// They could not be encoded: something of theirs panicked.
    Encoding,
    /// One request with them is larger than the whole queue may be.
    TooLarge,
    /// The queue was full, and they were the oldest in it that were not under way.
    QueueFull,
    /// The spool was full, and they were the oldest that were there alone.
    SpoolFull,
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
    pub const ALL: [Self; 9] = [
        Self::Encoding,
        Self::TooLarge,
        Self::QueueFull,
        Self::SpoolFull,
        Self::Refused,
        Self::Rejected,
        Self::RetryTimeout,
        Self::Damaged,
        Self::Shutdown,
    ];

    /// As the value of `error.type`: `queue_full`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Encoding => "encoding",
            Self::TooLarge => "too_large",
            Self::QueueFull => "queue_full",
            Self::SpoolFull => "spool_full",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::RetryTimeout => "retry_timeout",
            Self::Damaged => "damaged",
            Self::Shutdown => "shutdown",
        }
    }
}

impl DropReason {
    /// In a sentence of its own, with the setting that is to be changed, if there is one.
    pub(super) fn cause(self, source: Source) -> String {
        let (cause, setting) = match self {
            Self::Encoding => ("a batch could not be encoded", None),
            Self::TooLarge => ("one request is larger than the whole queue may be", Some(Setting::QUEUE_MAX_BYTES)),
            Self::QueueFull => ("the queue is full", Some(Setting::QUEUE_MAX_BYTES)),
            Self::SpoolFull => ("the spool is full", Some(Setting::SPOOL_MAX_BYTES)),
            Self::Refused => ("the backend refused them", None),
            Self::Rejected => ("the backend rejected them", None),
            Self::RetryTimeout => ("the time for retries is over", Some(Setting::RETRY_MAX_ELAPSED)),
            Self::Damaged => ("they could not be read back from the spool", None),
            Self::Shutdown => ("they came after the shutdown", None),
        };
        match setting {
            Some(setting) => format!("{cause} ({})", source.name(setting)),
            None => cause.to_owned(),
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The account of one signal: spans, data points or log records. What is exported to several places is counted for each of them. At every moment,
/// `accepted` is the sum of what was delivered, of what is queued or spooled, and of what was dropped.
#[derive(Clone, Default, PartialEq, Eq)]
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
    /// What waits on disk alone; after a shutdown, what is left there for the next run.
    pub spooled: u64,
    /// What a sender has taken of what is queued or spooled, and is sending or trying again.
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

    /// Whether what was accepted is the sum of what was delivered, is queued or spooled, and was dropped. It always is.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.accepted == self.delivered + self.queued + self.spooled + self.dropped_in_all()
    }

    /// With what went another way added.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.accepted += other.accepted;
        self.delivered += other.delivered;
        self.queued += other.queued;
        self.queued_bytes += other.queued_bytes;
        self.spooled += other.spooled;
        self.in_flight += other.in_flight;
        self.last_error = self.last_error.or(other.last_error);
        for (items, others) in self.dropped.iter_mut().zip(other.dropped) {
            *items += others;
        }
        self
    }

    /// `backend`, what is wrong there, and the reasons why items were dropped since `before` that it does not say; in words.
    pub(super) fn why_dropped_since(&self, before: &Self, signal: Signal, backend: Option<String>, source: Source) -> Option<String> {
        let said = |reason| match reason {
            DropReason::Shutdown => true,
            DropReason::Refused | DropReason::Rejected => backend.is_some(),
            _ => false,
        };
        let dropped = |reason| self.dropped(reason) - before.dropped(reason);
        let unsaid: Vec<_> = DropReason::ALL.into_iter().filter(|reason| !said(*reason) && dropped(*reason) > 0).collect();
        let is_all = |reason| dropped(reason) == self.dropped_in_all() - before.dropped_in_all();
        let parts: Vec<_> = match (&backend, unsaid.as_slice()) {
            (None, [reason]) if is_all(*reason) => vec![reason.cause(source)],
            _ => {
                let reasons =
                    unsaid.into_iter().map(|reason| format!("{} dropped: {}", signal.count(dropped(reason)), reason.cause(source)));
                backend.into_iter().chain(reasons).collect()
            }
        };
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    pub(super) fn drop_items(&mut self, reason: DropReason, items: u64) {
        self.dropped[reason as usize] += items;
    }
}

/// What was dropped by its reasons.
impl fmt::Debug for SignalHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dropped: BTreeMap<_, _> = DropReason::ALL.into_iter().map(|reason| (reason.name(), self.dropped(reason))).collect();
        f.debug_struct("SignalHealth")
            .field("accepted", &self.accepted)
            .field("delivered", &self.delivered)
            .field("queued", &self.queued)
            .field("queued_bytes", &self.queued_bytes)
            .field("spooled", &self.spooled)
            .field("in_flight", &self.in_flight)
            .field("last_error", &self.last_error)
            .field("dropped", &dropped.into_iter().filter(|(_, items)| *items > 0).collect::<BTreeMap<_, _>>())
            .finish()
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
