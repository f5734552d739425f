//! [`InStream`]: a stream under a call.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use opentelemetry::KeyValue;
use pin_project_lite::pin_project;

use crate::call::{Call, Entered};
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
        // Whether that was the last item of all.
        failed_last: bool,
        outcome: R,
        // `None` once it was dropped, which happens under the call.
        #[pin]
        stream: Option<S>,
    }

    impl<S, R> PinnedDrop for InStream<S, R> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.call.is_idle() {
                return;
            }
            let attached = this.call.attach();
            this.stream.set(None);
            drop(attached);
            note_count(this.call, *this.count);
            // Nobody who stops at an error polls again.
            let failed = this.failed.take().filter(|_| *this.failed_last);
            this.call.end(failed.unwrap_or(Outcome::CANCELLED));
        }
    }
}

impl<S, R> InStream<S, R> {
    pub(crate) fn new(call: Call, stream: S, items: Items, outcome: R) -> Self {
        Self { call, items, count: 0, failed: None, failed_last: false, outcome, stream: Some(stream) }
    }
}

/// Before the end of the call, whichever it is.
fn note_count(call: &Call, count: u64) {
    if let Some(span) = call.span() {
        span.set([KeyValue::new("function.items", i64::try_from(count).unwrap_or(i64::MAX))]);
    }
}

/// A poll that unwinds still says how many items there were.
struct Polling<'a> {
    entered: Option<Entered<'a>>,
    count: u64,
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        if let Some(entered) = &self.entered {
            note_count(entered.call(), self.count);
        }
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
        // If the poll unwinds, or a look at the item, what was entered ends as panicked.
        let mut polling = Polling { entered: Some(this.call.entered()), count: *this.count };
        let polled = stream.poll_next(task);
        if let Poll::Ready(Some(item)) = &polled {
            polling.count += 1;
            let outcome = (this.outcome)(item);
            *this.failed_last = outcome.error_type().is_some();
            if *this.failed_last {
                *this.failed = Some(outcome);
            }
        }
        *this.count = polling.count;
        if let Some(entered) = polling.entered.take() {
            entered.exit();
        }
        drop(polling);
        match &polled {
            Poll::Ready(Some(_)) if *this.items == Items::Events => this.call.span().into_iter().for_each(|span| span.event("item")),
            Poll::Ready(None) => {
                note_count(this.call, *this.count);
                let failed = this.failed.take();
                this.call.end(failed.unwrap_or(Outcome::OK));
            }
            _ => {}
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.as_ref().map_or((0, Some(0)), S::size_hint)
    }
}
