//! The thread that writes what was not delivered at once.

use std::io;
use std::mem;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{HEADER, Spool};
use crate::delivery::Signal;
use crate::delivery::queue::Queue;
use crate::diagnostics::Diagnostics;

/// How long a parcel has to be delivered before it is written: most never touch the disk.
const GRACE: Duration = Duration::from_millis(200);
/// How often is looked.
const LOOK: Duration = Duration::from_millis(100);
/// How long a disk that cannot be written to is left alone.
const PAUSE: Duration = Duration::from_secs(10);

/// Writes parcels of the queue to the spool, until it is stopped.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Dropped to stop the thread, and disconnected when it has ended.
    stop: Mutex<Option<(Sender<()>, Receiver<()>)>>,
}

/// What the thread knows.
struct Work {
    spool: Spool,
    queue: Arc<Queue>,
    diagnostics: Diagnostics,
    /// Until when nothing is tried, because the last time failed.
    pause: Option<Instant>,
    is_too_large_said: bool,
    /// Whether the spool was full when something was written last.
    is_full: bool,
}

impl Writer {
    pub(crate) fn start(spool: Spool, queue: Arc<Queue>, diagnostics: Diagnostics) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let (ends, ended) = mpsc::channel();
        queue.set_adopting(true);
        let work = Work { spool, queue, diagnostics, pause: None, is_too_large_said: false, is_full: false };
        thread::Builder::new().name("otel-spool".to_owned()).spawn(move || {
            let _ends: Sender<()> = ends;
            // After it, so that the folder is let go of before the thread counts as ended.
            let mut work = work;
            work.adopt();
            work.queue.set_adopting(false);
            while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                work.write(GRACE);
            }
            // Whatever is left is left for the next process.
            work.pause = None;
            work.write(Duration::ZERO);
        })?;
        Ok(Self { stop: Mutex::new(Some((stop, ended))) })
    }

    /// Writes what is left and ends the thread, if that takes no longer than `limit`; a disk that hangs is left alone.
    pub(crate) fn stop(&self, limit: Duration) {
        if let Some((stop, ended)) = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(stop);
            let _ = ended.recv_timeout(limit);
        }
    }
}

impl Work {
    /// Gives the queue what earlier processes have left. Here, because it may be much to read, and nobody waits for this thread.
    fn adopt(&self) {
        let found = self.spool.adopt();
        for signal in Signal::ALL {
            let items: u64 = found.segments.iter().filter(|(other, ..)| *other == signal).map(|(_, items, _)| items).sum();
            if items > 0 && self.queue.serves(signal) {
                self.diagnostics.say(format_args!("the spool has {} of an earlier run, which are delivered now", signal.count(items)));
            }
        }
        if found.damaged > 0 {
            self.diagnostics.say(format_args!("damaged in the spool, and not sent: {}", files(found.damaged)));
        }
        for (signal, items, segment) in found.segments {
            self.queue.adopt(signal, items, segment);
        }
    }

    /// Writes what has waited for so long.
    fn write(&mut self, grace: Duration) {
        if self.pause.is_some_and(|pause| Instant::now() < pause) {
            return;
        }
        let Some(before) = Instant::now().checked_sub(grace) else { return };
        while let Some((signal, number, parcel)) = self.queue.unwritten(before) {
            let size = (HEADER + parcel.body.len()) as u64;
            if !self.make_room(size) {
                self.queue.keep_in_memory(signal, number);
                continue;
            }
            match self.spool.write(signal, number, &parcel) {
                Ok(segment) => {
                    self.pause = None;
                    if let Some(settled) = self.queue.written(signal, number, segment) {
                        settled.remove();
                    }
                }
                Err(error) => {
                    if self.pause.is_none() {
                        self.diagnostics.say(format_args!("the spool cannot be written to: {error}; keeping telemetry in memory alone"));
                    }
                    self.pause = Some(Instant::now() + PAUSE);
                    return;
                }
            }
        }
    }

    /// Removes the oldest segments until so many bytes fit; `false` if they do not.
    fn make_room(&mut self, size: u64) -> bool {
        if size > self.spool.max_bytes {
            if !mem::replace(&mut self.is_too_large_said, true) {
                let max = self.spool.max_bytes;
                self.diagnostics
                    .say(format_args!("one request is larger than the whole spool may be ({max} bytes); it is kept in memory alone"));
            }
            return false;
        }
        let was_full = mem::replace(&mut self.is_full, self.spool.is_full(size));
        if self.is_full && !was_full {
            let max = self.spool.max_bytes;
            self.diagnostics.say(format_args!(
                "the spool is full ({max} bytes): the oldest in it is kept in memory alone, or dropped if it is not there"
            ));
        }
        while self.spool.is_full(size) {
            let Some(oldest) = self.queue.release_oldest_segment() else { return false };
            oldest.remove();
        }
        true
    }
}

fn files(number: u64) -> String {
    if number == 1 { "1 file".to_owned() } else { format!("{number} files") }
}
