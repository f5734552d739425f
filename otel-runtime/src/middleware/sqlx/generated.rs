//! A stream that a future makes, so that what it borrows from can be a part of it.

use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

/// Where the future puts an item, and the stream takes it from: at most one, which both touch in the same poll.
struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Slot<T> {
    fn put(&self, item: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
    }

    fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// To give items with.
pub(super) struct Yield<T>(Slot<T>);

impl<T> Yield<T> {
    /// Gives an item, and waits until the next one is asked for.
    pub(super) async fn item(&self, item: T) {
        let mut item = Some(item);
        poll_fn(|_| match item.take() {
            // Nobody need be woken: the stream finds the item when this poll is over.
            Some(item) => {
                self.0.put(item);
                Poll::Pending
            }
            None => Poll::Ready(()),
        })
        .await;
    }
}

/// See [`generate`].
struct Generated<'e, T> {
    future: Option<Pin<Box<dyn Future<Output = ()> + Send + 'e>>>,
    slot: Slot<T>,
}

/// The stream of the items that the future gives, and which ends with it.
pub(super) fn generate<'e, T: Send + 'e, F: Future<Output = ()> + Send + 'e>(
    future: impl FnOnce(Yield<T>) -> F,
) -> Pin<Box<dyn Stream<Item = T> + Send + 'e>> {
    let slot = Arc::new(Mutex::new(None));
    let future = future(Yield(Slot(Arc::clone(&slot))));
    Box::pin(Generated { future: Some(Box::pin(future)), slot: Slot(slot) })
}

impl<T> Stream for Generated<'_, T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        if future.as_mut().poll(cx).is_ready() {
            mem::take(&mut self.future);
            return Poll::Ready(self.slot.take());
        }
        match self.slot.take() {
            None => Poll::Pending,
            item => Poll::Ready(item),
        }
    }
}
