//! Spans on their way to a backend that takes OTLP: they come encoded, are gathered in a chunk for each thread, and become requests by being put
//! together.

mod request;
mod threads;

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry_sdk::Resource;

use self::request::Requests;
use self::threads::{MOST_BYTES, Threads};
use crate::delivery::{Batch, Batcher, Delivery, Encoder, Route};
use crate::recording::{EncodedScope, EncodedSink};
use crate::wire;

/// The field of a span in `ScopeSpans`.
const SPANS: u8 = 2;

/// Takes the spans of all threads. Each has a chunk of its own, so that threads that record at the same time do not wait for each other.
#[derive(Clone, Debug)]
pub(crate) struct EncodedSpans {
    batcher: Batcher<Chunk>,
    threads: Arc<Threads>,
    delivery: Arc<Delivery>,
}

/// Some spans of a thread, in the order in which they ended.
#[derive(Debug, Default)]
struct Chunk {
    /// Each with its field in `ScopeSpans` before it.
    bytes: Vec<u8>,
    items: usize,
    runs: Vec<Run>,
}

/// Spans of one scope that follow each other.
#[derive(Debug)]
struct Run {
    scope: Arc<EncodedScope>,
    items: usize,
    /// Where it ends in the bytes.
    end: usize,
}

/// Spans of a scope, encoded, each with its field.
struct Piece<'a> {
    scope: &'a Arc<EncodedScope>,
    items: usize,
    bytes: &'a [u8],
}

impl EncodedSpans {
    pub(crate) fn new(delivery: &Arc<Delivery>, route: Route, batch: Batch, resource: &Resource) -> Self {
        let requests = Requests::new(resource);
        let encode = Box::new(move |chunks: Vec<Chunk>| requests.of(&chunks));
        let encoder = Encoder { items: |chunk: &Chunk| chunk.items, size: |chunk| chunk.bytes.len(), encode };
        let threads = Arc::new(Threads::new(&batch, delivery.queue().max_bytes(), delivery.process()));
        Self {
            batcher: Batcher::start_behind(delivery, route, batch, encoder, Some(Arc::clone(&threads) as _)),
            threads,
            delivery: Arc::clone(delivery),
        }
    }

    pub(crate) fn batcher(&self) -> Batcher<impl Send + 'static + use<>> {
        self.batcher.clone()
    }
}

impl Chunk {
    #[inline]
    fn push(&mut self, scope: &Arc<EncodedScope>, span: &[u8]) {
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

    fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut start = 0;
        self.runs.iter().map(move |run| {
            let bytes = &self.bytes[start..run.end];
            start = run.end;
            Piece { scope: &run.scope, items: run.items, bytes }
        })
    }
}

impl EncodedSink for EncodedSpans {
    #[inline]
    fn take(&self, scope: &Arc<EncodedScope>, span: &[u8]) {
        self.threads.take(&self.batcher, scope, span);
    }

    fn gather(&self, deadline: Instant) -> bool {
        self.batcher.flush(deadline)
    }

    fn flush(&self, deadline: Instant) -> bool {
        self.gather(deadline) && self.delivery.flush(deadline)
    }
}

#[cfg(test)]
mod tests;
