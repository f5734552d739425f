//! Spans: the processor that feeds the assembly and prints what it returns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::{Context, Key};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::Console;
use super::assembly::Origin;
use crate::own::Account;
use crate::recording::{OpenSpan, SpanSink};

/// How long a shutdown waits for neighbours at most.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Prints the spans of one tracer provider as trees, joined with those of all
/// other providers on the same [`Console`].
#[derive(Clone, Debug)]
pub(crate) struct ConsoleSpans {
    console: Console,
    origin: Origin,
}

impl ConsoleSpans {
    pub(super) fn new(console: Console, id: u64) -> Self {
        let origin = Origin { processor: id, service: Arc::from("unknown_service"), account: None };
        Self { console, origin }
    }

    /// The same, of the service that a resource names.
    pub(crate) fn of(mut self, resource: &Resource) -> Self {
        if let Some(name) = resource.get_ref(&Key::from_static_str("service.name")) {
            self.origin.service = Arc::from(name.as_str());
        }
        self
    }

    /// The same, whose spans are counted.
    pub(crate) fn counted(mut self, account: Option<Arc<Account>>) -> Self {
        self.origin.account = account;
        self
    }

    /// Prints what there is, when neighbours have had their chance to join it.
    pub(crate) fn flush(&self, deadline: Instant) {
        self.console.settle(deadline);
        self.console.update(|assembly| assembly.flush(self.origin.processor));
    }
}

impl SpanSink for ConsoleSpans {
    fn start(&self, _: &mut OpenSpan, span: &SpanData, _: &Context) -> bool {
        if span.span_context.is_sampled() {
            self.console.update(|assembly| assembly.start(&self.origin, span.clone()));
        }
        false
    }

    fn end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.console.update(|assembly| assembly.end(&self.origin, span));
        }
    }

    fn flush(&self, deadline: Instant) -> bool {
        Self::flush(self, deadline);
        true
    }

    fn shut_down(&self, timeout: Duration) {
        let deadline = Instant::now() + timeout.min(TIMEOUT);
        self.console.settle(deadline);
        self.console.update(|assembly| assembly.shut_down(self.origin.processor));
        self.console.leave(self.origin.processor, deadline);
    }
}
