//! Gathers items into batches, and encodes them.

use std::fmt;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::account::DropReason;
use super::queue::{Parcel, Queue};
use super::{Delivery, Signal};

/// When a batch is full, and when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) max_queue_size: usize,
    pub(crate) max_export_batch_size: usize,
    pub(crate) schedule_delay: Duration,
}

/// Takes items from any thread. A batch is encoded when it is full or due, on the delivery's thread; where that thread does not keep up
/// and the queue of items is full, the thread that brings one more encodes a batch itself. So nothing is dropped here, no memory grows
/// without bound, and nobody waits for a network.
pub(crate) struct Batcher<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    /// Woken when an encoding is done.
    encoded: Condvar,
    due: Notify,
    batch: Batch,
    signal: Signal,
    encode: Box<dyn Fn(Vec<T>) -> Vec<u8> + Send + Sync>,
    queue: Arc<Queue>,
}

struct State<T> {
    items: Vec<T>,
    /// How many were taken out and are not in the queue yet.
    encoding: usize,
}

impl<T: Send + 'static> Batcher<T> {
    pub(crate) fn start(
        delivery: &Delivery,
        signal: Signal,
        batch: Batch,
        encode: impl Fn(Vec<T>) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State { items: Vec::new(), encoding: 0 }),
            encoded: Condvar::new(),
            due: Notify::new(),
            batch,
            signal,
            encode: Box::new(encode),
            queue: Arc::clone(delivery.queue()),
        });
        let task = Arc::clone(&shared);
        delivery.spawn(async move {
            loop {
                match timeout(task.batch.schedule_delay, task.due.notified()).await {
                    Ok(()) => task.encode_full_batches(),
                    Err(_) => task.encode_all(),
                }
            }
        });
        let batcher = Self(shared);
        let weak = Arc::downgrade(&batcher.0);
        delivery.also_holds(signal, move || weak.upgrade().map_or(0, |shared| shared.held()));
        batcher
    }

    /// Takes an item.
    pub(crate) fn push(&self, item: T) {
        let shared = &*self.0;
        let mut state = shared.lock();
        state.items.push(item);
        let waiting = state.items.len();
        if waiting >= shared.batch.max_queue_size {
            let batch = state.take(shared.batch.max_export_batch_size);
            drop(state);
            shared.encode(batch);
        } else if waiting >= shared.batch.max_export_batch_size {
            drop(state);
            shared.due.notify_one();
        }
    }

    /// Brings everything that was pushed before into the queue; `false` if the deadline comes first.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        self.0.encode_all();
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.0.encoded.wait_timeout_while(self.0.lock(), left, |state| state.encoding > 0);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl<T> Clone for Batcher<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many items are not in the queue yet.
    fn held(&self) -> u64 {
        let state = self.lock();
        (state.items.len() + state.encoding) as u64
    }

    fn encode_full_batches(&self) {
        self.encode_while(|waiting| waiting >= self.batch.max_export_batch_size);
    }

    fn encode_all(&self) {
        self.encode_while(|waiting| waiting > 0);
    }

    fn encode_while(&self, enough: impl Fn(usize) -> bool) {
        loop {
            let mut state = self.lock();
            if !enough(state.items.len()) {
                return;
            }
            let batch = state.take(self.batch.max_export_batch_size);
            drop(state);
            self.encode(batch);
        }
    }

    fn encode(&self, batch: Vec<T>) {
        let _done = Encoding(self, batch.len());
        let items = batch.len() as u64;
        match panic::catch_unwind(AssertUnwindSafe(|| (self.encode)(batch))) {
            Ok(body) => self.queue.push(self.signal, Parcel { body: Bytes::from(body), items }),
            Err(_) => self.queue.lose(self.signal, items, DropReason::Encoding),
        }
    }
}

impl<T> State<T> {
    /// The oldest items, at most `size`, which are then under way to the queue.
    fn take(&mut self, size: usize) -> Vec<T> {
        let batch: Vec<T> = if self.items.len() <= size {
            // The next batch is probably as large as this one.
            let capacity = self.items.len();
            mem::replace(&mut self.items, Vec::with_capacity(capacity))
        } else {
            self.items.drain(..size).collect()
        };
        self.encoding += batch.len();
        batch
    }
}

/// One batch on its way into the queue, of so many items.
struct Encoding<'a, T>(&'a Shared<T>, usize);

impl<T> Drop for Encoding<'_, T> {
    fn drop(&mut self) {
        self.0.lock().encoding -= self.1;
        self.0.encoded.notify_all();
    }
}

impl<T> fmt::Debug for Batcher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batcher").field("signal", &self.0.signal).finish_non_exhaustive()
    }
}
