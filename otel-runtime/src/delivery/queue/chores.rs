//! What the queue has for the spool's thread to do.

use std::mem;
use std::sync::PoisonError;
use std::time::Duration;

use super::Queue;
use crate::delivery::spool::Segment;

#[derive(Default)]
pub(in crate::delivery) struct Chores {
    /// What is delivered or dropped.
    pub(in crate::delivery) removable: Vec<Segment>,
    /// Whether memory gets scarce, so that what is on no disk is to be written without delay.
    pub(in crate::delivery) is_urgent: bool,
    has_ended: bool,
}

impl Queue {
    /// What there is to do, as soon as there is something or `limit` is over; `None` when the thread is to end.
    pub(in crate::delivery) fn chores(&self, limit: Duration) -> Option<Chores> {
        let is_idle = |state: &mut super::State| {
            let Chores { removable, is_urgent, has_ended } = &state.chores;
            removable.is_empty() && !is_urgent && !has_ended
        };
        let waited = self.chores.wait_timeout_while(self.lock(), limit, is_idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.chores.has_ended { None } else { Some(mem::take(&mut state.chores)) }
    }

    /// What was delivered or dropped since it was asked for last.
    pub(in crate::delivery) fn take_removable(&self) -> Vec<Segment> {
        mem::take(&mut self.lock().chores.removable)
    }

    pub(in crate::delivery) fn end_chores(&self) {
        self.lock().chores.has_ended = true;
        self.chores.notify_all();
    }
}
