//! Gathers items into batches, and encodes them.

use std::fmt;
use std::mem;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::account::DropReason;
use super::queue::{Parcel, Queue};
use super::{Delivery, Gathered, Holding, Route};
use crate::background::Process;

/// When a batch is full, and when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) max_queue_size: usize,
    pub(crate) max_export_batch_size: usize,
    pub(crate) schedule_delay: Duration,
}

impl Batch {
    /// Every item by itself, as it comes.
    pub(crate) const SINGLE: Self = Self { max_queue_size: 1, max_export_batch_size: 1, schedule_delay: Duration::from_millis(1) };
}

/// What a batch has at most in bytes, by a rough count: many backends take no more than 4 MiB in a request.
const MAX_BYTES: usize = 2 * 1024 * 1024;
/// How many batches of that size are held back before they are encoded, at most.
const BATCHES_HELD: usize = 2;

/// Takes items from any thread. A batch is encoded when it is full or due, on the delivery's thread; where that thread does not keep up
/// and too much is held back, the thread that brings one more encodes a batch itself. So nothing is dropped here, no memory grows without
/// bound, and nobody waits for a network.
pub(crate) struct Batcher<T>(Arc<Shared<T>>);

/// What holds items back before a batcher, on the threads that they come from.
pub(crate) trait Source<T>: Send + Sync {
    /// Hands over everything that it has. Whatever it calls `take` with is in one of the two accounts all the time.
    fn drain(&self, take: &mut dyn FnMut(T));

    /// Calls `read` with how many items it has, none of which comes to the batcher meanwhile.
    fn with_held(&self, read: &mut dyn FnMut(u64));

    /// From now on it holds nothing back.
    fn close(&self);
}

/// How items become requests.
pub(crate) struct Encoder<T> {
    /// How many spans or log records it is: more than one where they were gathered before.
    pub(crate) items: fn(&T) -> usize,
    /// The bytes that an item takes, roughly.
    pub(crate) size: fn(&T) -> usize,
    /// In one request, or in several where one would be too large.
    pub(crate) encode: Box<dyn Fn(Vec<T>) -> Vec<Parcel> + Send + Sync>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    /// Woken when an encoding is done.
    encoded: Condvar,
    due: Notify,
    batch: Batch,
    route: Route,
    encoder: Encoder<T>,
    source: Option<Arc<dyn Source<T>>>,
    /// What a batch has at most in bytes, unless it is one item.
    max_bytes: usize,
    queue: Arc<Queue>,
    process: Process,
}

struct State<T> {
    held: Vec<Held<T>>,
    /// What these are together.
    items: usize,
    bytes: usize,
    /// How many were taken out and are not in the queue yet.
    encoding: usize,
    /// How many were taken out, and how many of these have left, ever: a flush waits for what was there before it.
    taken: u64,
    left: u64,
    /// How many of these were there at the end, and how many came afterwards.
    abandoned: u64,
    late: u64,
    closed: bool,
}

/// What waits to be encoded: an item, or several that came together.
struct Held<T> {
    items: usize,
    size: usize,
    value: T,
}

/// What is left to do when an item was taken.
#[must_use]
pub(crate) enum Left<T> {
    /// The items came after the end.
    Late(u64),
    /// The delivery's thread does not keep up: who brought the item encodes this.
    Batch(Taken<T>),
}

/// A batcher, as long as somebody else has it.
pub(crate) struct WeakBatcher<T>(Weak<Shared<T>>);

impl<T> WeakBatcher<T> {
    pub(crate) fn upgrade(&self) -> Option<Batcher<T>> {
        self.0.upgrade().map(Batcher)
    }
}

/// A batch that is to be encoded.
pub(crate) struct Taken<T> {
    items: usize,
    batch: Vec<T>,
    /// Kept when it is taken, because those who encode do so beside each other and may be done in any order. None is needed in a forked child.
    place: Option<Range<u64>>,
}

impl<T: Send + 'static> Batcher<T> {
    pub(crate) fn start(delivery: &Delivery, route: Route, batch: Batch, encoder: Encoder<T>) -> Self {
        Self::start_behind(delivery, route, batch, encoder, None)
    }

    /// The same, of items that a source holds back before.
    pub(crate) fn start_behind(
        delivery: &Delivery,
        route: Route,
        batch: Batch,
        encoder: Encoder<T>,
        source: Option<Arc<dyn Source<T>>>,
    ) -> Self {
        let state = State { held: Vec::new(), items: 0, bytes: 0, encoding: 0, taken: 0, left: 0, abandoned: 0, late: 0, closed: false };
        let queue = Arc::clone(delivery.queue());
        let max_bytes = MAX_BYTES.min(queue.max_bytes() / 4);
        let (done, due) = (Condvar::new(), Notify::new());
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            encoded: done,
            due,
            batch,
            route,
            encoder,
            source,
            max_bytes,
            queue,
            process: delivery.process(),
        });
        let task = Self(Arc::clone(&shared));
        delivery.spawn(async move {
            let mut drained = Instant::now();
            loop {
                let mut is_due = timeout(task.0.batch.schedule_delay, task.0.due.notified()).await.is_err();
                // What a thread holds back waits no longer while others bring full batches.
                is_due |= task.0.source.is_some() && drained.elapsed() >= task.0.batch.schedule_delay;
                if is_due {
                    drained = Instant::now();
                    task.drain();
                }
                // What is on its way to the backend gets its turn after each.
                while task.0.encode_next(is_due) {
                    yield_now().await;
                }
            }
        });
        delivery.also_holds(&(Arc::clone(&shared) as Arc<dyn Holding>));
        Self(shared)
    }

    /// Has the source hand over what it has.
    fn drain(&self) {
        if let Some(source) = &self.0.source {
            let mut left = Vec::new();
            source.drain(&mut |value| left.extend(self.take_in(value)));
            for left in left {
                self.finish(left);
            }
        }
    }

    /// Takes an item, or several that came together.
    pub(crate) fn push(&self, value: T) {
        if let Some(left) = self.take_in(value) {
            self.finish(left);
        }
    }

    /// The same, but for what is [left to do](Self::finish), if anything: it takes its time, and may run code of the user's, so nothing may be locked.
    pub(crate) fn take_in(&self, value: T) -> Option<Left<T>> {
        let shared = &*self.0;
        let (items, size) = ((shared.encoder.items)(&value), (shared.encoder.size)(&value));
        let mut state = shared.process.lock(&shared.state)?;
        shared.queue.accept(shared.route, items as u64);
        if state.closed {
            state.late += items as u64;
            return Some(Left::Late(items as u64));
        }
        state.held.push(Held { items, size, value });
        state.items += items;
        state.bytes += size;
        if state.items >= shared.batch.max_queue_size || state.bytes >= shared.max_bytes.saturating_mul(BATCHES_HELD) {
            return Some(Left::Batch(shared.take(&mut state)));
        }
        if shared.is_full(&state) {
            drop(state);
            shared.due.notify_one();
        }
        None
    }

    /// Does what is left to do.
    pub(crate) fn finish(&self, left: Left<T>) {
        match left {
            Left::Late(items) => self.0.queue.lose(self.0.route, items, DropReason::Shutdown),
            Left::Batch(batch) => self.0.encode(batch),
        }
    }

    pub(crate) fn downgrade(&self) -> WeakBatcher<T> {
        WeakBatcher(Arc::downgrade(&self.0))
    }

    /// Brings everything that was pushed before into the queue; `false` if the deadline comes first.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        let shared = &*self.0;
        if shared.process.is_forked() {
            return true;
        }
        self.drain();
        let state = shared.lock();
        let before = state.taken + state.items as u64;
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
        state.items >= self.batch.max_export_batch_size || state.bytes >= self.max_bytes
    }

    /// Encodes the oldest batch, if it is full or due; `false` if there is none.
    fn encode_next(&self, is_due: bool) -> bool {
        let mut state = self.lock();
        if state.held.is_empty() || !(is_due || self.is_full(&state)) {
            return false;
        }
        let batch = self.take(&mut state);
        drop(state);
        self.encode(batch);
        true
    }

    /// The oldest items, as many as are a batch, which are then under way to the queue, where a place is kept for them.
    fn take(&self, state: &mut State<T>) -> Taken<T> {
        let (mut count, mut items, mut bytes) = (0, 0, 0);
        for held in &state.held {
            let is_too_much = items + held.items > self.batch.max_export_batch_size || bytes + held.size > self.max_bytes;
            if count > 0 && is_too_much {
                break;
            }
            (count, items, bytes) = (count + 1, items + held.items, bytes + held.size);
        }
        let batch: Vec<T> = if count == state.held.len() {
            // The next batch is probably as large as this one.
            let held = mem::replace(&mut state.held, Vec::with_capacity(count));
            held.into_iter().map(|held| held.value).collect()
        } else {
            state.held.drain(..count).map(|held| held.value).collect()
        };
        state.items -= items;
        state.bytes -= bytes;
        state.encoding += items;
        state.taken += items as u64;
        // In a forked child there is nobody to send it, and whoever had the queue locked is not there.
        let place = (!self.process.is_forked()).then(|| self.queue.reserve(self.route, items as u64));
        Taken { items, batch, place }
    }

    fn encode(&self, Taken { items, batch, place }: Taken<T>) {
        let Some(place) = place else { return };
        let encoded = panic::catch_unwind(AssertUnwindSafe(|| (self.encoder.encode)(batch)));
        // Under the lock, so that the items are always in one of the two accounts, and never in both.
        let mut state = self.lock();
        state.encoding -= items;
        state.left += items as u64;
        let announcement = match encoded {
            Ok(parcels) => self.queue.push(self.route, place, parcels),
            Err(_) => self.queue.lose_reserved(self.route, place, items as u64, DropReason::Encoding),
        };
        drop(state);
        self.queue.announce(announcement);
        self.encoded.notify_all();
    }
}

impl<T: Send + 'static> Holding for Shared<T> {
    fn route(&self) -> Route {
        self.route
    }

    fn with_held(&self, read: &mut dyn FnMut(Gathered)) {
        let mut with = |before: u64| {
            let state = self.lock();
            read(Gathered {
                before,
                waiting: state.items as u64 + before,
                encoding: state.encoding as u64,
                processed: state.taken - state.abandoned,
                late: state.abandoned + state.late,
                capacity: self.batch.max_queue_size as u64,
            });
        };
        match &self.source {
            Some(source) => source.with_held(&mut with),
            None => with(0),
        }
    }

    fn close(self: Arc<Self>) {
        if let Some(source) = &self.source {
            source.close();
            Batcher(Arc::clone(&self)).drain();
        }
        let mut state = self.lock();
        state.closed = true;
        state.held = Vec::new();
        let left = mem::take(&mut state.items) as u64;
        state.bytes = 0;
        state.taken += left;
        state.left += left;
        state.abandoned = left;
        let announcement = (left > 0).then(|| self.queue.count_lost(self.route, left, DropReason::Shutdown));
        drop(state);
        // The error of the shutdown says it.
        drop(announcement);
        self.encoded.notify_all();
    }
}

impl<T> fmt::Debug for Batcher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batcher").field("route", &self.0.route).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
