//! [`Threads`]: a chunk for each thread, which hands it over when it is full, when it is asked for, or when it ends.

use std::cell::RefCell;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{Chunk, Run};
use crate::delivery::{Batch, Batcher, Source};
use crate::recording::EncodedScope;
use crate::wire;

/// A chunk has at most so many spans, and so many bytes unless it is one span: what a thread holds back is bounded.
const MOST_ITEMS: usize = 64;
const MOST_BYTES: usize = 64 * 1024;

/// The field of a span in `ScopeSpans`.
pub(super) const SPANS: u8 = 2;

#[derive(Debug)]
pub(super) struct Threads {
    /// Tells them apart from those of other telemetry in the locals of a thread.
    number: u64,
    /// With how many spans a chunk is full: with a part of a batch, so that one is not much fuller than it may be before it is seen.
    full: usize,
    chunks: Mutex<Vec<Arc<Mutex<Chunk>>>>,
    closed: AtomicBool,
}

/// The chunk of this thread, among those of other telemetry.
struct Own {
    number: u64,
    chunk: Arc<Mutex<Chunk>>,
    threads: Weak<Threads>,
    /// Where it goes when the thread ends.
    batcher: Batcher<Chunk>,
}

thread_local! {
    static OWN: RefCell<Vec<Own>> = const { RefCell::new(Vec::new()) };
}

impl Threads {
    pub(super) fn new(batch: &Batch) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let full = (batch.max_export_batch_size / 8).clamp(1, MOST_ITEMS);
        Self { number, full, chunks: Mutex::default(), closed: AtomicBool::new(false) }
    }

    /// Takes a span into the chunk of this thread.
    #[inline]
    pub(super) fn take(self: &Arc<Self>, batcher: &Batcher<Chunk>, scope: &Arc<EncodedScope>, span: &[u8]) {
        let taken = OWN.try_with(|own| {
            let mut own = own.try_borrow_mut().ok()?;
            let known = own.iter().position(|own| own.number == self.number);
            let at = known.unwrap_or_else(|| self.enter(&mut own, batcher));
            self.push(batcher, &own.get(at)?.chunk, scope, span);
            Some(())
        });
        // A thread that ends may be past its locals.
        if !matches!(taken, Ok(Some(()))) {
            let mut chunk = Chunk::default();
            chunk.push(scope, span);
            batcher.push(chunk);
        }
    }

    fn push(&self, batcher: &Batcher<Chunk>, chunk: &Mutex<Chunk>, scope: &Arc<EncodedScope>, span: &[u8]) {
        let mut chunk = lock(chunk);
        chunk.push(scope, span);
        // Under the lock, so that the spans are always in one of the two accounts.
        if chunk.items >= self.full || chunk.bytes.len() >= MOST_BYTES || self.closed.load(Ordering::Relaxed) {
            batcher.push(chunk.take());
        }
    }

    #[cold]
    fn enter(self: &Arc<Self>, own: &mut Vec<Own>, batcher: &Batcher<Chunk>) -> usize {
        own.retain(|own| own.threads.strong_count() > 0);
        let chunk = Arc::new(Mutex::new(Chunk::default()));
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&chunk));
        own.push(Own { number: self.number, chunk, threads: Arc::downgrade(self), batcher: batcher.clone() });
        own.len() - 1
    }

    fn chunks(&self) -> MutexGuard<'_, Vec<Arc<Mutex<Chunk>>>> {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread ends: what it has left goes its way.
impl Drop for Own {
    fn drop(&mut self) {
        let Some(threads) = self.threads.upgrade() else { return };
        let mut chunk = lock(&self.chunk);
        if chunk.items > 0 {
            self.batcher.push(chunk.take());
        }
        drop(chunk);
        threads.chunks().retain(|known| !Arc::ptr_eq(known, &self.chunk));
    }
}

impl Source<Chunk> for Threads {
    fn drain(&self, push: &mut dyn FnMut(Chunk)) {
        // Nobody waits for this list with a chunk locked, and whoever enters it now has nothing that was there before.
        let chunks = self.chunks().clone();
        for chunk in chunks {
            let mut chunk = lock(&chunk);
            if chunk.items > 0 {
                push(chunk.take());
            }
        }
    }

    fn with_held(&self, read: &mut dyn FnMut(u64)) {
        let chunks = self.chunks();
        let chunks: Vec<_> = chunks.iter().map(|chunk| lock(chunk)).collect();
        read(chunks.iter().map(|chunk| chunk.items as u64).sum());
    }

    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}

fn lock(chunk: &Mutex<Chunk>) -> MutexGuard<'_, Chunk> {
    chunk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Chunk {
    pub(super) fn push(&mut self, scope: &Arc<EncodedScope>, span: &[u8]) {
        wire::delimited(&mut self.bytes, SPANS, span);
        self.items += 1;
        let end = self.bytes.len();
        match self.runs.last_mut() {
            Some(run) if Arc::ptr_eq(&run.scope, scope) => (run.items, run.end) = (run.items + 1, end),
            _ => self.runs.push(Run { scope: Arc::clone(scope), items: 1, end }),
        }
    }

    /// What is there, with as much memory for what follows.
    fn take(&mut self) -> Self {
        let next = Self { bytes: Vec::with_capacity(self.bytes.len().min(MOST_BYTES)), ..Self::default() };
        mem::replace(self, next)
    }
}
