//! A span that was started: what is recorded of it, and how it ends. It reaches the recorded one through its context, as everybody does.

use std::borrow::Cow;

use opentelemetry::trace::{SpanContext, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};

use crate::clock::{Elapsed, WallTime};
use crate::exceptions::{self, Seen};
use crate::outcome::{Failure, Kind, Outcome};
use crate::{panics, recording};

/// A span, not bound to a thread.
#[derive(Debug)]
pub(crate) struct Span(State);

#[derive(Debug)]
enum State {
    /// Nothing is recorded, and the current context is right as it is.
    Off,
    /// As off, but what leaves this thread must take the current context along: the decision not to sample is in it.
    Inherited,
    /// Nothing is recorded, but what happens inside runs in this context: that of a span that is not sampled, or one with baggage.
    Carrying(Context),
    Recording {
        context: Context,
        /// As the span was told; its end is this much later, whatever happens to the wall clock meanwhile.
        started: WallTime,
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

    /// What records nothing, and runs in this context.
    pub(crate) fn carrying(context: Context) -> Self {
        Self(State::Carrying(context))
    }

    /// Has what records nothing, and has no context of its own, run in this one.
    pub(crate) fn carry(&mut self, context: Context) {
        if let State::Off | State::Inherited = self.0 {
            *self = Self::carrying(context);
        }
    }

    /// Makes the span what it is to be for what may run elsewhere than here.
    pub(crate) fn detach(&mut self) {
        if let State::Inherited = self.0 {
            *self = Self::carrying(Context::current());
        }
    }

    /// What was started in this context, and is recorded.
    #[inline]
    pub(crate) fn recording(context: Context, started: WallTime) -> Self {
        Self(State::Recording { context, started })
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
            State::Carrying(context) | State::Recording { context, .. } => Some(context),
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

    /// Links it to another span, where that is known only after its start.
    #[cfg_attr(not(feature = "messaging"), allow(dead_code, reason = "layers do so"))]
    pub(crate) fn link(&self, to: SpanContext, attributes: Vec<KeyValue>) {
        if let State::Recording { context, .. } = &self.0 {
            context.span().add_link(to, attributes);
        }
    }

    /// Adds an event, something that happened now.
    pub(crate) fn event(&self, name: &'static str) {
        if let State::Recording { context, .. } = &self.0 {
            context.span().add_event(name, Vec::new());
        }
    }

    /// Ends the span, if it is recorded, with the outcome, so long after its start. How an exception is seen is asked only if there is one.
    #[inline]
    pub(crate) fn end<'a>(&mut self, seen: impl FnOnce() -> Seen<'a>, outcome: Outcome, elapsed: Elapsed) {
        if let State::Recording { context, started } = &self.0 {
            let ended = *started + elapsed;
            if !matches!(outcome.0, Kind::Ok) {
                write(seen(), context, outcome, ended);
            }
            recording::end_at(&context.span(), ended);
            self.0 = State::Off;
        }
    }
}

/// Writes the outcome, once for the whole project.
#[inline(never)]
fn write(seen: Seen<'_>, context: &Context, outcome: Outcome, ended: WallTime) {
    let span = context.span();
    let is_panic = outcome.is_panic();
    let failure = match outcome.0 {
        Kind::Ok => return,
        Kind::Cancelled => return span.set_attribute(KeyValue::new("function.outcome", "cancelled")),
        Kind::Error(failure) => *failure,
        Kind::Panicked => {
            let message = panics::message().unwrap_or_else(|| "panicked, with a message that was not seen".to_owned());
            Failure { error_type: "panic".into(), exception_type: Some("panic".into()), description: message.into() }
        }
    };
    span.set_attribute(KeyValue::new("error.type", failure.error_type.clone()));
    exceptions::emit(seen, context, &failure, is_panic, ended.system_time());
    span.set_status(Status::error(failure.description));
}
