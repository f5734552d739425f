//! [`Entered`]: a call while what it stands for runs.

use std::mem;

use opentelemetry::ContextGuard;

use super::Call;
use crate::outcome::Outcome;

/// A call whose span is current on this thread. Dropped before its end, and without [`Entered::exit`], it was unwound by a panic.
#[must_use]
pub(crate) struct Entered<'a> {
    // First it is no longer current, and then ended.
    pub(super) attached: Attached,
    pub(super) running: Running<'a>,
}

/// What makes a call's span the current one. What there is to do with it is done in functions that are given it in registers; had they its
/// address, it would be in memory from the start.
pub(super) struct Attached(pub(super) Option<ContextGuard>);

/// A call that was unwound if this is dropped.
pub(super) struct Running<'a>(pub(super) &'a mut Call);

impl Entered<'_> {
    pub(crate) fn call(&self) -> &Call {
        self.running.0
    }

    /// The call, if something is recorded, to be ended with its outcome, and no longer current. Should it panic to find that out, so did the call.
    #[inline]
    pub(crate) fn ending(&mut self) -> Option<&mut Call> {
        self.running.is_ending(&mut self.attached).then_some(&mut *self.running.0)
    }

    #[inline]
    pub(crate) fn exit(self) {
        let Self { attached, running } = self;
        drop(attached);
        mem::forget(running);
    }
}

impl Running<'_> {
    /// Whether something is recorded that is to be ended with an outcome. The call is no longer current.
    #[inline]
    pub(super) fn is_ending(&mut self, attached: &mut Attached) -> bool {
        // What is only measured is never current.
        if !self.0.may_attach() {
            return !self.0.is_idle();
        }
        attached.leave();
        self.0.asks_for_outcome()
    }
}

impl Drop for Running<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.0.is_idle() {
            unwound(self.0);
        }
    }
}

#[cold]
#[inline(never)]
fn unwound(call: &mut Call) {
    call.end(Outcome::PANICKED);
}

impl Attached {
    #[inline]
    fn leave(&mut self) {
        if let Some(attached) = self.0.take() {
            leave(attached);
        }
    }
}

impl Drop for Attached {
    #[inline]
    fn drop(&mut self) {
        self.leave();
    }
}

/// Makes current again what was so before.
#[inline(never)]
fn leave(attached: ContextGuard) {
    drop(attached);
}
