//! The queue of encoded requests: bounded in bytes over all signals, one lane a signal, and the accounts of what became of everything.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Notify;

use super::{Signal, Undelivered};
use crate::diagnostics::Diagnostics;

/// One encoded request.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub(crate) body: Bytes,
    /// How many spans, data points or log records are in it.
    pub(crate) items: u64,
}

/// What became of a parcel that a sender took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The backend took it, but for so many items.
    Delivered { rejected: u64 },
    /// It will never be taken.
    Dropped,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    /// Woken whenever a parcel is delivered or dropped.
    settled: Condvar,
    /// One for each signal: there is something to send.
    waiting: [Notify; 3],
    shutting_down: Notify,
    max_bytes: usize,
    diagnostics: Diagnostics,
}

#[derive(Default)]
struct State {
    lanes: [Lane; 3],
    /// The bytes of all parcels that wait or are under way.
    bytes: usize,
    next: u64,
    shutting_down: bool,
    closed: bool,
}

#[derive(Default)]
struct Lane {
    /// Parcels that wait, each with its number; numbers rise over all lanes.
    parcels: VecDeque<(u64, Parcel)>,
    /// The number and size of the parcel that is under way.
    sending: Option<(u64, Parcel)>,
    endpoint: String,
    trouble: Trouble,
    /// Items that will not be delivered.
    lost: u64,
}

/// Something that goes on for a while: said once when it begins and once when it is over.
#[derive(Default)]
struct Trouble {
    /// What went wrong last, until something goes right.
    cause: Option<String>,
    /// Whether it was said that it began.
    said: bool,
    /// Items dropped because the queue was full.
    overflowed: u64,
    /// When it was last said that the queue is full: a lane that is now full and now empty would say so all the time.
    full_said: Option<Instant>,
}

/// How often it may be said that the queue is full.
const SAY_FULL_EVERY: Duration = Duration::from_secs(30);

impl Queue {
    pub(crate) fn new(max_bytes: usize, diagnostics: Diagnostics) -> Self {
        Self {
            state: Mutex::default(),
            settled: Condvar::new(),
            waiting: [const { Notify::const_new() }; 3],
            shutting_down: Notify::new(),
            max_bytes,
            diagnostics,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a signal goes, for messages.
    pub(crate) fn name_endpoint(&self, signal: Signal, endpoint: String) {
        self.lock().lanes[signal.index()].endpoint = endpoint;
    }

    /// Takes a parcel. Where it finds no room, the oldest that waits makes some; the caller never waits.
    pub(crate) fn push(&self, signal: Signal, parcel: Parcel) {
        let mut state = self.lock();
        if state.closed || parcel.body.len() > self.max_bytes {
            let closed = state.closed;
            drop(state);
            let cause = if closed { "they came after the shutdown" } else { "one request is larger than the whole queue may be" };
            return self.lose(signal, parcel.items, cause);
        }
        let overflow = state.make_room(parcel.body.len(), self.max_bytes);
        state.push(signal, parcel);
        drop(state);
        for (signal, items) in overflow {
            self.diagnostics.say(format_args!(
                "the queue for telemetry is full ({} bytes): dropping the oldest, {} at first",
                self.max_bytes,
                signal.count(items)
            ));
        }
        self.settled.notify_all();
        self.waiting[signal.index()].notify_one();
    }

    /// Counts items that never came to be a parcel.
    pub(crate) fn lose(&self, signal: Signal, items: u64, cause: &str) {
        self.lock().lanes[signal.index()].lost += items;
        self.diagnostics.say(format_args!("{} dropped: {cause}", signal.count(items)));
    }

    /// The oldest parcel of a signal, as soon as there is one.
    pub(crate) async fn next(&self, signal: Signal) -> Parcel {
        loop {
            if let Some(parcel) = self.lock().take(signal) {
                return parcel;
            }
            self.waiting[signal.index()].notified().await;
        }
    }

    /// Says what became of the parcel that was taken last.
    pub(crate) fn settle(&self, signal: Signal, fate: &Fate) {
        let over = self.lock().settle(signal, fate);
        if let Some(overflowed) = over {
            let dropped = if overflowed > 0 { format!("; dropped meanwhile: {}", signal.count(overflowed)) } else { String::new() };
            self.diagnostics.say(format_args!("{} are delivered again{dropped}", signal.name()));
        }
        self.settled.notify_all();
    }

    /// Notes that a sender is in trouble. It is said once, until the trouble is over; during a shutdown the error of that says it.
    pub(crate) fn trouble(&self, signal: Signal, cause: &str, consequence: &str) {
        let mut state = self.lock();
        let quiet = state.shutting_down;
        let lane = &mut state.lanes[signal.index()];
        lane.trouble.cause = Some(cause.to_owned());
        let say = !lane.trouble.said && !quiet;
        lane.trouble.said |= say;
        let endpoint = lane.endpoint.clone();
        drop(state);
        if say {
            self.diagnostics.say(format_args!("cannot deliver {} to {endpoint}: {cause}; {consequence}", signal.name()));
        }
    }

    /// Says something that does not stop the delivery.
    pub(crate) fn remark(&self, line: impl std::fmt::Display) {
        self.diagnostics.say(line);
    }

    /// From now on trouble is not announced, and senders that wait to try again do so at once.
    pub(crate) fn announce_shutdown(&self) {
        self.lock().shutting_down = true;
        self.shutting_down.notify_waiters();
    }

    /// Ready when a shutdown begins, for those who wait for something else.
    pub(crate) async fn shutdown_begins(&self) {
        let begins = self.shutting_down.notified();
        if self.lock().shutting_down {
            std::future::pending::<()>().await;
        }
        begins.await;
    }

    /// Waits until everything that was pushed before is settled; `false` if the deadline comes first.
    pub(crate) fn wait_until_settled(&self, deadline: Instant) -> bool {
        let state = self.lock();
        let before = state.next;
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.settled.wait_timeout_while(state, left, |state| state.is_unsettled(before));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Drops what is left, and says how much that was, with what was lost before.
    pub(crate) fn close(&self) -> Vec<Undelivered> {
        let mut state = self.lock();
        state.closed = true;
        state.bytes = 0;
        let lanes = Signal::ALL.into_iter().zip(&mut state.lanes);
        let undelivered = lanes.filter_map(|(signal, lane)| {
            let left = lane.parcels.drain(..).chain(lane.sending.take()).map(|(_, parcel)| parcel.items).sum::<u64>();
            let items = left + std::mem::take(&mut lane.lost);
            (items > 0).then(|| Undelivered { signal, items, endpoint: lane.endpoint.clone(), cause: lane.trouble.cause.clone() })
        });
        undelivered.collect()
    }
}

impl State {
    fn push(&mut self, signal: Signal, parcel: Parcel) {
        let number = self.next;
        self.next += 1;
        self.bytes += parcel.body.len();
        self.lanes[signal.index()].parcels.push_back((number, parcel));
    }

    fn take(&mut self, signal: Signal) -> Option<Parcel> {
        let lane = &mut self.lanes[signal.index()];
        let (number, parcel) = lane.parcels.pop_front()?;
        lane.sending = Some((number, parcel.clone()));
        Some(parcel)
    }

    /// Drops the oldest parcels that wait until `size` more bytes fit. Returns the lanes where that began just now.
    fn make_room(&mut self, size: usize, max_bytes: usize) -> Vec<(Signal, u64)> {
        let mut began = Vec::new();
        while self.bytes + size > max_bytes {
            let waiting = Signal::ALL.into_iter().filter_map(|signal| {
                let (number, _) = self.lanes[signal.index()].parcels.front()?;
                Some((*number, signal))
            });
            let Some((_, oldest)) = waiting.min_by_key(|(number, _)| *number) else { break };
            let lane = &mut self.lanes[oldest.index()];
            let Some((_, parcel)) = lane.parcels.pop_front() else { break };
            self.bytes -= parcel.body.len();
            let recently = lane.trouble.full_said.is_some_and(|said| said.elapsed() < SAY_FULL_EVERY);
            if lane.trouble.overflowed == 0 && !recently {
                lane.trouble.full_said = Some(Instant::now());
                lane.trouble.said = true;
                began.push((oldest, parcel.items));
            }
            lane.trouble.overflowed += parcel.items;
            lane.lost += parcel.items;
        }
        began
    }

    /// Returns the number of items dropped in the meantime if this ends trouble that was announced: not before the lane is empty, since a full
    /// one is full again at once.
    fn settle(&mut self, signal: Signal, fate: &Fate) -> Option<u64> {
        let lane = &mut self.lanes[signal.index()];
        let (_, parcel) = lane.sending.take()?;
        self.bytes -= parcel.body.len();
        let rejected = match fate {
            Fate::Dropped => {
                lane.lost += parcel.items;
                return None;
            }
            Fate::Delivered { rejected } => rejected,
        };
        lane.lost += rejected;
        lane.trouble.cause = None;
        if !lane.parcels.is_empty() || !std::mem::take(&mut lane.trouble.said) {
            return None;
        }
        Some(std::mem::take(&mut lane.trouble.overflowed))
    }

    /// Whether a parcel with a number below `before` waits or is under way.
    fn is_unsettled(&self, before: u64) -> bool {
        self.lanes.iter().any(|lane| {
            let oldest = lane.sending.as_ref().or_else(|| lane.parcels.front());
            oldest.is_some_and(|(number, _)| *number < before)
        })
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("bytes", &self.lock().bytes).field("max_bytes", &self.max_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
