//! What the queue has for the spool's thread to do, and what that thread tells it.

use std::mem;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::{Entry, Parcel, Queue};
use crate::delivery::Route;
use crate::delivery::account::DropReason;
use crate::delivery::spool::Segment;
use crate::diagnostics::Setting;

#[derive(Default)]
pub(in crate::delivery) struct Chores {
    /// What is delivered or dropped.
    pub(in crate::delivery) removable: Vec<Segment>,
    /// Whether memory gets scarce, so that what is on no disk is to be written without delay.
    pub(in crate::delivery) is_urgent: bool,
    has_ended: bool,
}

impl Queue {
    /// What there is to do, as soon as there is something or `limit` is over; `None` when the thread is to end.
    pub(in crate::delivery) fn chores(&self, limit: Duration) -> Option<Chores> {
        let is_idle = |state: &mut super::State| {
            let Chores { removable, is_urgent, has_ended } = &state.chores;
            removable.is_empty() && !is_urgent && !has_ended
        };
        let waited = self.chores.wait_timeout_while(self.lock(), limit, is_idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.chores.has_ended { None } else { Some(mem::take(&mut state.chores)) }
    }

    /// What was delivered or dropped since it was asked for last.
    pub(in crate::delivery) fn take_removable(&self) -> Vec<Segment> {
        mem::take(&mut self.lock().chores.removable)
    }

    pub(in crate::delivery) fn end_chores(&self) {
        self.lock().chores.has_ended = true;
        self.chores.notify_all();
    }

    /// Takes what an earlier process has left in the spool.
    pub(in crate::delivery) fn adopt(&self, route: Route, items: u64, segment: Segment) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        let number = state.adopted;
        state.adopted += 1;
        self.accept(route, items);
        state.add(route, number, Entry::on_disk(items, segment));
        drop(state);
        self.waiting[route.index()].notify_one();
    }

    /// Counts what was damaged of what an earlier process has left. Whoever found it says so.
    pub(in crate::delivery) fn adopt_damaged(&self, route: Route, items: u64) {
        let mut state = self.lock();
        self.accept(route, items);
        state.lanes[route.index()].drop_items(items, DropReason::Damaged);
    }

    /// Until this is said to be over, there may be more to deliver than is known.
    pub(in crate::delivery) fn set_adopting(&self, adopting: bool) {
        self.lock().adopting = adopting;
        self.settled.notify_all();
    }

    /// Whether there is a backend for a route.
    pub(in crate::delivery) fn serves(&self, route: Route) -> bool {
        self.lock().lanes[route.index()].is_served()
    }

    /// The oldest parcel that is to be on disk, is on none and came before `before`, for the spool to write.
    pub(in crate::delivery) fn unwritten(&self, before: Instant) -> Option<(Route, u64, Parcel)> {
        let state = self.lock();
        let lanes = Route::ALL.into_iter().zip(&state.lanes).filter(|(route, _)| route.is_spooled());
        let unwritten = lanes.filter_map(|(route, lane)| lane.unwritten(before).map(|(number, parcel)| (route, number, parcel)));
        unwritten.min_by_key(|(_, number, _)| *number)
    }

    /// Notes that a parcel is on disk. Gives the segment back if the parcel is settled by now.
    pub(in crate::delivery) fn written(&self, route: Route, number: u64, segment: Segment) -> Option<Segment> {
        self.lock().lanes[route.index()].written(number, segment)
    }

    /// Keeps a parcel off the disk.
    pub(in crate::delivery) fn keep_in_memory(&self, route: Route, number: u64) {
        self.lock().lanes[route.index()].keep_in_memory(number);
    }

    /// Takes the oldest segment away from its parcel, because the spool is full. What is on disk alone is dropped with it.
    pub(in crate::delivery) fn release_oldest_segment(&self) -> Option<Segment> {
        let mut state = self.lock();
        let oldest = Route::ALL.into_iter().filter_map(|route| Some((state.lanes[route.index()].oldest_segment()?, route)));
        let (number, route) = oldest.min_by_key(|(number, _)| *number)?;
        let (freed, segment, first) = state.lanes[route.index()].release_segment(number);
        state.bytes -= freed;
        drop(state);
        if let Some(items) = first {
            let setting = self.source().name(Setting::SPOOL_MAX_BYTES);
            self.diagnostics.error(format_args!("the spool is full ({setting}): dropping the oldest, {} at first", route.count(items)));
        }
        segment
    }
}
