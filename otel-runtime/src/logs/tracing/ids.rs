//! The ids of the current span on every line that is printed.

use std::fmt;

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt, TraceId};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::events::is_of_the_context;
use crate::thread;

/// A format of printed lines, with the trace and the span that each belongs to: `trace_id=… span_id=…` in front of a text, and members of these names
/// in an object of JSON. Lines outside of all spans stay as they are. (Feature `tracing`.)
///
/// ```
/// use otel_runtime::logs::WithIds;
/// use tracing_subscriber::prelude::*;
///
/// let printed = tracing_subscriber::fmt::layer().map_event_format(WithIds);
/// let subscriber = tracing_subscriber::registry().with(printed);
/// # drop(subscriber);
/// ```
///
/// The order of the layers does not matter. The names are those of the OpenTelemetry specification's [Trace Context in non-OTLP Log
/// Formats](https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/).
#[derive(Clone, Copy, Debug, Default)]
pub struct WithIds<F>(pub F);

impl<S, N, F> FormatEvent<S, N> for WithIds<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let ids = if is_of_the_context(event.metadata()) { None } else { current() };
        let Some((trace, span)) = ids else { return self.0.format_event(ctx, writer, event) };
        // JSON has no colours, and what is not written to `writer` itself has none either.
        if writer.has_ansi_escapes() {
            write!(writer, "trace_id={trace} span_id={span} ")?;
            return self.0.format_event(ctx, writer, event);
        }
        let mut line = String::new();
        self.0.format_event(ctx, Writer::new(&mut line), event)?;
        match line.strip_prefix('{').filter(|members| members.starts_with('"')) {
            Some(members) => write!(writer, "{{\"trace_id\":\"{trace}\",\"span_id\":\"{span}\",{members}"),
            None => write!(writer, "trace_id={trace} span_id={span} {line}"),
        }
    }
}

fn current() -> Option<(TraceId, SpanId)> {
    if !thread::has_context() {
        return None;
    }
    Context::map_current(|current| {
        let span = current.span();
        let span = span.span_context();
        span.is_valid().then(|| (span.trace_id(), span.span_id()))
    })
}
