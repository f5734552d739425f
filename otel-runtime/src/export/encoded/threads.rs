//! [`Threads`]: a chunk for each thread, which hands it over when it is full, when it is asked for, or when it ends.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Chunk;
use crate::background::Process;
use crate::delivery::{Batch, Batcher, Left, Source, WeakBatcher};
use crate::recording::EncodedScope;

/// A chunk has at most so many spans, and is full with so many bytes: what a thread holds back is bounded.
const MOST_ITEMS: usize = 64;
pub(super) const MOST_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Threads {
    /// Tells them apart from those of other telemetry in the locals of a thread.
    number: u64,
    /// With how many spans a chunk is full: with a part of a batch, so that one is not much fuller than it may be before it is seen.
    full: usize,
    most_bytes: usize,
    chunks: Mutex<Vec<Arc<Mutex<Chunk>>>>,
    closed: AtomicBool,
    process: Process,
}

/// The chunk of this thread, among those of other telemetry.
struct Own {
    number: u64,
    chunk: Arc<Mutex<Chunk>>,
    threads: Weak<Threads>,
    /// Where it goes when the thread ends.
    batcher: WeakBatcher<Chunk>,
}

thread_local! {
    static OWN: RefCell<Vec<Own>> = const { RefCell::new(Vec::new()) };
}

impl Threads {
    /// For batches of this kind, and a queue that takes so many bytes.
    pub(super) fn new(batch: &Batch, queue: usize, process: Process) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let full = (batch.max_export_batch_size / 8).clamp(1, MOST_ITEMS);
        // What is in one chunk is never parted, unless it is too large for a request.
        let most_bytes = MOST_BYTES.min(queue / 4);
        Self { number, full, most_bytes, chunks: Mutex::default(), closed: AtomicBool::new(false), process }
    }

    /// Takes a span into the chunk of this thread.
    #[inline]
    pub(super) fn take(self: &Arc<Self>, batcher: &Batcher<Chunk>, scope: &Arc<EncodedScope>, span: &[u8]) {
        let taken = OWN.try_with(|own| {
            let mut own = own.try_borrow_mut().ok()?;
            let known = own.iter().position(|own| own.number == self.number);
            let at = known.or_else(|| self.enter(&mut own, batcher))?;
            Some(self.push(batcher, &own.get(at)?.chunk, scope, span))
        });
        match taken {
            Ok(Some(None)) => {}
            Ok(Some(Some(left))) => batcher.finish(*left),
            // A thread that ends may be past its locals.
            _ => {
                let mut chunk = Chunk::default();
                chunk.push(scope, span);
                batcher.push(chunk);
            }
        }
    }

    #[inline]
    fn push(&self, batcher: &Batcher<Chunk>, chunk: &Mutex<Chunk>, scope: &Arc<EncodedScope>, span: &[u8]) -> Option<Box<Left<Chunk>>> {
        // In a forked child it may be locked for ever; nothing that it has is the child's.
        let mut chunk = self.process.lock(chunk)?;
        chunk.push(scope, span);
        let is_full = chunk.items >= self.full || chunk.bytes.len() >= self.most_bytes || self.closed.load(Ordering::Relaxed);
        // Under the lock, so that the spans are always in one of the two accounts. In a box, because most of the time there is nothing to move.
        if is_full { batcher.take_in(chunk.take()).map(Box::new) } else { None }
    }

    #[cold]
    fn enter(self: &Arc<Self>, own: &mut Vec<Own>, batcher: &Batcher<Chunk>) -> Option<usize> {
        own.retain(|own| own.threads.strong_count() > 0);
        let chunk = Arc::new(Mutex::new(Chunk::default()));
        self.process.lock(&self.chunks)?.push(Arc::clone(&chunk));
        own.push(Own { number: self.number, chunk, threads: Arc::downgrade(self), batcher: batcher.downgrade() });
        Some(own.len() - 1)
    }

    fn chunks(&self) -> MutexGuard<'_, Vec<Arc<Mutex<Chunk>>>> {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread ends: what it has left goes its way.
impl Drop for Own {
    fn drop(&mut self) {
        let (Some(threads), Some(batcher)) = (self.threads.upgrade(), self.batcher.upgrade()) else { return };
        let Some(mut chunk) = threads.process.lock(&self.chunk) else { return };
        let left = if chunk.items > 0 { batcher.take_in(chunk.take()) } else { None };
        drop(chunk);
        if let Some(mut chunks) = threads.process.lock(&threads.chunks) {
            chunks.retain(|known| !Arc::ptr_eq(known, &self.chunk));
        }
        if let Some(left) = left {
            batcher.finish(left);
        }
    }
}

impl Source<Chunk> for Threads {
    fn drain(&self, take: &mut dyn FnMut(Chunk)) {
        // Nobody waits for this list with a chunk locked, and whoever enters it now has nothing that was there before.
        let chunks = self.chunks().clone();
        for chunk in chunks {
            let mut chunk = lock(&chunk);
            if chunk.items > 0 {
                take(chunk.take());
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
