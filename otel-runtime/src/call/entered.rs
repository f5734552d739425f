//! [`Entered`]: a call while what it stands for runs.

use std::mem;

use opentelemetry::ContextGuard;

use super::Call;
use crate::outcome::Outcome;

/// A call whose span is current on this thread. Dropped before its end, and without [`Entered::exit`], it was unwound by a panic.
#[must_use]
pub(crate) struct Entered<'a> {
    pub(super) call: &'a mut Call,
    pub(super) attached: Option<ContextGuard>,
}

impl Entered<'_> {
    pub(crate) fn call(&self) -> &Call {
        self.call
    }

    /// The call, if something is recorded, to be ended with its outcome, and no longer current. Should it panic to find that out, so did the call.
    #[inline]
    pub(crate) fn ending(&mut self) -> Option<&mut Call> {
        // What is only measured is never current.
        let is_ending = !self.call.is_idle() && (!self.call.may_attach() || self.ends());
        is_ending.then_some(&mut *self.call)
    }

    /// Makes the call no longer current. Returns whether it has anything to record; if not, it is over.
    fn ends(&mut self) -> bool {
        self.leave();
        let is_asking = self.call.asks_for_outcome();
        if !is_asking {
            *self.call = Call::off();
        }
        is_asking
    }

    #[inline]
    pub(crate) fn exit(mut self) {
        if !self.call.is_idle() {
            self.leave();
        }
        mem::forget(self);
    }

    /// Makes current again what was so before.
    fn leave(&mut self) {
        self.attached = None;
    }

    #[cold]
    fn unwound(&mut self) {
        self.leave();
        self.call.end(Outcome::PANICKED);
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.call.is_idle() {
            self.unwound();
        }
    }
}
