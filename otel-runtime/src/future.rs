//! [`InFuture`]: a future under a call.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use crate::call::Call;
use crate::outcome::Outcome;

pin_project! {
    /// A future that runs under a call: the call's span is current at every poll, and while what the future holds is dropped.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is polled"]
    pub struct InFuture<F, R> {
        call: Call,
        outcome: Option<R>,
        // `None` once it was dropped, which happens under the call.
        #[pin]
        future: Option<F>,
    }

    impl<F, R> PinnedDrop for InFuture<F, R> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.call.is_idle() {
                return;
            }
            let attached = this.call.attach();
            this.future.set(None);
            drop(attached);
            this.call.end(Outcome::CANCELLED);
        }
    }
}

impl<F, R> InFuture<F, R> {
    pub(crate) fn new(call: Call, future: F, outcome: R) -> Self {
        Self { call, outcome: Some(outcome), future: Some(future) }
    }
}

impl<F: Future, R: FnOnce(&F::Output, &Call) -> Outcome> Future for InFuture<F, R> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else { unreachable!("the future is there until this one is dropped") };
        if this.call.is_idle() {
            return future.poll(task);
        }
        // If the poll unwinds, what was entered ends as panicked.
        let mut entered = this.call.entered();
        let polled = future.poll(task);
        if let Poll::Ready(output) = &polled
            && let Some(call) = entered.ending()
            && let Some(outcome) = this.outcome.take()
        {
            let outcome = outcome(output, call);
            call.end(outcome);
        }
        entered.exit();
        polled
    }
}
