//! [`InFuture`]: a future under a span.

use std::mem;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use crate::outcome::Outcome;
use crate::span::Span;

pin_project! {
    /// A future that runs under a span: the span is current at every poll, and while what the future holds is dropped.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is polled"]
    pub struct InFuture<F, R> {
        span: Span,
        outcome: Option<R>,
        // `None` once it was dropped, which happens under the span.
        #[pin]
        future: Option<F>,
    }

    impl<F, R> PinnedDrop for InFuture<F, R> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let attached = this.span.context().map(|context| context.clone().attach());
            this.future.set(None);
            drop(attached);
            this.span.end(|| Outcome::CANCELLED);
        }
    }
}

impl<F, R> InFuture<F, R> {
    pub(crate) fn new(span: Span, future: F, outcome: R) -> Self {
        Self { span, outcome: Some(outcome), future: Some(future) }
    }
}

impl<F: Future, R: FnOnce(&F::Output) -> Outcome> Future for InFuture<F, R> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else { unreachable!("the future is there until this one is dropped") };
        if this.span.is_off() {
            return future.poll(task);
        }
        // If the poll unwinds, what was entered ends as panicked.
        let entered = mem::replace(this.span, Span::off()).entered();
        let polled = future.poll(task);
        match &polled {
            Poll::Pending => *this.span = entered.exit(),
            Poll::Ready(output) => entered.end(|| this.outcome.take().map_or(Outcome::OK, |outcome| outcome(output))),
        }
        polled
    }
}
