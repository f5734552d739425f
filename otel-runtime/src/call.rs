//! [`Call`]: the guard of one call. Detached it is `Send` and belongs to a future or a stream; entered it is bound to its thread. Either way
//! what it records ends on drop: one outcome and one pair of clock readings for the span, the counter and the histogram.

use std::mem;
use std::time::Duration;

use futures_core::Stream;
use opentelemetry::{ContextGuard, KeyValue};

use crate::attributes::Results;
use crate::clock::Moment;
use crate::future::InFuture;
use crate::metrics::Measured;
use crate::outcome::Outcome;
use crate::site::Site;
use crate::span::Span;
use crate::stream::{InStream, Items};
use crate::thread;

/// A call that was started, and will be ended with an outcome.
#[derive(Debug)]
pub struct Call(State);

#[derive(Debug)]
enum State {
    /// Nothing is recorded.
    Off,
    /// Nothing is recorded, because the parent is not sampled; what may run elsewhere must know that.
    Inheriting(&'static Site),
    On(Started),
}

#[derive(Debug)]
struct Started {
    site: &'static Site,
    span: Span,
    measured: Option<Measured>,
    /// `None`: nothing of this asks how long it took, so no clock is read.
    at: Option<Moment>,
}

impl Call {
    #[inline]
    pub(crate) fn off() -> Self {
        Self(State::Off)
    }

    pub(crate) fn inheriting(site: &'static Site) -> Self {
        Self(State::Inheriting(site))
    }

    pub(crate) fn started(site: &'static Site, span: Span, measured: Option<Measured>, at: Option<Moment>) -> Self {
        Self(State::On(Started { site, span, measured, at }))
    }

    /// Whether there is nothing to do for what runs where the call started.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        !matches!(self.0, State::On(_))
    }

    /// The call as it is to be for what may run elsewhere than here.
    fn detached(self) -> Self {
        match self.0 {
            State::Off => self,
            State::Inheriting(site) => Self::started(site, Span::inherited().detached(), None, None),
            State::On(mut started) => {
                started.span = mem::replace(&mut started.span, Span::off()).detached();
                Self(State::On(started))
            }
        }
    }

    /// Runs `body` under the call and ends it with the outcome of what `body` returns, or as panicked.
    #[inline]
    pub fn in_scope<T>(self, body: impl FnOnce() -> T, outcome: impl FnOnce(&T, &mut Results) -> Outcome) -> T {
        let entered = self.entered();
        let returned = body();
        entered.end(|results| outcome(&returned, results));
        returned
    }

    /// The future, run under the call at every poll. The call ends with the outcome of what the future gives, as cancelled if it is
    /// dropped before, or as panicked.
    #[inline]
    pub fn in_future<F: Future, R: FnOnce(&F::Output, &mut Results) -> Outcome>(self, future: F, outcome: R) -> InFuture<F, R> {
        InFuture::new(self, future, outcome)
    }

    /// The stream, run under the call at every poll. The call ends when the stream does, with the outcome of the last item that was an
    /// error, if any; as cancelled if the stream is dropped before, or as panicked.
    #[inline]
    pub fn in_stream<S: Stream, R: FnMut(&S::Item) -> Outcome>(self, stream: S, items: Items, outcome: R) -> InStream<S, R> {
        InStream::new(self, stream, items, outcome)
    }

    /// Runs `body`, which makes a boxed future or stream, under the call, and lets `wrap` join the two; a call that is off costs no second
    /// box.
    #[inline]
    pub fn in_boxed<B>(self, body: impl FnOnce() -> B, wrap: impl FnOnce(Self, B) -> B) -> B {
        if matches!(self.0, State::Off) {
            return body();
        }
        let (call, made) = self.enter(body);
        wrap(call, made)
    }

    /// Runs `body`, the first part of what the call stands for, under the call, and gives the call back. If `body` panics, so did the call.
    #[inline]
    pub fn enter<T>(self, body: impl FnOnce() -> T) -> (Self, T) {
        let entered = self.detached().entered();
        let made = body();
        (entered.exit(), made)
    }

    #[inline]
    pub(crate) fn entered(self) -> Entered {
        let attached = self.attach();
        Entered { call: self, attached }
    }

    /// Makes the call's span the current one, as long as what is returned lives.
    #[inline]
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        let context = self.span()?.context()?;
        thread::has_context().then(|| context.clone().attach())
    }

    /// Ends the call. `outcome` is only asked if something is recorded; if it panics, so did the call.
    #[inline]
    pub(crate) fn end(&mut self, outcome: impl FnOnce(&mut Results) -> Outcome) {
        if let State::On(mut started) = mem::replace(&mut self.0, State::Off) {
            let mut results = Results::new(started.span.is_recording().then(|| started.site.keys()));
            let outcome = outcome(&mut results);
            started.finish(outcome, results.into_attributes());
        }
    }

    pub(crate) fn span(&self) -> Option<&Span> {
        match &self.0 {
            State::On(started) => Some(&started.span),
            _ => None,
        }
    }
}

impl Started {
    fn finish(&mut self, outcome: Outcome, results: Vec<KeyValue>) {
        let elapsed = self.at.map_or(Duration::ZERO, |at| Moment::now().since(at));
        if let Some(measured) = self.measured.take() {
            measured.end(&outcome, elapsed);
        }
        self.span.end(outcome, results, elapsed);
    }
}

/// Dropped before it was finished, it was unwound: by a panic in what was to classify the outcome, or in what a future held.
impl Drop for Started {
    #[inline]
    fn drop(&mut self) {
        if self.measured.is_some() || self.span.is_recording() {
            self.finish(Outcome::panicked(), Vec::new());
        }
    }
}

/// A call whose span is current on this thread. Dropped without [`Entered::end`] or [`Entered::exit`], it was unwound by a panic.
#[must_use]
pub(crate) struct Entered {
    call: Call,
    attached: Option<ContextGuard>,
}

impl Entered {
    #[inline]
    pub(crate) fn end(mut self, outcome: impl FnOnce(&mut Results) -> Outcome) {
        self.attached = None;
        self.call.end(outcome);
    }

    #[inline]
    pub(crate) fn exit(mut self) -> Call {
        self.attached = None;
        mem::replace(&mut self.call, Call::off())
    }
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        self.attached = None;
        self.call.end(|_| Outcome::panicked());
    }
}
