//! What the assembly hands to the renderer: spans that belong together, and
//! why they are printed now.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry_sdk::trace::SpanData;

use crate::own::Held;

/// Spans of one trace that are printed in one piece.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) trace_id: TraceId,
    pub(super) occasion: Occasion,
    /// Depth first, children after their parent and by their start.
    ///
    /// Flat, because trees may be deep: neither building nor dropping them
    /// must take a stack as deep as they are.
    pub(super) rows: Vec<Row>,
    /// How many of the spans still running are followed no longer.
    pub(super) unfollowed: usize,
}

/// One span at its place in a tree.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) depth: usize,
    pub(super) service: Arc<str>,
    /// Whether the span has not ended yet; its end time means nothing then.
    pub(super) running: bool,
    pub(super) data: SpanData,
    /// The name of its parent, if that was printed before.
    pub(super) printed_parent: Option<Cow<'static, str>>,
    /// Until it is printed, or somebody else's.
    pub(super) held: Option<Held>,
}

/// Why a tree is printed.
#[derive(Debug)]
pub(super) enum Occasion {
    /// Its local root ended.
    Finished {
        /// Spans that would stand in this tree or beside it, but had to be
        /// printed before their root ended.
        printed_before: usize,
    },
    /// Its root ended after its parent was printed.
    Late { parent: Cow<'static, str> },
    /// Somebody asked for what there is.
    Flush,
    /// One of its providers shuts down.
    Shutdown,
    /// There are more traces than the assembly follows, and this is the oldest.
    TooManyTraces { limit: usize },
    /// The trace has more spans than the assembly keeps.
    TooManySpans { limit: usize },
}

impl Row {
    pub(super) fn id(&self) -> SpanId {
        self.data.span_context.span_id()
    }

    pub(super) fn is_error(&self) -> bool {
        matches!(self.data.status, Status::Error { .. })
    }
}

impl Tree {
    pub(super) fn running(&self) -> usize {
        self.rows.iter().filter(|row| row.running).count()
    }

    /// Whether another process may have spans that belong above or below.
    ///
    /// Only a tree that is whole is worth it: of another, a part is printed.
    pub(super) fn may_be_joined(&self) -> bool {
        matches!(self.occasion, Occasion::Finished { printed_before: 0 }) && (self.remote_parent().is_some() || self.has_open_calls())
    }

    /// The parent of the root, if that is a span of another process.
    pub(super) fn remote_parent(&self) -> Option<SpanId> {
        let root = &self.rows.first()?.data;
        root.parent_span_is_remote.then_some(root.parent_span_id)
    }

    /// Whether a span has called another service whose span is not here.
    ///
    /// Its server's span often ends just after the client's. A message may have
    /// any number of readers, so that of a producer there may always be more.
    pub(super) fn has_open_calls(&self) -> bool {
        let served = self.rows.iter().filter(|row| row.data.parent_span_is_remote);
        let served: HashSet<_> = served.map(|row| row.data.parent_span_id).collect();
        self.rows.iter().filter(|row| !row.running).any(|row| match row.data.span_kind {
            SpanKind::Client => !served.contains(&row.id()),
            SpanKind::Producer => true,
            _ => false,
        })
    }
}
