//! The thread that writes what was not delivered at once.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::Context;

use super::{Segment, Spool, size_on_disk};
use crate::delivery::Route;
use crate::delivery::queue::Queue;
use crate::diagnostics::{Diagnostics, Setting, Spell, times};

/// How long a parcel has to be delivered before it is written: most never touch the disk.
const GRACE: Duration = Duration::from_millis(200);
/// How often is looked.
const LOOK: Duration = Duration::from_millis(100);
/// How long a disk that cannot be written to is left alone.
const PAUSE: Duration = Duration::from_secs(10);

/// Writes parcels of the queue to the spool and removes what is delivered, until it is stopped.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Arc<Queue>,
    /// Disconnected when the thread has ended.
    ended: Mutex<Receiver<()>>,
}

/// What the thread knows.
pub(super) struct Work {
    spool: Spool,
    queue: Arc<Queue>,
    diagnostics: Diagnostics,
    /// Until when nothing is tried, because the last time failed.
    pause: Option<Instant>,
    unwritable: Spell,
    too_large: Spell,
    full: Spell,
}

impl Writer {
    pub(crate) fn start(spool: Spool, queue: Arc<Queue>, diagnostics: Diagnostics) -> io::Result<Self> {
        let (ends, ended) = mpsc::channel();
        queue.set_adopting(true);
        let work = Work::new(spool, Arc::clone(&queue), diagnostics);
        thread::Builder::new().name("otel-spool".to_owned()).spawn(move || {
            let _ends: Sender<()> = ends;
            let _silent = Context::enter_telemetry_suppressed_scope();
            // After it, so that the folder is let go of before the thread counts as ended.
            let work = work;
            work.run();
        })?;
        Ok(Self { queue, ended: Mutex::new(ended) })
    }

    /// Writes what is left and ends the thread, if that takes no longer than `limit`; a disk that hangs is left alone.
    pub(crate) fn stop(&self, limit: Duration) {
        self.queue.end_chores();
        let _ = self.ended.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(limit);
    }
}

impl Work {
    pub(super) fn new(spool: Spool, queue: Arc<Queue>, diagnostics: Diagnostics) -> Self {
        Self { spool, queue, diagnostics, pause: None, unwritable: Spell::default(), too_large: Spell::default(), full: Spell::default() }
    }

    fn run(mut self) {
        self.adopt();
        self.queue.set_adopting(false);
        while self.turn(LOOK) {}
        // Whatever is left is left for the next process.
        self.pause = None;
        self.write(Duration::ZERO);
        let last = self.queue.take_removable();
        self.remove(last);
    }

    /// Waits until there is something to do or `limit` is over, and does it; `false` if that is over for good.
    pub(super) fn turn(&mut self, limit: Duration) -> bool {
        let Some(chores) = self.queue.chores(limit) else { return false };
        self.remove(chores.removable);
        // Where memory gets scarce, what is written can make room without being lost.
        self.write(if chores.is_urgent { Duration::ZERO } else { GRACE });
        true
    }

    fn remove(&mut self, removable: Vec<Segment>) {
        if !removable.is_empty() {
            removable.into_iter().for_each(Segment::remove);
            self.spool.tidy();
        }
    }

    /// Gives the queue what earlier processes have left. Here, because it may be much to read, and nobody waits for this thread.
    fn adopt(&mut self) {
        let found = self.spool.adopt();
        for route in Route::ALL {
            let items: u64 = found.segments.iter().filter(|(other, ..)| *other == route).map(|(_, items, _)| items).sum();
            if items > 0 && self.queue.serves(route) {
                self.diagnostics.info(format_args!("the spool has {} of an earlier run, which are sent first", route.count(items)));
            }
        }
        if found.damaged > 0 {
            self.diagnostics.warn(format_args!(
                "damaged in the spool, and not sent: {}{}",
                files(found.damaged),
                items(found.damaged_items)
            ));
        }
        for (route, items) in Route::ALL.into_iter().zip(found.damaged_items) {
            self.queue.adopt_damaged(route, items);
        }
        for (route, items, segment) in found.segments {
            self.queue.adopt(route, items, segment);
        }
    }

    /// Writes what has waited for so long.
    fn write(&mut self, grace: Duration) {
        if self.pause.is_some_and(|pause| Instant::now() < pause) {
            return;
        }
        let Some(before) = Instant::now().checked_sub(grace) else { return };
        while let Some((route, number, parcel)) = self.queue.unwritten(before) {
            let size = size_on_disk(parcel.body.len());
            if !self.make_room(size) {
                self.queue.keep_in_memory(route, number);
                continue;
            }
            match self.spool.write(route, number, &parcel) {
                Ok(segment) => {
                    self.pause = None;
                    if let Some(failed) = self.unwritable.goes_right() {
                        self.diagnostics.info(format_args!("the spool is written to again; it could not be {}", times(failed)));
                    }
                    if let Some(settled) = self.queue.written(route, number, segment) {
                        settled.remove();
                    }
                }
                Err(error) => {
                    if self.unwritable.goes_wrong() {
                        self.diagnostics.warn(format_args!("the spool cannot be written to: {error}; keeping telemetry in memory alone"));
                    }
                    self.pause = Some(Instant::now() + PAUSE);
                    return;
                }
            }
        }
    }

    /// Removes the oldest segments until so many bytes fit; `false` if they do not.
    fn make_room(&mut self, size: u64) -> bool {
        let (max, setting) = (self.spool.max_bytes, self.diagnostics.source().name(Setting::SPOOL_MAX_BYTES));
        if size > max {
            if self.too_large.goes_wrong() {
                self.diagnostics.warn(format_args!(
                    "one request is larger than the whole spool may be ({max} bytes, {setting}); it is kept in memory alone"
                ));
            }
            return false;
        }
        let is_full = self.spool.is_full(size);
        if !is_full && let Some(full) = self.full.goes_right() {
            self.diagnostics.info(format_args!("the spool has room again; it had none {}", times(full)));
        }
        if is_full && self.full.goes_wrong() {
            self.diagnostics.warn(format_args!(
                "the spool is full ({max} bytes, {setting}): the oldest in it is kept in memory alone, or dropped if it is not there"
            ));
        }
        while self.spool.is_full(size) {
            let Some(oldest) = self.queue.release_oldest_segment() else { return false };
            oldest.remove();
        }
        true
    }
}

/// ` with 512 spans and 3 log records`; nothing where nothing is known of it.
fn items(damaged: [u64; Route::COUNT]) -> String {
    let known = Route::ALL.into_iter().zip(damaged).filter(|(_, items)| *items > 0);
    let known: Vec<_> = known.map(|(route, items)| route.count(items)).collect();
    if known.is_empty() { String::new() } else { format!(" with {}", known.join(" and ")) }
}

fn files(number: u64) -> String {
    if number == 1 { "1 file".to_owned() } else { format!("{number} files") }
}
