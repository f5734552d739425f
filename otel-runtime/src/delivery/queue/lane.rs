//! One lane of the queue: the parcels of one route, those under way, and their account.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::time::Instant;

use bytes::Bytes;

use super::trouble::Trouble;
use super::{Fate, Parcel};
use crate::delivery::account::{DropReason, SignalHealth};
use crate::delivery::spool::Segment;
use crate::delivery::{Route, Signal, Undelivered};
use crate::diagnostics::Source;

/// A parcel in a lane: in memory, on disk, or both.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Those that are not settled yet.
    pub(super) items: u64,
    /// How many were before them in the body.
    pub(super) settled: u64,
    pub(super) body: Option<Bytes>,
    pub(super) segment: Option<Segment>,
    /// Not to be written to disk: it is too large for it, or was taken away from there.
    stays_in_memory: bool,
    pub(super) came: Instant,
    /// Since when it is tried.
    pub(super) tried: Option<Instant>,
    /// How many were put off before it was; 0: it was not. Those with less go first.
    round: u64,
}

/// Where a parcel that waits is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In memory, and to be written to disk if there is a spool.
    Memory,
    /// In memory, and not to be written.
    MemoryAlone,
    Both,
    Disk,
}

#[derive(Default)]
pub(super) struct Lane {
    waiting: BTreeMap<u64, Entry>,
    /// The numbers of those that wait, by their place.
    places: [BTreeSet<u64>; 4],
    /// The same numbers in the order in which they are sent, behind the round in which they were put off.
    turns: BTreeSet<(u64, u64)>,
    rounds: u64,
    sending: BTreeMap<u64, Entry>,
    /// The numbers of what is to come and goes before what comes after it.
    reserved: BTreeSet<u64>,
    pub(super) endpoint: String,
    pub(super) trouble: Trouble,
    /// What was delivered and dropped, and what is queued, spooled and under way.
    totals: SignalHealth,
}

/// What follows from a parcel that is settled.
#[derive(Default)]
pub(super) struct Settled {
    /// The segment that is not needed any more.
    pub(super) segment: Option<Segment>,
    /// If this ends trouble that was announced: the items dropped meanwhile.
    pub(super) over: Option<u64>,
    /// Items whose loss nothing else announces, if that is to be said.
    pub(super) lost: Option<(u64, DropReason)>,
}

impl Entry {
    pub(super) fn in_memory(parcel: Parcel) -> Self {
        Self::new(parcel.items, Some(parcel.body), None)
    }

    pub(super) fn on_disk(items: u64, segment: Segment) -> Self {
        Self::new(items, None, Some(segment))
    }

    fn new(items: u64, body: Option<Bytes>, segment: Option<Segment>) -> Self {
        Self { items, settled: 0, body, segment, stays_in_memory: false, came: Instant::now(), tried: None, round: 0 }
    }

    /// The bytes that it takes of the queue's bound, with what it takes to keep it. What is on disk alone takes none: the spool's bound is the bound of
    /// what it takes to know of it.
    pub(super) fn size_in_memory(&self) -> usize {
        self.body.as_ref().map_or(0, |body| body.len() + OVERHEAD)
    }

    fn place(&self) -> Place {
        match (&self.body, &self.segment) {
            (Some(_), Some(_)) => Place::Both,
            (None, _) => Place::Disk,
            (Some(_), None) if self.stays_in_memory => Place::MemoryAlone,
            (Some(_), None) => Place::Memory,
        }
    }
}

/// What a parcel takes beside its body, roughly.
pub(super) const OVERHEAD: usize = 256;

impl Lane {
    pub(super) fn add(&mut self, number: u64, entry: Entry) {
        self.count_in(&entry);
        self.places[entry.place() as usize].insert(number);
        self.turns.insert((entry.round, number));
        self.waiting.insert(number, entry);
    }

    fn count_in(&mut self, entry: &Entry) {
        *self.whereabouts(entry) += entry.items;
        self.totals.queued_bytes += entry.body.as_ref().map_or(0, Bytes::len);
    }

    fn count_out(&mut self, entry: &Entry) {
        *self.whereabouts(entry) -= entry.items;
        self.totals.queued_bytes -= entry.body.as_ref().map_or(0, Bytes::len);
    }

    fn whereabouts(&mut self, entry: &Entry) -> &mut u64 {
        if entry.body.is_some() { &mut self.totals.queued } else { &mut self.totals.spooled }
    }

    /// Takes a parcel that waits out of the lane.
    fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.waiting.remove(&number)?;
        self.places[entry.place() as usize].remove(&number);
        self.turns.remove(&(entry.round, number));
        self.count_out(&entry);
        Some(entry)
    }

    /// Changes a parcel, wherever it is.
    fn change(&mut self, number: u64, change: impl FnOnce(&mut Entry)) -> bool {
        if let Some(mut entry) = self.remove(number) {
            change(&mut entry);
            self.add(number, entry);
            return true;
        }
        let Some(mut entry) = self.sending.remove(&number) else { return false };
        self.count_out(&entry);
        change(&mut entry);
        self.count_in(&entry);
        self.sending.insert(number, entry);
        true
    }

    pub(super) fn drop_items(&mut self, items: u64, reason: DropReason) {
        self.totals.drop_items(reason, items);
    }

    /// Nothing with a higher number is taken before that with this one has come.
    pub(super) fn reserve(&mut self, number: u64) {
        self.reserved.insert(number);
    }

    pub(super) fn come(&mut self, number: u64) {
        self.reserved.remove(&number);
    }

    /// The oldest parcel of those that were not put off, or else the one that was first; it is under way from now on.
    pub(super) fn take(&mut self) -> Option<(u64, Entry)> {
        let turn = *self.turns.first()?;
        if self.reserved.first().is_some_and(|reserved| (0, *reserved) < turn) {
            return None;
        }
        let number = turn.1;
        let mut entry = self.remove(number)?;
        entry.tried.get_or_insert_with(Instant::now);
        self.count_in(&entry);
        self.totals.in_flight += entry.items;
        self.sending.insert(number, entry.clone());
        Some((number, entry))
    }

    /// Puts a parcel that is under way behind all that wait; `false` if none does. It is as old as it was.
    pub(super) fn put_off(&mut self, number: u64) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let Some(mut entry) = self.sending.remove(&number) else { return false };
        self.count_out(&entry);
        self.totals.in_flight -= entry.items;
        self.rounds += 1;
        entry.round = self.rounds;
        self.add(number, entry);
        true
    }

    /// Settles the next so many items of a parcel that is under way, and the parcel with its last. The bytes that this frees, and what follows.
    pub(super) fn settle(&mut self, number: u64, items: u64, fate: Fate) -> (usize, Settled) {
        let Some(mut entry) = self.sending.remove(&number) else { return Default::default() };
        self.count_out(&entry);
        let items = items.min(entry.items);
        entry.items -= items;
        entry.settled += items;
        self.totals.in_flight -= items;
        let (mut freed, mut settled) = (0, Settled::default());
        let is_over = entry.items == 0;
        if is_over {
            freed = entry.size_in_memory();
            settled.segment = entry.segment;
        } else {
            self.count_in(&entry);
            self.sending.insert(number, entry);
        }
        match fate {
            Fate::Dropped(reason) => {
                self.totals.drop_items(reason, items);
                // A refusal is said where it comes from.
                if reason == DropReason::Refused {
                    self.trouble.lose_silently(items);
                } else if self.trouble.lose(items, reason) {
                    settled.lost = Some((items, reason));
                }
            }
            Fate::Delivered { rejected } => {
                let rejected = rejected.min(items);
                self.totals.delivered += items - rejected;
                self.totals.drop_items(DropReason::Rejected, rejected);
                self.trouble.forget_cause();
                // Not before the lane is empty, since a full one is full again at once.
                if is_over && self.waiting.is_empty() && rejected == 0 {
                    settled.over = self.trouble.end();
                }
            }
        }
        (freed, settled)
    }

    fn oldest(&self, places: &[Place]) -> Option<u64> {
        places.iter().filter_map(|place| self.places[*place as usize].first()).min().copied()
    }

    /// The parcel whose memory can be had best: one that is on disk too, or else, to be lost, the oldest.
    pub(super) fn dispensable(&self) -> Option<(bool, u64)> {
        let spooled = self.oldest(&[Place::Both]).map(|number| (false, number));
        spooled.or_else(|| self.oldest(&[Place::Memory, Place::MemoryAlone]).map(|number| (true, number)))
    }

    /// Keeps a parcel on disk alone. Returns the bytes that this frees.
    pub(super) fn forget_body(&mut self, number: u64) -> usize {
        let mut freed = 0;
        self.change(number, |entry| {
            freed = entry.size_in_memory();
            entry.body = None;
        });
        freed
    }

    /// Drops a parcel that waits. Returns the bytes that this frees, and its items if that is to be said.
    pub(super) fn overflow(&mut self, number: u64, reason: DropReason) -> (usize, Option<u64>) {
        let Some(entry) = self.remove(number) else { return (0, None) };
        let say = self.refuse(entry.items, reason);
        (entry.size_in_memory(), say.then_some(entry.items))
    }

    /// Drops items for which there is no room; whether to say that this begins.
    pub(super) fn refuse(&mut self, items: u64, reason: DropReason) -> bool {
        self.totals.drop_items(reason, items);
        self.trouble.lose(items, reason)
    }

    /// The oldest parcel that is to be on disk, is not, and came before `before`.
    pub(super) fn unwritten(&self, before: Instant) -> Option<(u64, Parcel)> {
        let sending = self.sending.iter().find(|(_, entry)| entry.place() == Place::Memory);
        let waiting = || self.oldest(&[Place::Memory]).and_then(|number| self.waiting.get_key_value(&number));
        let (number, entry) = sending.or_else(waiting).filter(|(_, entry)| entry.came <= before)?;
        // The body has those too that are settled.
        Some((*number, Parcel { body: entry.body.clone()?, items: entry.settled + entry.items }))
    }

    /// Notes that a parcel is on disk. Gives the segment back if the parcel is settled by now.
    pub(super) fn written(&mut self, number: u64, segment: Segment) -> Option<Segment> {
        let mut segment = Some(segment);
        self.change(number, |entry| entry.segment = segment.take());
        segment
    }

    /// Keeps a parcel off the disk.
    pub(super) fn keep_in_memory(&mut self, number: u64) {
        self.change(number, |entry| entry.stays_in_memory = true);
    }

    /// The oldest parcel that waits and is on disk.
    pub(super) fn oldest_segment(&self) -> Option<u64> {
        self.oldest(&[Place::Both, Place::Disk])
    }

    /// Takes the segment of a parcel that waits. One that is nowhere else is dropped. Returns the bytes that this frees too.
    pub(super) fn release_segment(&mut self, number: u64) -> (usize, Option<Segment>, Option<u64>) {
        let Some(entry) = self.waiting.get(&number) else { return (0, None, None) };
        let segment = entry.segment.clone();
        if entry.body.is_none() {
            let (freed, first) = self.overflow(number, DropReason::SpoolFull);
            return (freed, segment, first);
        }
        self.change(number, |entry| {
            entry.segment = None;
            entry.stays_in_memory = true;
        });
        (0, segment, None)
    }

    /// Whether a parcel with a number below `before` is to come, waits or is under way, and will be sent.
    pub(super) fn is_unsettled(&self, before: u64) -> bool {
        let oldest = self.sending.keys().next().into_iter().chain(self.waiting.keys().next()).chain(self.reserved.first()).min();
        self.is_served() && oldest.is_some_and(|number| *number < before)
    }

    /// Whether there is a backend for this route.
    pub(super) fn is_served(&self) -> bool {
        !self.endpoint.is_empty()
    }

    pub(super) fn health(&self, accepted: u64) -> SignalHealth {
        let mut health = self.totals.clone();
        health.accepted = accepted;
        health.last_error = self.trouble.cause();
        health
    }

    /// Why something is not delivered, with the reasons why something was dropped since `before`.
    pub(super) fn cause(&self, signal: Signal, before: &SignalHealth, source: Source) -> Option<String> {
        let unanswered = || (self.totals.in_flight > 0).then(|| "it has not answered yet".to_owned());
        let backend = self.trouble.cause().or_else(unanswered);
        self.totals.why_dropped_since(before, signal, backend, source)
    }

    /// Drops what is on no disk, and lets go of what is. Returns what was dropped since the start, and what is spooled, if anything was or is.
    pub(super) fn close(&mut self, route: Route, source: Source) -> Option<Undelivered> {
        let cause = self.cause(route.signal, &SignalHealth::default(), source);
        let sending = mem::take(&mut self.sending);
        let left = mem::take(&mut self.waiting).into_values().chain(sending.into_values());
        for entry in left {
            self.count_out(&entry);
            match entry.segment {
                Some(_) => self.totals.spooled += entry.items,
                None => self.totals.drop_items(DropReason::Shutdown, entry.items),
            }
        }
        self.places = Default::default();
        self.turns.clear();
        self.reserved.clear();
        self.totals.in_flight = 0;
        let (dropped, spooled) = (self.totals.dropped_in_all(), self.totals.spooled);
        // What was spooled for a route that goes nowhere this time waits for another.
        (dropped > 0 || (spooled > 0 && self.is_served())).then(|| Undelivered {
            signal: route.signal,
            dropped,
            spooled,
            endpoint: self.endpoint.clone(),
            cause,
        })
    }
}
