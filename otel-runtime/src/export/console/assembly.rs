//! Which spans belong together, and when a tree is done.
//!
//! Spans arrive one by one, from any thread and any provider. The assembly
//! keeps them by trace id until a *local root* ends: a span whose parent is
//! none, elsewhere, or already printed. Its tree is then complete as far as
//! this process will ever know, apart from children that outlive their parent;
//! those are shown as running, and come as a late tree of their own once they
//! end.
//!
//! Nothing is kept for ever. What is printed is forgotten, and [`Limits`] bound
//! what waits: a span that never ends leaves with its trace when that is the
//! oldest of too many.
//!
//! A tree that spans of other processes may belong to is *kept* for a moment
//! after it is done, so that at every moment it is known what this process has
//! of a trace, and other processes can join theirs to it.
//!
//! The assembly only decides; rendering and writing are done by the caller, who
//! has let go of the lock by then.

#[cfg(target_os = "linux")]
pub(super) mod join;
mod kept;
#[cfg(test)]
mod tests;
mod trace;

use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry::trace::TraceId;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::tree::{Occasion, Tree};
use crate::own::Account;
use kept::Kept;
use trace::{Member, Trace};

/// How much the assembly keeps at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) traces: usize,
    pub(super) spans_per_trace: usize,
    /// Trees that are kept for being joined.
    pub(super) kept: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { traces: 1_000, spans_per_trace: 10_000, kept: 1_000 }
    }
}

/// The processor that reports a span, and the service it speaks for.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) processor: u64,
    pub(super) service: Arc<str>,
    /// What becomes of its spans, if that is counted.
    pub(super) account: Option<Arc<Account>>,
}

impl Origin {
    /// Stands for the processors of all other processes.
    const NEIGHBOUR: u64 = u64::MAX;
}

/// The spans of all traces that wait to be printed.
#[derive(Debug)]
pub(super) struct Assembly {
    limits: Limits,
    traces: HashMap<TraceId, Trace>,
    kept: Kept,
    /// Counts what arrived, which tells what came first.
    arrivals: u64,
}

impl Assembly {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, traces: HashMap::new(), kept: Kept::default(), arrivals: 0 }
    }

    /// A span starts. What is returned had to make room for it.
    pub(super) fn start(&mut self, origin: &Origin, mut data: SpanData) -> Vec<Tree> {
        // A running span is shown by its name, kind and start. The rest may
        // change until it ends, and is not worth keeping twice.
        data.attributes = Vec::new();
        data.events = SpanEvents::default();
        data.links = SpanLinks::default();
        let mut made_room = Vec::new();
        let trace_id = data.span_context.trace_id();
        if !self.traces.contains_key(&trace_id) && self.traces.len() >= self.limits.traces {
            made_room.extend(self.release_oldest());
        }
        let arrival = self.next_arrival();
        let trace = self.traces.entry(trace_id);
        let trace = trace.or_insert_with(|| Trace::new(trace_id, arrival));
        let member = Member::new(arrival, origin, data, true);
        made_room.extend(trace.start(member, self.limits.spans_per_trace));
        made_room
    }

    /// A span ended. What is returned is the tree this completes, or had to
    /// make room.
    pub(super) fn end(&mut self, origin: &Origin, data: SpanData) -> Vec<Tree> {
        let trace_id = data.span_context.trace_id();
        let arrival = self.next_arrival();
        // Without an entry, the trace was released while the span was running.
        // Its parent is not here either then, so it is printed and forgotten.
        let trace = self.traces.remove(&trace_id);
        let mut trace = trace.unwrap_or_else(|| Trace::new(trace_id, arrival));
        let member = Member::new(arrival, origin, data, false);
        let trees = trace.end(member, self.limits.spans_per_trace);
        if !trace.is_empty() {
            self.traces.insert(trace_id, trace);
        }
        trees
    }

    /// What has ended in the traces that `processor` takes part in.
    pub(super) fn flush(&mut self, processor: u64) -> Vec<Tree> {
        self.collect(|trace| {
            let wanted = trace.involves(processor) && trace.has_ended_spans();
            wanted.then(|| trace.harvest_all(Occasion::Flush, |_| false))
        })
    }

    /// The same for the last time: spans of `processor` that are still running
    /// are let go, because the SDK does not report spans that end after this.
    pub(super) fn shut_down(&mut self, processor: u64) -> Vec<Tree> {
        self.collect(|trace| {
            let wanted = trace.involves(processor);
            wanted.then(|| trace.harvest_all(Occasion::Shutdown, |m| m.is_of(processor)))
        })
    }

    /// Asks every trace for a tree, the oldest first, and forgets the traces
    /// this leaves empty.
    fn collect(&mut self, tree: impl FnMut(&mut Trace) -> Option<Tree>) -> Vec<Tree> {
        let mut traces: Vec<_> = self.traces.values_mut().collect();
        traces.sort_unstable_by_key(|trace| trace.arrival());
        let trees = traces.into_iter().filter_map(tree).collect();
        self.traces.retain(|_, trace| !trace.is_empty());
        trees
    }

    fn release_oldest(&mut self) -> Option<Tree> {
        let oldest = self.traces.iter().min_by_key(|(_, trace)| trace.arrival());
        let id = *oldest?.0;
        let limit = self.limits.traces;
        let mut trace = self.traces.remove(&id)?;
        Some(trace.harvest_all(Occasion::TooManyTraces { limit }, |_| true))
    }

    fn next_arrival(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }
}
