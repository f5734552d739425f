//! Spans: the processor that feeds the assembly and prints what it returns.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::Span as _;
use opentelemetry::{Context, Key};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::Console;
use super::assembly::{Assembly, Origin};
use super::render::render;
use super::tree::Tree;

/// Prints the spans of one tracer provider as trees, joined with those of all
/// other providers on the same [`Console`].
#[derive(Clone, Debug)]
pub(crate) struct ConsoleSpans {
    console: Console,
    origin: Origin,
}

impl ConsoleSpans {
    pub(super) fn new(console: Console, id: u64) -> Self {
        let origin = Origin { processor: id, service: Arc::from("unknown_service") };
        Self { console, origin }
    }

    /// Changes the assembly and prints the trees that come of it.
    fn update(&self, change: impl FnOnce(&mut Assembly) -> Vec<Tree>) {
        // In a statement of its own, so that the lock is free while printing.
        let trees = change(&mut self.console.assembly());
        for tree in trees {
            self.console.print(&render(&tree, self.console.style()));
        }
    }
}

impl SpanProcessor for ConsoleSpans {
    fn on_start(&self, span: &mut Span, _context: &Context) {
        if !span.span_context().is_sampled() {
            return;
        }
        if let Some(data) = span.exported_data() {
            self.update(|assembly| assembly.start(&self.origin, data));
        }
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.update(|assembly| assembly.end(&self.origin, span));
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.update(|assembly| assembly.flush(self.origin.processor));
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        self.update(|assembly| assembly.shut_down(self.origin.processor));
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        if let Some(name) = resource.get_ref(&Key::from_static_str("service.name")) {
            self.origin.service = Arc::from(name.as_str());
        }
    }
}
