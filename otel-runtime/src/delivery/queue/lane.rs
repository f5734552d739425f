//! One lane of the queue: the parcels of one signal, those under way, and their account.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Fate, Parcel};
use crate::delivery::account::{DropReason, SignalHealth};
use crate::delivery::spool::Segment;
use crate::delivery::{Signal, Undelivered};

/// A parcel in a lane: in memory, on disk, or both.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) items: u64,
    pub(super) body: Option<Bytes>,
    pub(super) segment: Option<Segment>,
    /// Not to be written to disk, where it was taken away from.
    stays_in_memory: bool,
    came: Instant,
}

#[derive(Default)]
pub(super) struct Lane {
    waiting: BTreeMap<u64, Entry>,
    sending: BTreeMap<u64, Entry>,
    pub(super) endpoint: String,
    pub(super) trouble: Trouble,
    /// What was accepted, delivered and dropped.
    totals: SignalHealth,
}

/// What follows from a parcel that is settled.
#[derive(Default)]
pub(super) struct Settled {
    /// The segment that is not needed any more.
    pub(super) segment: Option<Segment>,
    /// If this ends trouble that was announced: the items dropped meanwhile.
    pub(super) over: Option<u64>,
}

/// Something that goes on for a while: said once when it begins and once when it is over.
#[derive(Default)]
pub(super) struct Trouble {
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

impl Entry {
    pub(super) fn in_memory(parcel: Parcel) -> Self {
        Self { items: parcel.items, body: Some(parcel.body), segment: None, stays_in_memory: false, came: Instant::now() }
    }

    pub(super) fn on_disk(items: u64, segment: Segment) -> Self {
        Self { items, body: None, segment: Some(segment), stays_in_memory: false, came: Instant::now() }
    }

    pub(super) fn size_in_memory(&self) -> usize {
        self.body.as_ref().map_or(0, Bytes::len)
    }
}

impl Trouble {
    /// Something went wrong; whether to say so.
    pub(super) fn begin(&mut self, cause: &str, quiet: bool) -> bool {
        self.cause = Some(cause.to_owned());
        let say = !self.said && !quiet;
        self.said |= say;
        say
    }

    /// Items were dropped; whether to say so.
    fn overflow(&mut self, items: u64) -> bool {
        let recently = self.full_said.is_some_and(|said| said.elapsed() < SAY_FULL_EVERY);
        let say = self.overflowed == 0 && !recently;
        if say {
            self.full_said = Some(Instant::now());
            self.said = true;
        }
        self.overflowed += items;
        say
    }
}

impl Lane {
    pub(super) fn add(&mut self, number: u64, entry: Entry) {
        self.totals.accepted += entry.items;
        self.waiting.insert(number, entry);
    }

    pub(super) fn lose(&mut self, items: u64, reason: DropReason) {
        self.totals.accepted += items;
        self.totals.drop_items(reason, items);
    }

    /// The oldest parcel, which is under way from now on.
    pub(super) fn take(&mut self) -> Option<(u64, Entry)> {
        let (number, entry) = self.waiting.pop_first()?;
        self.sending.insert(number, entry.clone());
        Some((number, entry))
    }

    /// The bytes that this frees, and what follows.
    pub(super) fn settle(&mut self, number: u64, fate: Fate) -> (usize, Settled) {
        let Some(entry) = self.sending.remove(&number) else { return Default::default() };
        let (freed, mut settled) = (entry.size_in_memory(), Settled { segment: entry.segment, over: None });
        match fate {
            Fate::Dropped(reason) => self.totals.drop_items(reason, entry.items),
            Fate::Delivered { rejected } => {
                self.totals.delivered += entry.items - rejected;
                self.totals.drop_items(DropReason::Rejected, rejected);
                self.trouble.cause = None;
                // Not before the lane is empty, since a full one is full again at once.
                if self.waiting.is_empty() && std::mem::take(&mut self.trouble.said) {
                    settled.over = Some(std::mem::take(&mut self.trouble.overflowed));
                }
            }
        }
        (freed, settled)
    }

    /// The parcel whose memory can be had best: one that is on disk too, or else, to be lost, the oldest.
    pub(super) fn dispensable(&self) -> Option<(bool, u64)> {
        let in_memory = self.waiting.iter().filter(|(_, entry)| entry.body.is_some());
        let first = in_memory.clone().find(|(_, entry)| entry.segment.is_some()).map(|(number, _)| (false, *number));
        first.or_else(|| in_memory.map(|(number, _)| (true, *number)).next())
    }

    /// Keeps a parcel on disk alone. Returns the bytes that this frees.
    pub(super) fn forget_body(&mut self, number: u64) -> usize {
        self.waiting.get_mut(&number).and_then(|entry| entry.body.take()).map_or(0, |body| body.len())
    }

    /// Drops a parcel that waits. Returns the bytes that this frees, and its items if that is to be said.
    pub(super) fn overflow(&mut self, number: u64) -> (usize, Option<u64>) {
        let Some(entry) = self.waiting.remove(&number) else { return (0, None) };
        self.totals.drop_items(DropReason::QueueFull, entry.items);
        let say = self.trouble.overflow(entry.items);
        (entry.size_in_memory(), say.then_some(entry.items))
    }

    pub(super) fn unwritten(&self, before: Instant) -> impl Iterator<Item = (u64, Parcel)> {
        let all = self.sending.iter().chain(&self.waiting);
        let unwritten = all.filter(move |(_, entry)| entry.segment.is_none() && !entry.stays_in_memory && entry.came <= before);
        unwritten.filter_map(|(number, entry)| Some((*number, Parcel { body: entry.body.clone()?, items: entry.items })))
    }

    pub(super) fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        self.sending.get_mut(&number).or_else(|| self.waiting.get_mut(&number))
    }

    /// The oldest parcel that waits and is on disk.
    pub(super) fn oldest_segment(&self) -> Option<u64> {
        self.waiting.iter().find(|(_, entry)| entry.segment.is_some()).map(|(number, _)| *number)
    }

    /// Takes the segment of a parcel that waits. One that is nowhere else is dropped.
    pub(super) fn release_segment(&mut self, number: u64) -> Option<Segment> {
        let entry = self.waiting.get_mut(&number)?;
        let segment = entry.segment.take();
        entry.stays_in_memory = true;
        if entry.body.is_none() {
            self.overflow(number);
        }
        segment
    }

    /// Whether a parcel with a number below `before` waits or is under way.
    pub(super) fn is_unsettled(&self, before: u64) -> bool {
        let oldest = self.sending.keys().chain(self.waiting.keys()).min();
        oldest.is_some_and(|number| *number < before)
    }

    pub(super) fn health(&self) -> SignalHealth {
        let mut health = self.totals.clone();
        for entry in self.sending.values().chain(self.waiting.values()) {
            let place = if entry.body.is_some() { &mut health.queued } else { &mut health.spooled };
            *place += entry.items;
            health.queued_bytes += entry.size_in_memory();
        }
        health.in_flight = self.sending.values().map(|entry| entry.items).sum();
        health.last_error.clone_from(&self.trouble.cause);
        health
    }

    /// Drops what is on no disk. Returns what was dropped since the start, and what is spooled, if anything was or is.
    pub(super) fn close(&mut self, signal: Signal) -> Option<Undelivered> {
        self.waiting.append(&mut self.sending);
        let mut spooled = 0;
        self.waiting.retain(|_, entry| {
            entry.body = None;
            if entry.segment.is_some() {
                spooled += entry.items;
            } else {
                self.totals.drop_items(DropReason::Shutdown, entry.items);
            }
            entry.segment.is_some()
        });
        let dropped = self.totals.dropped_in_all();
        // What was spooled for a signal that goes nowhere this time waits for another.
        let is_served = !self.endpoint.is_empty();
        (dropped > 0 || (spooled > 0 && is_served)).then(|| Undelivered {
            signal,
            dropped,
            spooled,
            endpoint: self.endpoint.clone(),
            cause: self.trouble.cause.clone(),
        })
    }
}
