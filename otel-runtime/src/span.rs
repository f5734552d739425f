//! The guard of a span. Detached it is `Send` and belongs to a future; entered it is bound to its thread. Either way it ends on drop.

use std::mem;

use opentelemetry::trace::{Span as _, Status, TraceContextExt};
use opentelemetry::{Context, ContextGuard, KeyValue};

use crate::future::InFuture;
use crate::outcome::{Kind, Outcome};

/// A span that was started, and will be ended with an outcome.
#[derive(Debug)]
pub struct Span(State);

#[derive(Debug)]
enum State {
    /// Nothing is recorded, and the current context is right as it is.
    Off,
    /// Not sampled: nothing is recorded, but what happens inside must know that.
    Unsampled(Context),
    Recording(Context),
}

impl Span {
    pub(crate) fn off() -> Self {
        Self(State::Off)
    }

    pub(crate) fn started(parent: &Context, span: opentelemetry_sdk::trace::Span) -> Self {
        if span.is_recording() {
            Self(State::Recording(parent.with_span(span)))
        } else {
            Self(State::Unsampled(parent.with_remote_span_context(span.span_context().clone())))
        }
    }

    /// Runs `body` under the span and ends it with the outcome of what `body` returns, or as panicked.
    #[inline]
    pub fn in_scope<T>(self, body: impl FnOnce() -> T, outcome: impl FnOnce(&T) -> Outcome) -> T {
        let entered = self.entered();
        let returned = body();
        entered.end(|| outcome(&returned));
        returned
    }

    /// The future, run under the span at every poll. The span ends with the outcome of what the future gives, as cancelled if it is
    /// dropped before, or as panicked.
    #[inline]
    pub fn in_future<F: Future, R: FnOnce(&F::Output) -> Outcome>(self, future: F, outcome: R) -> InFuture<F, R> {
        InFuture::new(self, future, outcome)
    }

    /// Runs `body`, which makes a boxed future, under the span, and lets `wrap` join the two; a span that is off costs no second box.
    #[inline]
    pub fn in_boxed<B>(self, body: impl FnOnce() -> B, wrap: impl FnOnce(Self, B) -> B) -> B {
        if self.is_off() {
            return body();
        }
        let (span, future) = self.enter(body);
        wrap(span, future)
    }

    /// Runs `body`, the first part of what the span stands for, under the span, and gives the span back. If `body` panics, so did the span.
    #[inline]
    pub fn enter<T>(self, body: impl FnOnce() -> T) -> (Self, T) {
        let entered = self.entered();
        let made = body();
        (entered.exit(), made)
    }

    #[inline]
    pub(crate) fn is_off(&self) -> bool {
        matches!(self.0, State::Off)
    }

    #[inline]
    pub(crate) fn entered(self) -> Entered {
        let attached = self.context().map(|context| context.clone().attach());
        Entered { span: self, attached }
    }

    /// The context in which the span is the current one; `None` if it is off.
    #[inline]
    pub(crate) fn context(&self) -> Option<&Context> {
        match &self.0 {
            State::Off => None,
            State::Unsampled(context) | State::Recording(context) => Some(context),
        }
    }

    /// Ends the span. `outcome` is only asked if the span is recorded.
    #[inline]
    pub(crate) fn end(&mut self, outcome: impl FnOnce() -> Outcome) {
        if let State::Recording(context) = mem::replace(&mut self.0, State::Off) {
            finish(&context, outcome());
        }
    }
}

/// Writes the outcome, once for the whole project, and ends the span.
fn finish(context: &Context, outcome: Outcome) {
    let span = context.span();
    match outcome.0 {
        Kind::Ok => {}
        Kind::Error { error_type, description } => {
            span.set_attribute(KeyValue::new("error.type", error_type));
            span.set_status(Status::error(description));
        }
        Kind::Cancelled => span.set_attribute(KeyValue::new("function.outcome", "cancelled")),
        Kind::Panicked { message } => {
            let message = message.unwrap_or_else(|| "a panic without a text".to_owned());
            span.set_attribute(KeyValue::new("error.type", "panic"));
            span.add_event(
                "exception",
                vec![KeyValue::new("exception.type", "panic"), KeyValue::new("exception.message", message.clone())],
            );
            span.set_status(Status::error(message));
        }
    }
    span.end();
}

/// A span that is current on this thread. Dropped without [`Entered::end`] or [`Entered::exit`], it was unwound by a panic.
#[must_use]
pub(crate) struct Entered {
    span: Span,
    attached: Option<ContextGuard>,
}

impl Entered {
    #[inline]
    pub(crate) fn end(mut self, outcome: impl FnOnce() -> Outcome) {
        self.attached = None;
        self.span.end(outcome);
    }

    #[inline]
    pub(crate) fn exit(mut self) -> Span {
        self.attached = None;
        mem::replace(&mut self.span, Span::off())
    }
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        self.attached = None;
        self.span.end(Outcome::panicked);
    }
}
