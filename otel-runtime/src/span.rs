//! A span that was started: what is recorded of it, and how it ends. The only place that touches the SDK's span.

use std::borrow::Cow;
use std::mem;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Span as _, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};

use crate::outcome::{Kind, Outcome};
use crate::panics;
use crate::trace_flags::{Flagged, flagged};

/// A span, not bound to a thread.
#[derive(Debug)]
pub(crate) struct Span(State);

#[derive(Debug)]
enum State {
    /// Nothing is recorded, and the current context is right as it is.
    Off,
    /// As off, but what leaves this thread must take the current context along: the decision not to sample is in it.
    Inherited,
    /// Not sampled: nothing is recorded, but what happens inside must know that.
    Unsampled(Context),
    Recording {
        context: Context,
        /// As the span was told; its end is this much later, whatever happens to the wall clock meanwhile.
        started: SystemTime,
    },
}

impl Span {
    #[inline]
    pub(crate) fn off() -> Self {
        Self(State::Off)
    }

    #[inline]
    pub(crate) fn inherited() -> Self {
        Self(State::Inherited)
    }

    /// What is not sampled because its parent is not, which is that of the context.
    pub(crate) fn unsampled(context: Context) -> Self {
        Self(State::Unsampled(context))
    }

    /// Makes the span what it is to be for what may run elsewhere than here.
    pub(crate) fn detach(&mut self) {
        if let State::Inherited = self.0 {
            *self = Self::unsampled(Context::current());
        }
    }

    pub(crate) fn started(parent: &Context, span: opentelemetry_sdk::trace::Span, started: SystemTime) -> Self {
        if span.is_recording() {
            Self(State::Recording { context: parent.with_span(Flagged::new(span, parent)), started })
        } else {
            Self(State::Unsampled(parent.with_remote_span_context(flagged(span.span_context(), parent))))
        }
    }

    #[inline]
    pub(crate) fn is_recording(&self) -> bool {
        matches!(self.0, State::Recording { .. })
    }

    /// The context in which the span is the current one; `None` if it is off.
    #[inline]
    pub(crate) fn context(&self) -> Option<&Context> {
        match &self.0 {
            State::Off | State::Inherited => None,
            State::Unsampled(context) | State::Recording { context, .. } => Some(context),
        }
    }

    pub(crate) fn set(&self, attributes: impl IntoIterator<Item = KeyValue>) {
        if let State::Recording { context, .. } = &self.0 {
            context.span().set_attributes(attributes);
        }
    }

    /// Gives the span another name, where that is known only after its start.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "layers do so"))]
    pub(crate) fn rename(&self, name: Cow<'static, str>) {
        if let State::Recording { context, .. } = &self.0 {
            context.span().update_name(name);
        }
    }

    /// Adds an event, something that happened now.
    pub(crate) fn event(&self, name: &'static str) {
        if let State::Recording { context, .. } = &self.0 {
            context.span().add_event(name, Vec::new());
        }
    }

    /// Ends the span, if it is recorded, with the outcome, so long after its start.
    pub(crate) fn end(&mut self, outcome: Outcome, elapsed: Duration) {
        if let State::Recording { context, started } = mem::replace(&mut self.0, State::Off) {
            let span = context.span();
            let ended = started + elapsed;
            write(&span, outcome, ended);
            span.end_with_timestamp(ended);
        }
    }
}

/// Writes the outcome, once for the whole project.
fn write(span: &opentelemetry::trace::SpanRef<'_>, outcome: Outcome, ended: SystemTime) {
    match outcome.0 {
        Kind::Ok => {}
        Kind::Error(failure) => {
            span.set_attribute(KeyValue::new("error.type", failure.error_type));
            span.set_status(Status::error(failure.description));
        }
        Kind::Cancelled => span.set_attribute(KeyValue::new("function.outcome", "cancelled")),
        Kind::Panicked => {
            let message = panics::message().unwrap_or_else(|| "panicked, with a message that was not seen".to_owned());
            span.set_attribute(KeyValue::new("error.type", "panic"));
            span.add_event_with_timestamp(
                "exception",
                ended,
                vec![KeyValue::new("exception.type", "panic"), KeyValue::new("exception.message", message.clone())],
            );
            span.set_status(Status::error(message));
        }
    }
}
