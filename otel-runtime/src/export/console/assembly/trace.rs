//! One trace in the assembly: its spans, and how trees are taken out of them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::super::tree::{Occasion, Row, Tree};
use super::Origin;
use crate::own::Held;

/// The spans of one trace that wait to be printed.
#[derive(Debug)]
pub(super) struct Trace {
    id: TraceId,
    arrival: u64,
    pub(super) members: HashMap<SpanId, Member>,
    /// Whether there are, or were, spans of another process among them.
    pub(super) joined: bool,
    /// Ended spans that were printed without waiting for their root.
    printed_early: usize,
}

/// A span that is running, or has ended while an ancestor is running.
#[derive(Debug)]
pub(super) struct Member {
    arrival: u64,
    origin: Origin,
    running: bool,
    data: SpanData,
    /// It has ended, and is to be printed.
    held: Option<Held>,
    /// The name of the parent, if that was printed and forgotten.
    printed_parent: Option<Cow<'static, str>>,
}

impl Member {
    pub(super) fn new(arrival: u64, origin: &Origin, data: SpanData, running: bool) -> Self {
        let held = origin.account.as_ref().filter(|_| !running).map(|account| account.hold(1));
        Self { arrival, origin: origin.clone(), running, data, held, printed_parent: None }
    }

    /// The same, which is on its way to be printed already.
    pub(super) fn holding(self, held: Option<Held>) -> Self {
        Self { held, ..self }
    }

    pub(super) fn is_of(&self, processor: u64) -> bool {
        self.origin.processor == processor
    }

    /// Whether its end is yet to be reported to this assembly; that of a
    /// neighbour's running span is not.
    fn is_awaited(&self) -> bool {
        self.running && !self.is_of(Origin::NEIGHBOUR)
    }

    pub(super) fn id(&self) -> SpanId {
        self.data.span_context.span_id()
    }

    fn row(&self, depth: usize) -> Row {
        let Self { origin, running, data, printed_parent, .. } = self;
        let (service, data, printed_parent) = (origin.service.clone(), data.clone(), printed_parent.clone());
        Row { depth, service, running: *running, data, printed_parent, held: None }
    }

    fn into_row(self, depth: usize) -> Row {
        let Self { origin, running, data, printed_parent, held, .. } = self;
        Row { depth, service: origin.service, running, data, printed_parent, held }
    }
}

impl Trace {
    pub(super) fn new(id: TraceId, arrival: u64) -> Self {
        Self { id, arrival, members: HashMap::new(), joined: false, printed_early: 0 }
    }

    pub(super) fn arrival(&self) -> u64 {
        self.arrival
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn involves(&self, processor: u64) -> bool {
        self.members.values().any(|member| member.is_of(processor))
    }

    pub(super) fn has_ended_spans(&self) -> bool {
        self.members.values().any(|member| !member.is_awaited())
    }

    pub(super) fn awaits_spans(&self) -> bool {
        self.members.values().any(Member::is_awaited)
    }

    pub(super) fn start(&mut self, running: Member, limit: usize) -> Option<Tree> {
        let made_room = self.make_room(limit);
        self.members.insert(running.id(), running);
        made_room
    }

    /// Takes an ended span in, and out again with its tree if it is a local
    /// root.
    pub(super) fn end(&mut self, mut ended: Member, limit: usize) -> Vec<Tree> {
        let id = ended.id();
        let mut trees = Vec::new();
        if let Some(running) = self.members.remove(&id) {
            ended.arrival = running.arrival;
            ended.printed_parent = running.printed_parent;
        } else {
            trees.extend(self.make_room(limit));
        }
        let is_local_root = !self.members.contains_key(&ended.data.parent_span_id);
        let occasion = match ended.printed_parent.take() {
            Some(parent) => Occasion::Late { parent },
            None => Occasion::Finished { printed_before: self.printed_early },
        };
        self.members.insert(id, ended);
        // The parent of a neighbour's span may be nowhere, and that of the span
        // at hand among such spans. They leave with the last of ours.
        if self.joined && !self.awaits_spans() {
            trees.push(self.harvest(occasion, &self.roots(), |_| false));
        } else if is_local_root {
            trees.push(self.harvest(occasion, &[id], |_| false));
        }
        trees
    }

    /// Prints early what has ended, if the trace is full.
    ///
    /// Running spans stay, so that a long-lived root keeps its children
    /// together, unless they are what fills the trace: then printing would free
    /// little, and soon be due again.
    fn make_room(&mut self, limit: usize) -> Option<Tree> {
        if self.members.len() < limit {
            return None;
        }
        let running = self.members.values().filter(|m| m.is_awaited()).count();
        let release = running > limit / 2;
        Some(self.harvest_all(Occasion::TooManySpans { limit }, |_| release))
    }

    /// Harvests everything, before its local roots have ended.
    pub(super) fn harvest_all(&mut self, occasion: Occasion, release: impl Fn(&Member) -> bool) -> Tree {
        let tree = self.harvest(occasion, &self.roots(), release);
        self.printed_early += tree.rows.len() - tree.running();
        tree
    }

    /// All spans, in the order in which they are roots, as far as they are.
    ///
    /// The spans with a parent are reached from those without, except where
    /// they are each other's ancestors. No honest program has such spans, but
    /// ids may come from outside, and nothing is to be left behind.
    fn roots(&self) -> Vec<SpanId> {
        let rank = |id: &SpanId| {
            let parent = self.members.get(id).map_or(SpanId::INVALID, |member| member.data.parent_span_id);
            (self.members.contains_key(&parent), parent != SpanId::INVALID)
        };
        let mut roots = self.by_start();
        roots.sort_by_cached_key(rank);
        roots
    }

    /// Takes what stands below `roots` out of the trace: all that has ended,
    /// and of what is running that which `release` names. The rest is copied.
    fn harvest(&mut self, occasion: Occasion, roots: &[SpanId], release: impl Fn(&Member) -> bool) -> Tree {
        let children = self.children();
        let mut seen = HashSet::new();
        let mut ahead: Vec<_> = roots.iter().rev().map(|&id| (id, 0)).collect();
        let (mut rows, mut unfollowed) = (Vec::new(), 0);
        while let Some((id, depth)) = ahead.pop() {
            if !seen.insert(id) {
                continue;
            }
            let below = children.get(&id).map_or(&[][..], Vec::as_slice);
            match self.members.get(&id) {
                Some(member) if member.is_awaited() && !release(member) => rows.push(member.row(depth)),
                Some(member) => {
                    unfollowed += usize::from(member.is_awaited());
                    rows.extend(self.forget(id, below).map(|m| m.into_row(depth)));
                }
                None => {}
            }
            ahead.extend(below.iter().rev().map(|&child| (child, depth + 1)));
        }
        Tree { trace_id: self.id, occasion, rows, unfollowed }
    }

    /// Lets go of a span; its children remember its name.
    fn forget(&mut self, id: SpanId, children: &[SpanId]) -> Option<Member> {
        let member = self.members.remove(&id)?;
        for child in children {
            if let Some(child) = self.members.get_mut(child) {
                child.printed_parent = Some(member.data.name.clone());
            }
        }
        Some(member)
    }

    /// The children of every span, in the order they are shown.
    fn children(&self) -> HashMap<SpanId, Vec<SpanId>> {
        let mut children = HashMap::<_, Vec<_>>::new();
        for id in self.by_start() {
            if let Some(member) = self.members.get(&id) {
                let parent = member.data.parent_span_id;
                children.entry(parent).or_default().push(id);
            }
        }
        children
    }

    fn by_start(&self) -> Vec<SpanId> {
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_unstable_by_key(|(_, member)| (member.data.start_time, member.arrival));
        members.into_iter().map(|(id, _)| *id).collect()
    }
}

#[cfg(test)]
impl Trace {
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn is_running(&self, id: SpanId) -> Option<bool> {
        self.members.get(&id).map(|member| member.running)
    }
}
