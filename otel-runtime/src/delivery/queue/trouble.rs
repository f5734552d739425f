//! What goes wrong in a lane for a while: said once when it begins and once when it is over, with the number of items that it cost.

use std::mem;
use std::time::Instant;

use crate::delivery::account::DropReason;
use crate::diagnostics::SAY_EVERY;

#[derive(Default)]
pub(super) struct Trouble {
    /// What went wrong last, until something goes right.
    cause: Option<String>,
    /// Whether it was said that the backend is in trouble.
    backend: Loss,
    /// Losses by their reasons.
    losses: [Loss; DropReason::ALL.len()],
    /// Items dropped since it was last said that something is over.
    dropped: u64,
}

#[derive(Clone, Copy, Default)]
struct Loss {
    /// Whether it was said that it began.
    said: bool,
    /// When that was said last: a lane that is now full and now empty would say so all the time.
    last: Option<Instant>,
}

impl Loss {
    /// It goes wrong; whether to say so.
    fn begin(&mut self) -> bool {
        let say = !self.said && self.last.is_none_or(|last| last.elapsed() >= SAY_EVERY);
        if say {
            *self = Self { said: true, last: Some(Instant::now()) };
        }
        say
    }
}

impl Trouble {
    /// Something went wrong; whether to say so.
    pub(super) fn begin(&mut self, cause: &str, quiet: bool) -> bool {
        self.cause = Some(cause.to_owned());
        !quiet && self.backend.begin()
    }

    pub(super) fn cause(&self) -> Option<String> {
        self.cause.clone()
    }

    /// Something went right.
    pub(super) fn forget_cause(&mut self) {
        self.cause = None;
    }

    /// Items were dropped; whether to say that this begins. Where it began too soon after the last time, it is said when it still goes on later.
    pub(super) fn lose(&mut self, items: u64, reason: DropReason) -> bool {
        self.dropped += items;
        self.losses[reason as usize].begin()
    }

    /// Items were dropped, of which something else is said.
    pub(super) fn lose_silently(&mut self, items: u64) {
        self.dropped += items;
    }

    /// Everything was delivered; the items dropped meanwhile, if it was said that something began.
    pub(super) fn end(&mut self) -> Option<u64> {
        let mut said = mem::take(&mut self.backend.said);
        for loss in &mut self.losses {
            said |= mem::take(&mut loss.said);
        }
        said.then(|| mem::take(&mut self.dropped))
    }

    #[cfg(test)]
    pub(super) fn forget_when_losses_were_said(&mut self) {
        self.losses.iter_mut().chain([&mut self.backend]).for_each(|loss| loss.last = None);
    }
}
