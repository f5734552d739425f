//! Gathers items into batches, and encodes them.

use std::fmt;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::account::DropReason;
use super::queue::{Parcel, Queue};
use super::{Delivery, Holding, Signal};

/// When a batch is full, and when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) max_queue_size: usize,
    pub(crate) max_export_batch_size: usize,
    pub(crate) schedule_delay: Duration,
}

/// What a batch has at most in bytes, by a rough count: backends take requests of 4 MiB, and memory is counted in bytes and not in items.
const MAX_BATCH_BYTES: usize = 2 * 1024 * 1024;
/// What is held back before it is encoded, at most.
const MAX_HELD_BYTES: usize = 4 * MAX_BATCH_BYTES;

/// Takes items from any thread. A batch is encoded when it is full or due, on the delivery's thread; where that thread does not keep up
/// and too much is held back, the thread that brings one more encodes a batch itself. So nothing is dropped here, no memory grows without
/// bound, and nobody waits for a network.
pub(crate) struct Batcher<T>(Arc<Shared<T>>);

/// How items become a request.
pub(crate) struct Encoder<T> {
    /// The bytes that an item takes, roughly.
    pub(crate) size: fn(&T) -> usize,
    pub(crate) encode: Box<dyn Fn(Vec<T>) -> Vec<u8> + Send + Sync>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    /// Woken when an encoding is done.
    encoded: Condvar,
    due: Notify,
    batch: Batch,
    signal: Signal,
    encoder: Encoder<T>,
    queue: Arc<Queue>,
}

struct State<T> {
    /// Each with its size.
    items: Vec<(usize, T)>,
    bytes: usize,
    /// How many were taken out and are not in the queue yet.
    encoding: usize,
    /// How many were taken out, and how many of these have left, ever: a flush waits for what was there before it.
    taken: u64,
    left: u64,
    closed: bool,
}

impl<T: Send + 'static> Batcher<T> {
    pub(crate) fn start(delivery: &Delivery, signal: Signal, batch: Batch, encoder: Encoder<T>) -> Self {
        let state = State { items: Vec::new(), bytes: 0, encoding: 0, taken: 0, left: 0, closed: false };
        let queue = Arc::clone(delivery.queue());
        let shared =
            Arc::new(Shared { state: Mutex::new(state), encoded: Condvar::new(), due: Notify::new(), batch, signal, encoder, queue });
        let task = Arc::clone(&shared);
        delivery.spawn(async move {
            loop {
                let is_due = timeout(task.batch.schedule_delay, task.due.notified()).await.is_err();
                // What is on its way to the backend gets its turn after each.
                while task.encode_next(is_due) {
                    yield_now().await;
                }
            }
        });
        delivery.also_holds(&(Arc::clone(&shared) as Arc<dyn Holding>));
        Self(shared)
    }

    /// Takes an item.
    pub(crate) fn push(&self, item: T) {
        let shared = &*self.0;
        let size = (shared.encoder.size)(&item);
        let mut state = shared.lock();
        shared.queue.accept(shared.signal, 1);
        if state.closed {
            drop(state);
            return shared.queue.lose(shared.signal, 1, DropReason::Shutdown);
        }
        state.items.push((size, item));
        state.bytes += size;
        if state.items.len() >= shared.batch.max_queue_size || state.bytes >= MAX_HELD_BYTES {
            let batch = state.take(shared.batch.max_export_batch_size);
            drop(state);
            shared.encode(batch);
        } else if shared.is_full(&state) {
            drop(state);
            shared.due.notify_one();
        }
    }

    /// Brings everything that was pushed before into the queue; `false` if the deadline comes first.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        let shared = &*self.0;
        let state = shared.lock();
        let before = state.taken + state.items.len() as u64;
        drop(state);
        while Instant::now() < deadline && shared.lock().taken < before && shared.encode_next(true) {}
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = shared.encoded.wait_timeout_while(shared.lock(), left, |state| state.left < before);
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

    fn is_full(&self, state: &State<T>) -> bool {
        state.items.len() >= self.batch.max_export_batch_size || state.bytes >= MAX_BATCH_BYTES
    }

    /// Encodes the oldest batch, if it is full or due; `false` if there is none.
    fn encode_next(&self, is_due: bool) -> bool {
        let mut state = self.lock();
        if state.items.is_empty() || !(is_due || self.is_full(&state)) {
            return false;
        }
        let batch = state.take(self.batch.max_export_batch_size);
        drop(state);
        self.encode(batch);
        true
    }

    fn encode(&self, batch: Vec<T>) {
        let items = batch.len();
        let encoded = panic::catch_unwind(AssertUnwindSafe(|| (self.encoder.encode)(batch)));
        // Under the lock, so that the items are always in one of the two accounts, and never in both.
        let mut state = self.lock();
        state.encoding -= items;
        state.left += items as u64;
        let announcement = match encoded {
            Ok(body) => self.queue.push(self.signal, Parcel { body: Bytes::from(body), items: items as u64 }),
            Err(_) => self.queue.count_lost(self.signal, items as u64, DropReason::Encoding),
        };
        drop(state);
        self.queue.announce(announcement);
        self.encoded.notify_all();
    }
}

impl<T: Send + 'static> Holding for Shared<T> {
    fn signal(&self) -> Signal {
        self.signal
    }

    fn with_held(&self, read: &mut dyn FnMut(u64)) {
        let state = self.lock();
        read((state.items.len() + state.encoding) as u64);
    }

    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let left = mem::take(&mut state.items).len() as u64;
        state.bytes = 0;
        state.taken += left;
        state.left += left;
        let announcement = (left > 0).then(|| self.queue.count_lost(self.signal, left, DropReason::Shutdown));
        drop(state);
        // The error of the shutdown says it.
        drop(announcement);
        self.encoded.notify_all();
    }
}

impl<T> State<T> {
    /// The oldest items, at most `count` and about as many bytes as a batch may have, which are then under way to the queue.
    fn take(&mut self, count: usize) -> Vec<T> {
        let mut bytes = 0;
        let fitting = self.items.iter().take(count).take_while(|(size, _)| {
            let is_first = bytes == 0;
            bytes += size;
            is_first || bytes <= MAX_BATCH_BYTES
        });
        let count = fitting.count();
        let batch: Vec<T> = if self.items.len() <= count {
            // The next batch is probably as large as this one.
            let capacity = self.items.len();
            mem::replace(&mut self.items, Vec::with_capacity(capacity)).into_iter().map(|(_, item)| item).collect()
        } else {
            self.items.drain(..count).map(|(_, item)| item).collect()
        };
        self.bytes = self.items.iter().map(|(size, _)| size).sum();
        self.encoding += batch.len();
        self.taken += batch.len() as u64;
        batch
    }
}

impl<T> fmt::Debug for Batcher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batcher").field("signal", &self.0.signal).finish_non_exhaustive()
    }
}
