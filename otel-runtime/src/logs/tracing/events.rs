//! Events become log records.

use std::borrow::Cow;
use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::logs::{LogRecord, Logger, Severity};
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger};
use tracing::dispatcher::WeakDispatch;
use tracing::span::Id;
use tracing::subscriber::Subscriber;
use tracing::{Dispatch, Event, Level, Metadata};
use tracing_log::NormalizeEvent;
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::layer::{self, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::fields::Fields;
use crate::logs::quiet::unless_quiet;
use crate::logs::record::{self, Source};
use crate::panics;

/// The layer for events.
pub(super) struct Events {
    logger: SdkLogger,
    /// Where the context of a span is asked for.
    dispatch: OnceLock<WeakDispatch>,
}

impl Events {
    pub(super) fn new(logger: SdkLogger) -> Self {
        Self { logger, dispatch: OnceLock::new() }
    }

    /// The context of a `tracing` span.
    fn context(&self, span: &Id) -> Option<Context> {
        get_otel_context(span, &self.dispatch.get()?.upgrade()?)
    }

    fn emit<S>(&self, event: &Event<'_>, ctx: &layer::Context<'_, S>)
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let level = *event.metadata().level();
        let mut record = record::new(&self.logger, severity(level), source(event));
        if let Some(name) = given_name(event.metadata()) {
            record.set_event_name(name);
        }
        let mut fields = Fields::of(event, &mut record);
        // Values are the user's own code.
        panics::contained(|| event.record(&mut fields));
        let failure = fields.failure();
        if let Some(context) = event.parent().and_then(|parent| self.context(parent)) {
            place(&mut record, &context);
        }
        self.logger.emit(record);
        if level == Level::ERROR
            && let Some(span) = ctx.event_span(event)
        {
            self.fail(&span.id(), failure);
        }
    }

    /// Makes the outcome of a `tracing` span an error, if it is the current one: what happens in a span of ours inside of it is not yet its outcome.
    fn fail(&self, span: &Id, failure: String) {
        let Some(context) = self.context(span) else { return };
        let span = context.span();
        if Context::map_current(|current| current.span().span_context().span_id()) == span.span_context().span_id() {
            span.set_status(Status::error(failure));
        }
    }
}

impl<S> Layer<S> for Events
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    fn on_event(&self, event: &Event<'_>, ctx: layer::Context<'_, S>) {
        if !is_of_the_context(event.metadata()) {
            unless_quiet(|| self.emit(event, &ctx));
        }
    }
}

/// Whether the API says something of its current context. It does so while it changes that: then nobody can ask for it.
pub(super) fn is_of_the_context(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "opentelemetry" && metadata.name().starts_with("Context.")
}

/// Has the record belong to the span of a context that is not the current one.
fn place(record: &mut SdkLogRecord, context: &Context) {
    let span = context.span();
    let span = span.span_context();
    if span.is_valid() {
        record.set_trace_context(span.trace_id(), span.span_id(), Some(span.trace_flags()));
    }
}

/// Where an event comes from; one that was a line of the `log` crate says so in its fields.
fn source(event: &Event<'_>) -> Source {
    match event.normalized_metadata() {
        None => {
            let metadata = event.metadata();
            Source { target: metadata.target().into(), file: metadata.file().map(Cow::Borrowed), line: metadata.line() }
        }
        Some(metadata) => Source {
            target: metadata.target().to_owned().into(),
            file: metadata.file().map(|file| file.to_owned().into()),
            line: metadata.line(),
        },
    }
}

/// The name of an event, if somebody gave it one: the macros make one from file and line.
fn given_name(metadata: &'static Metadata<'static>) -> Option<&'static str> {
    let name = metadata.name();
    (!name.starts_with("event ") && name != "log event").then_some(name)
}

fn severity(level: Level) -> Severity {
    match level {
        Level::ERROR => Severity::Error,
        Level::WARN => Severity::Warn,
        Level::INFO => Severity::Info,
        Level::DEBUG => Severity::Debug,
        Level::TRACE => Severity::Trace,
    }
}
