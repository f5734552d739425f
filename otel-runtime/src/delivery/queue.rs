//! The queue of encoded requests: bounded in bytes over all signals, one lane for each route, and the accounts of what became of everything.

mod chores;
mod end;
mod lane;
mod trouble;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::Notify;

use self::chores::Chores;
use self::lane::{Entry, Lane, OVERHEAD, Settled};
use super::Route;
use super::account::{DropReason, SignalHealth};
use super::spool::Segment;
use crate::diagnostics::{Diagnostics, Setting, Source};
use crate::own::Operations;

/// One encoded request.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub(crate) body: Bytes,
    /// How many spans, data points or log records are in it.
    pub(crate) items: u64,
}

/// A parcel that a sender has taken, and will settle.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// Parcels are numbered in the order in which they came, over all signals.
    pub(crate) number: u64,
    /// What is not settled yet, and what of the parcel was before it was put off: the first in it.
    pub(crate) items: u64,
    pub(crate) settled: u64,
    /// When it came into the queue, and since when it is tried.
    pub(crate) came: Instant,
    pub(crate) tried: Instant,
    /// `None`: it is on disk alone.
    pub(crate) body: Option<Bytes>,
    pub(crate) segment: Option<Segment>,
}

/// What is to be said when nothing is locked.
#[must_use]
#[derive(Debug, Default)]
pub(crate) struct Announcement(Vec<String>);

/// What became of a parcel, or of some of its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The backend took it, but for so many items.
    Delivered { rejected: u64 },
    /// It will never be taken.
    Dropped(DropReason),
}

pub(crate) struct Queue {
    state: Mutex<State>,
    /// What was ever taken for export, by route.
    accepted: [AtomicU64; Route::COUNT],
    /// Woken whenever a parcel is settled.
    settled: Condvar,
    /// One for each route: there is something to send.
    waiting: [Notify; Route::COUNT],
    shutting_down: Notify,
    /// Woken when there is something for the spool's thread to do at once.
    chores: Condvar,
    max_bytes: usize,
    diagnostics: Diagnostics,
    /// Requests, by route, from the first try to the last.
    operations: [Operations; Route::COUNT],
}

#[derive(Default)]
struct State {
    lanes: [Lane; Route::COUNT],
    /// The bytes of all bodies in memory.
    bytes: usize,
    /// The numbers that come next: what was adopted is older than all that is pushed.
    adopted: u64,
    pushed: u64,
    /// Whether what earlier processes have left is still being looked for.
    adopting: bool,
    chores: Chores,
    shutting_down: bool,
    closed: bool,
}

/// The number of the first parcel that is pushed.
const FIRST_PUSHED: u64 = 1 << 40;

impl Queue {
    pub(crate) fn new(max_bytes: usize, diagnostics: Diagnostics) -> Self {
        Self {
            state: Mutex::default(),
            accepted: Default::default(),
            settled: Condvar::new(),
            waiting: [const { Notify::const_new() }; Route::COUNT],
            shutting_down: Notify::new(),
            chores: Condvar::new(),
            max_bytes,
            diagnostics,
            operations: Default::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn source(&self) -> Source {
        self.diagnostics.source()
    }

    pub(crate) fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// What measures the requests of a route.
    pub(crate) fn operations(&self, route: Route) -> &Operations {
        &self.operations[route.index()]
    }

    /// Where a route goes, for messages.
    pub(crate) fn name_endpoint(&self, route: Route, endpoint: String) {
        self.lock().lanes[route.index()].endpoint = endpoint;
    }

    /// Counts items that are gathered for export. Whoever gathers them holds them in his own account until they are pushed.
    pub(crate) fn accept(&self, route: Route, items: u64) {
        self.accepted[route.index()].fetch_add(items, Ordering::Relaxed);
    }

    pub(super) fn endpoint(&self, route: Route) -> String {
        self.lock().lanes[route.index()].endpoint.clone()
    }

    /// Takes a parcel of items that were not gathered.
    pub(crate) fn push_new(&self, route: Route, parcel: Parcel) {
        let mut state = self.lock();
        self.accept(route, parcel.items);
        let number = state.number(1).start;
        let lines = self.push_into(&mut state, route, number, parcel);
        drop(state);
        self.wake(route);
        self.announce(Announcement(lines));
    }

    /// Keeps a place for as many parcels as items become at most, and sends nothing that comes after them before they come. They must: by
    /// [`push`](Self::push), or by [`lose_reserved`](Self::lose_reserved).
    pub(super) fn reserve(&self, route: Route, items: u64) -> Range<u64> {
        let mut state = self.lock();
        let place = state.number(items);
        state.lanes[route.index()].reserve(place.start);
        place
    }

    /// Takes the parcels for which a place was kept. Where they find no room, the oldest that wait make some; the caller never waits.
    pub(super) fn push(&self, route: Route, mut place: Range<u64>, parcels: Vec<Parcel>) -> Announcement {
        let mut state = self.lock();
        state.lanes[route.index()].come(place.start);
        let mut lines = Vec::new();
        for parcel in parcels {
            let number = place.next().unwrap_or_else(|| state.number(1).start);
            lines.extend(self.push_into(&mut state, route, number, parcel));
        }
        drop(state);
        self.wake(route);
        Announcement(lines)
    }

    fn push_into(&self, state: &mut State, route: Route, number: u64, parcel: Parcel) -> Vec<String> {
        if state.closed {
            return self.count_out(state, route, parcel.items, DropReason::Shutdown).0;
        }
        if parcel.body.len() + OVERHEAD > self.max_bytes {
            return self.count_out(state, route, parcel.items, DropReason::TooLarge).0;
        }
        let (items, entry) = (parcel.items, Entry::in_memory(parcel));
        let (has_room, mut overflow) = state.make_room(entry.size_in_memory(), self.max_bytes);
        if has_room {
            state.add(route, number, entry);
        } else if state.lanes[route.index()].refuse(items, DropReason::QueueFull) {
            // Everything there is is under way.
            overflow.push((route, items));
        }
        if state.bytes > self.max_bytes / 2 {
            state.chores.is_urgent = true;
            self.chores.notify_one();
        }
        let full = |(route, items): &(Route, u64)| {
            let items = route.count(*items);
            format!(
                "the queue for telemetry is full ({} bytes, {}): dropping the oldest, {items} at first",
                self.max_bytes,
                self.source().name(Setting::QUEUE_MAX_BYTES)
            )
        };
        overflow.iter().map(full).collect()
    }

    fn count_out(&self, state: &mut State, route: Route, items: u64, reason: DropReason) -> Announcement {
        let say = state.lanes[route.index()].refuse(items, reason);
        Announcement(say.then(|| format!("{} dropped: {}", route.count(items), reason.cause(self.source()))).into_iter().collect())
    }

    /// Something came or was lost: whoever waits for that looks again.
    fn wake(&self, route: Route) {
        self.settled.notify_all();
        self.waiting[route.index()].notify_one();
    }

    /// Counts items that were accepted and never came to be a parcel.
    pub(crate) fn count_lost(&self, route: Route, items: u64, reason: DropReason) -> Announcement {
        self.count_out(&mut self.lock(), route, items, reason)
    }

    /// The same of items for which a place was kept.
    pub(super) fn lose_reserved(&self, route: Route, place: Range<u64>, items: u64, reason: DropReason) -> Announcement {
        let mut state = self.lock();
        state.lanes[route.index()].come(place.start);
        let announcement = self.count_out(&mut state, route, items, reason);
        drop(state);
        self.wake(route);
        announcement
    }

    /// The same, said at once.
    pub(crate) fn lose(&self, route: Route, items: u64, reason: DropReason) {
        let announcement = self.count_lost(route, items, reason);
        self.announce(announcement);
    }

    /// Says what is to be said.
    pub(crate) fn announce(&self, announcement: Announcement) {
        for line in announcement.0 {
            self.diagnostics.error(line);
        }
    }

    /// The oldest parcel of a route, as soon as there is one.
    pub(crate) async fn next(&self, route: Route) -> Ticket {
        loop {
            let taken = self.lock().lanes[route.index()].take();
            if let Some((number, entry)) = taken {
                // Several wait for parcels, and one was woken.
                self.waiting[route.index()].notify_one();
                let Entry { items, settled, came, tried, body, segment, .. } = entry;
                return Ticket { number, items, settled, came, tried: tried.unwrap_or(came), body, segment };
            }
            self.waiting[route.index()].notified().await;
        }
    }

    /// Puts a parcel that was taken behind all others of its route; `false` if there are none.
    pub(crate) fn put_off(&self, route: Route, number: u64) -> bool {
        let is_put_off = self.lock().lanes[route.index()].put_off(number);
        if is_put_off {
            self.wake(route);
        }
        is_put_off
    }

    /// Says what became of the next so many items of a parcel that was taken.
    pub(crate) fn settle(&self, route: Route, number: u64, items: u64, fate: Fate) {
        let mut state = self.lock();
        let mut settled = state.settle(route, number, items, fate);
        // A disk may hang, which is to hold up no delivery.
        if let Some(segment) = settled.segment.take() {
            state.chores.removable.push(segment);
            self.chores.notify_one();
        }
        drop(state);
        if let Some(dropped) = settled.over {
            let dropped = if dropped > 0 { format!("; dropped meanwhile: {}", route.count(dropped)) } else { String::new() };
            self.diagnostics.info(format_args!("{} are delivered again{dropped}", route.name()));
        }
        if let Some((items, reason)) = settled.lost {
            self.diagnostics.error(format_args!("{} dropped: {}", route.count(items), reason.cause(self.source())));
        }
        self.settled.notify_all();
    }

    /// Notes that a sender is in trouble. It is said once, until the trouble is over; during a shutdown the error of that says it.
    pub(crate) fn trouble(&self, route: Route, cause: &str, consequence: &str) {
        let mut state = self.lock();
        let quiet = state.shutting_down;
        let lane = &mut state.lanes[route.index()];
        let say = lane.trouble.begin(cause, quiet);
        let endpoint = lane.endpoint.clone();
        drop(state);
        if say {
            self.diagnostics.warn(format_args!("cannot deliver {} to {endpoint}: {cause}; {consequence}", route.name()));
        }
    }

    /// Items were rejected of a parcel that is delivered; whether to say that this begins.
    pub(crate) fn rejects(&self, route: Route, items: u64) -> bool {
        self.lock().lanes[route.index()].trouble.lose(items, DropReason::Rejected)
    }

    /// Says something that does not stop the delivery.
    pub(crate) fn remark(&self, line: impl std::fmt::Display) {
        self.diagnostics.warn(line);
    }

    /// Says that all is well again.
    pub(crate) fn is_well(&self, line: impl std::fmt::Display) {
        self.diagnostics.info(line);
    }

    /// The oldest parcel of a route, which is in memory.
    #[cfg(test)]
    pub(crate) fn take(&self, route: Route) -> Option<Parcel> {
        let (_, entry) = self.lock().lanes[route.index()].take()?;
        Some(Parcel { body: entry.body?, items: entry.items })
    }

    /// The account of a route.
    pub(crate) fn health(&self, route: Route) -> SignalHealth {
        let state = self.lock();
        state.lanes[route.index()].health(self.accepted[route.index()].load(Ordering::Relaxed))
    }

    /// Why something is not delivered on a route, with the reasons why something was dropped since `before`.
    pub(super) fn cause(&self, route: Route, before: &SignalHealth) -> Option<String> {
        self.lock().lanes[route.index()].cause(route.signal, before, self.source())
    }
}

impl State {
    /// The next numbers.
    fn number(&mut self, count: u64) -> Range<u64> {
        let first = self.pushed.max(FIRST_PUSHED);
        self.pushed = first + count;
        first..self.pushed
    }

    fn add(&mut self, route: Route, number: u64, entry: Entry) {
        self.bytes += entry.size_in_memory();
        self.lanes[route.index()].add(number, entry);
    }

    fn settle(&mut self, route: Route, number: u64, items: u64, fate: Fate) -> Settled {
        let (freed, settled) = self.lanes[route.index()].settle(number, items, fate);
        // A queue that was closed meanwhile has let go of everything.
        self.bytes = self.bytes.saturating_sub(freed);
        settled
    }

    fn is_unsettled(&self, before: u64) -> bool {
        self.adopting || self.lanes.iter().any(|lane| lane.is_unsettled(before))
    }

    /// Frees memory until `size` more bytes fit: what is on disk too is kept there alone, and if that is not enough, the oldest that waits is
    /// dropped. Returns whether there is room, and the lanes where dropping began just now.
    fn make_room(&mut self, size: usize, max_bytes: usize) -> (bool, Vec<(Route, u64)>) {
        let mut began = Vec::new();
        while self.bytes + size > max_bytes {
            let lanes = Route::ALL.into_iter().filter_map(|route| {
                let (is_lost, number) = self.lanes[route.index()].dispensable()?;
                Some((is_lost, number, route))
            });
            let Some((is_lost, number, route)) = lanes.min_by_key(|(is_lost, number, _)| (*is_lost, *number)) else {
                return (false, began);
            };
            let lane = &mut self.lanes[route.index()];
            if is_lost {
                let (freed, first) = lane.overflow(number, DropReason::QueueFull);
                self.bytes -= freed;
                began.extend(first.map(|items| (route, items)));
            } else {
                self.bytes -= lane.forget_body(number);
            }
        }
        (true, began)
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("bytes", &self.lock().bytes).field("max_bytes", &self.max_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
