//! What the neighbours do: trees of other processes come in, below the span that
//! they were called by, and trees that no neighbour wants come back.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use opentelemetry::trace::{SpanId, TraceId};

use super::super::tree::{Occasion, Row, Tree};
use super::trace::{Member, Trace};
use super::{Assembly, Origin};

/// The span that another process has the children of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Sought {
    pub(in super::super) trace: TraceId,
    pub(in super::super) parent: SpanId,
}

/// What the spans that wait here have to do with a span that is sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Relation {
    None,
    /// They are of its trace.
    Trace,
    /// It is among them.
    Parent,
}

/// Where in the assembly spans of one trace wait.
#[derive(Clone, Copy)]
enum Where {
    /// With a running span.
    Running,
    /// In a tree that is kept.
    Kept(u64),
}

impl Assembly {
    pub(in super::super) fn kept(&self, number: u64) -> Option<&Tree> {
        self.kept.trees.get(&number)
    }

    /// Puts a tree that was taken out where it was.
    pub(in super::super) fn put_back(&mut self, number: u64, tree: Tree) {
        self.let_go(number);
        self.kept.trees.insert(number, tree);
    }

    pub(in super::super) fn relation(&self, sought: Sought) -> Relation {
        // A tree in hands takes nothing in, but is to be reckoned with.
        let in_hands = self.kept.in_hands.values().any(|trace| *trace == sought.trace);
        let otherwise = if in_hands { Relation::Trace } else { Relation::None };
        self.seek(sought).map_or(otherwise, |(relation, _)| relation)
    }

    /// Takes the tree of another process in, if there is a place for it and
    /// `acknowledge` succeeds, which tells that process that it is taken.
    ///
    /// What is returned is the number of a kept tree that this completes.
    pub(in super::super) fn join(&mut self, sought: Sought, rows: Vec<Row>, acknowledge: impl FnOnce() -> bool) -> Option<u64> {
        let (_, place) = self.seek(sought)?;
        let (held, limit) = (self.ids(sought.trace, place), self.limits.spans_per_trace);
        if !fit(held, &rows, limit) || !acknowledge() {
            return None;
        }
        match place {
            Where::Running => {
                let arrivals = std::iter::repeat_with(|| self.next_arrival());
                let members: Vec<_> = rows.into_iter().zip(arrivals).map(member).collect();
                self.traces.get_mut(&sought.trace)?.join(members);
                None
            }
            Where::Kept(number) => {
                let tree = joined(self.kept.trees.remove(&number)?, rows);
                let complete = !tree.has_open_calls() && tree.remote_parent().is_none();
                self.kept.trees.insert(number, tree);
                complete.then_some(number)
            }
        }
    }

    /// The best place for children of the span that is sought.
    fn seek(&self, sought: Sought) -> Option<(Relation, Where)> {
        let relation = |held: bool| if held { Relation::Parent } else { Relation::Trace };
        let kept = self.kept.trees.iter().filter(|(_, tree)| tree.trace_id == sought.trace);
        let kept = kept.map(|(number, tree)| {
            let held = tree.rows.iter().any(|row| row.id() == sought.parent);
            (relation(held), Where::Kept(*number))
        });
        let running = self.traces.get(&sought.trace).filter(|trace| trace.awaits_spans());
        let running = running.map(|trace| (relation(trace.members.contains_key(&sought.parent)), Where::Running));
        // Of equals the last, and so that with the most time.
        kept.chain(running).max_by_key(|(relation, _)| *relation)
    }

    fn ids(&self, trace: TraceId, place: Where) -> HashSet<SpanId> {
        match place {
            Where::Running => self.traces.get(&trace).map(|trace| trace.members.keys().copied().collect()),
            Where::Kept(number) => self.kept(number).map(|tree| tree.rows.iter().map(Row::id).collect()),
        }
        .unwrap_or_default()
    }
}

impl Trace {
    fn join(&mut self, members: Vec<Member>) {
        self.joined = true;
        self.members.extend(members.into_iter().map(|member| (member.id(), member)));
    }
}

/// Whether there is room for `rows`, and none is there already: a program that
/// went on as two may number the spans of both alike.
fn fit(mut held: HashSet<SpanId>, rows: &[Row], limit: usize) -> bool {
    held.len() + rows.len() <= limit && rows.iter().all(|row| held.insert(row.id()))
}

fn member((row, arrival): (Row, u64)) -> Member {
    let origin = Origin { processor: Origin::NEIGHBOUR, service: row.service, account: None };
    Member::new(arrival, &origin, row.data, row.running).holding(row.held)
}

/// The tree with `rows` in it.
fn joined(tree: Tree, rows: Vec<Row>) -> Tree {
    let mut trace = Trace::new(tree.trace_id, 0);
    trace.join(tree.rows.into_iter().chain(rows).zip(0..).map(member).collect());
    trace.harvest_all(Occasion::Finished { printed_before: 0 }, |_| true)
}
