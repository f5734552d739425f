//! [`InStream`]: a stream under a call.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use opentelemetry::KeyValue;
use pin_project_lite::pin_project;

use crate::call::Call;
use crate::outcome::Outcome;

/// What is said of a stream's items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// How many there were.
    Counted,
    /// Besides, an event for each.
    Events,
}

pin_project! {
    /// A stream that runs under a call: the call's span is current at every poll, and while what the stream holds is dropped.
    #[derive(Debug)]
    #[must_use = "a stream does nothing unless it is polled"]
    pub struct InStream<S, R> {
        call: Call,
        items: Items,
        count: u64,
        // The outcome of the last item that was an error.
        failed: Option<Outcome>,
        outcome: R,
        // `None` once it was dropped, which happens under the call.
        #[pin]
        stream: Option<S>,
    }

    impl<S, R> PinnedDrop for InStream<S, R> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let attached = this.call.attach();
            this.stream.set(None);
            drop(attached);
            note_count(this.call, *this.count);
            this.call.end(Outcome::CANCELLED);
        }
    }
}

impl<S, R> InStream<S, R> {
    pub(crate) fn new(call: Call, stream: S, items: Items, outcome: R) -> Self {
        Self { call, items, count: 0, failed: None, outcome, stream: Some(stream) }
    }
}

/// Before the end of the call, whichever it is.
fn note_count(call: &Call, count: u64) {
    if let Some(span) = call.span() {
        span.set([KeyValue::new("function.items", i64::try_from(count).unwrap_or(i64::MAX))]);
    }
}

impl<S: Stream, R: FnMut(&S::Item) -> Outcome> Stream for InStream<S, R> {
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let Some(stream) = this.stream.as_pin_mut() else { unreachable!("the stream is there until this one is dropped") };
        if this.call.is_idle() {
            return stream.poll_next(task);
        }
        // If the poll unwinds, what was entered ends as panicked.
        let entered = this.call.entered();
        let polled = stream.poll_next(task);
        entered.exit();
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(item)) => {
                *this.count += 1;
                if *this.items == Items::Events
                    && let Some(span) = this.call.span()
                {
                    span.event("item");
                }
                let outcome = (this.outcome)(item);
                if outcome.error_type().is_some() {
                    *this.failed = Some(outcome);
                }
            }
            Poll::Ready(None) => {
                note_count(this.call, *this.count);
                let failed = this.failed.take();
                this.call.end(failed.unwrap_or(Outcome::OK));
            }
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.as_ref().map_or((0, Some(0)), S::size_hint)
    }
}
