//! How the queue is waited for and ended.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::PoisonError;
use std::task::Poll;
use std::time::Instant;

use super::{FIRST_PUSHED, Queue};
use crate::delivery::{Route, Undelivered};

impl Queue {
    /// From now on trouble is not announced, and senders that wait to try again do so at once.
    pub(crate) fn announce_shutdown(&self) {
        self.lock().shutting_down = true;
        self.shutting_down.notify_waiters();
    }

    /// Waits for something, but not beyond the moment at which a shutdown begins.
    pub(crate) async fn until_shutdown_begins(&self, something: impl Future<Output = ()>) {
        let begins = self.shutting_down.notified();
        if self.lock().shutting_down {
            return something.await;
        }
        let (mut begins, mut something) = (pin!(begins), pin!(something));
        poll_fn(|context| {
            let is_over = something.as_mut().poll(context).is_ready() || begins.as_mut().poll(context).is_ready();
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Waits until everything that was pushed before is settled; `false` if the deadline comes first.
    pub(crate) fn wait_until_settled(&self, deadline: Instant) -> bool {
        let state = self.lock();
        let before = state.pushed.max(FIRST_PUSHED);
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.settled.wait_timeout_while(state, left, |state| state.is_unsettled(before));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Takes nothing any more, drops what is left on no disk, and says how much was dropped and how much is spooled.
    pub(crate) fn close(&self) -> Vec<Undelivered> {
        let mut state = self.lock();
        state.closed = true;
        state.bytes = 0;
        let lanes = Route::ALL.into_iter().zip(&mut state.lanes);
        lanes.filter_map(|(route, lane)| lane.close(route, self.source())).collect()
    }
}
