//! Trees that are done here, and may yet be joined with those of other
//! processes.
//!
//! A tree is here, where anybody may take it out, or in the hands of the one
//! who did, to print it or to give it away. So it leaves only once.

use std::collections::BTreeMap;

use opentelemetry::trace::TraceId;

use super::super::tree::Tree;
use super::Assembly;

/// The trees that are kept, by a number each, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) trees: BTreeMap<u64, Tree>,
    last: u64,
    /// Those that were taken out, and are neither printed nor given away yet.
    pub(super) in_hands: BTreeMap<u64, TraceId>,
}

impl Assembly {
    /// Keeps a tree, unless there are too many already.
    pub(in super::super) fn keep(&mut self, tree: Tree) -> Result<u64, Tree> {
        if self.kept.trees.len() >= self.limits.kept {
            return Err(tree);
        }
        self.kept.last += 1;
        self.kept.trees.insert(self.kept.last, tree);
        Ok(self.kept.last)
    }

    pub(in super::super) fn kept_of(&self, trace: TraceId) -> Vec<u64> {
        let kept = self.kept.trees.iter().filter(|(_, tree)| tree.trace_id == trace);
        kept.map(|(number, _)| *number).collect()
    }

    /// Takes a tree out, until [`let_go`](Self::let_go); `None` if somebody
    /// else did.
    pub(in super::super) fn take_out(&mut self, number: u64) -> Option<Tree> {
        let tree = self.kept.trees.remove(&number)?;
        self.kept.in_hands.insert(number, tree.trace_id);
        Some(tree)
    }

    /// A tree that was taken out is printed, or belongs to somebody else now.
    pub(in super::super) fn let_go(&mut self, number: u64) {
        self.kept.in_hands.remove(&number);
    }

    /// The tree that was kept last.
    pub(in super::super) fn last_kept(&self) -> u64 {
        self.kept.last
    }

    /// The trees that are kept, up to one that was the last.
    pub(in super::super) fn kept_until(&self, last: u64) -> Vec<u64> {
        self.kept.trees.range(..=last).map(|(number, _)| *number).collect()
    }

    /// Whether nobody has one of those trees in hands.
    pub(in super::super) fn hands_are_free(&self, last: u64) -> bool {
        self.kept.in_hands.range(..=last).next().is_none()
    }

    /// Whether those trees are printed or given away.
    pub(in super::super) fn is_settled(&self, last: u64) -> bool {
        self.kept.trees.range(..=last).next().is_none() && self.hands_are_free(last)
    }
}
