//! What all connections of a pool share: how its queries are recorded.

use std::sync::Arc;

use opentelemetry::trace::SpanKind;

use super::PATH;
use super::pool_metrics::Observed;
use super::queries::{Described, Queries};
use super::running::Running;
use crate::middleware::{Metrics, Operations};
use crate::semconv::db::metrics;
use crate::semconv::db::sql::Query;

const METRICS: Metrics = Metrics { duration: Some(metrics::OPERATION_DURATION), active: None, amounts: &[metrics::RETURNED_ROWS] };

static CLIENT: Operations = Operations::new(PATH, SpanKind::Client, METRICS);
/// Of what happens in this process.
static INTERNAL: Operations = Operations::new(PATH, SpanKind::Internal, METRICS);

#[derive(Debug)]
pub(super) struct Client {
    queries: Queries,
    operations: &'static Operations,
    pub(super) pool: Arc<Observed>,
}

impl Client {
    pub(super) fn new(queries: Queries, is_in_memory: bool, pool: Arc<Observed>) -> Self {
        Self { queries, operations: if is_in_memory { &INTERNAL } else { &CLIENT }, pool }
    }

    /// Begins to execute a text.
    pub(super) fn execute(&self, text: &str) -> Running {
        self.begin(|queries| queries.of_text(text))
    }

    /// Begins to prepare a text.
    pub(super) fn prepare(&self, text: &str) -> Running {
        self.begin(|queries| Arc::new(queries.prepared(text)))
    }

    /// Begins something whose text is not known.
    pub(super) fn command(&self, name: &str) -> Running {
        self.begin(|queries| Arc::new(queries.describe(Query::command(name))))
    }

    fn begin(&self, describe: impl Fn(&Queries) -> Arc<Described>) -> Running {
        let mut described = None;
        let operation = self.operations.start(None, |beginning| {
            let known = describe(&self.queries);
            if let Some(span) = beginning.span() {
                span.named(known.span_name.clone()).extend(&known.attributes);
            }
            if beginning.measures {
                beginning.label(&known.labels);
            }
            described = Some(known);
        });
        Running::new(operation, described)
    }
}
