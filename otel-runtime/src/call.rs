//! [`Call`]: the guard of one call. Detached it is `Send` and belongs to a future or a stream; entered it is bound to its thread. Either way
//! what it records ends on drop: one outcome and one pair of clock readings for the span, the counter and the histogram.
//!
//! A guard stands in every annotated function, so little of it is compiled into one: whether there is anything to do is asked there, and what
//! there is to do is done in functions of this crate. For the same reason a call is not handed about, but borrowed.

mod entered;
mod uncounted;

use std::mem;

use futures_core::Stream;
use opentelemetry::{Context, ContextGuard};

use crate::clock::{Elapsed, Moment};
use crate::future::InFuture;
use crate::metrics::{Instruments, Measured};
use crate::outcome::Outcome;
use crate::panics;
use crate::site::Site;
use crate::span::Span;
use crate::stream::{InStream, Items};
use crate::thread;
use crate::value::{AttributeValue, ValueWriter};

pub(crate) use self::entered::Entered;
pub(crate) use self::uncounted::Uncounted;

/// A call that was started, and will be ended with an outcome.
#[derive(Debug)]
pub struct Call(State);

/// Its tag is a number of its own, so that one comparison tells whether there is anything to do.
#[derive(Debug)]
#[repr(u8)]
enum State {
    /// Nothing is recorded.
    Off,
    /// Nothing is recorded, because the parent is not sampled; what may run elsewhere must know that.
    Inheriting(&'static Site),
    /// All there is to do is to count it.
    Counting(Option<Uncounted>),
    /// Nothing but metrics are recorded, which are the same for every call.
    Measured(Plain),
    On(Started),
}

/// A call of which nothing but metrics are recorded, in the least space.
#[derive(Debug)]
struct Plain {
    /// `None`: it has ended.
    instruments: Option<&'static Instruments>,
    /// `None`: the clock is not read.
    at: Option<Moment>,
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

    #[inline]
    pub(crate) fn started(site: &'static Site, span: Span, measured: Option<Measured>, at: Option<Moment>) -> Self {
        Self(State::On(Started { site, span, measured, at }))
    }

    /// Has it measured as well, from its start.
    #[inline]
    pub(crate) fn measure(&mut self, measured: Measured) {
        if let State::On(started) = &mut self.0 {
            started.measured = Some(measured);
        }
    }

    pub(crate) fn counting(uncounted: Uncounted) -> Self {
        Self(State::Counting(Some(uncounted)))
    }

    #[inline]
    pub(crate) fn measured(instruments: &'static Instruments, at: Option<Moment>) -> Self {
        Self(State::Measured(Plain { instruments: Some(instruments), at }))
    }

    /// Runs `body` under the call and ends it with the outcome of what `body` returns, or as panicked.
    #[inline]
    pub fn in_scope<T>(mut self, body: impl FnOnce() -> T, outcome: impl FnOnce(&T, &Self) -> Outcome) -> T {
        let mut entered = self.entered();
        let returned = body();
        // Not in a function that takes a closure: it would be compiled once more for every annotated function.
        if let Some(call) = entered.ending() {
            let outcome = outcome(&returned, call);
            call.end(outcome);
        }
        // Nothing is left in either, so nothing need be asked to drop them.
        mem::forget(entered);
        mem::forget(self);
        returned
    }

    /// The future, run under the call at every poll. The call ends with the outcome of what the future gives, as cancelled if it is
    /// dropped before, or as panicked.
    #[inline]
    pub fn in_future<F: Future, R: FnOnce(&F::Output, &Self) -> Outcome>(self, future: F, outcome: R) -> InFuture<F, R> {
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

    /// Runs `body`, the first part of what the call stands for, under the call, and gives the call back, as it is to be for what may run
    /// elsewhere than here. If `body` panics, so did the call.
    #[inline]
    pub fn enter<T>(mut self, body: impl FnOnce() -> T) -> (Self, T) {
        self.detach();
        let entered = self.entered();
        let made = body();
        entered.exit();
        (self, made)
    }

    /// Runs what sets the values that are known now that the call returns, if a span is recorded. A panic in it, such as one of the user's closures
    /// in `ok(…)` and `err(…)`, costs the values from there on: the function has returned, and nothing of it may be lost.
    pub fn give(&self, give: impl FnOnce()) {
        if self.span().is_some_and(Span::is_recording) {
            panics::contained(give);
        }
    }

    /// Records `value`, which is known now that the call returns, for the span's key number `index`.
    pub fn set<V: AttributeValue + ?Sized>(&self, index: usize, value: &V) {
        if let State::On(started) = &self.0 {
            let mut attributes = Vec::with_capacity(1);
            let write = || value.write(ValueWriter::new(started.site.keys()[index].as_str(), &mut attributes));
            if panics::contained(write).is_some() {
                started.span.set(attributes);
            }
        }
    }

    /// Whether there is nothing to do for what runs where the call started.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.0, State::Off | State::Inheriting(_))
    }

    /// Whether anything is recorded that has an outcome; if not, nobody needs to look at what was returned.
    fn asks_for_outcome(&self) -> bool {
        match &self.0 {
            State::Off | State::Inheriting(_) => false,
            State::Counting(uncounted) => uncounted.is_some(),
            State::Measured(plain) => plain.instruments.is_some(),
            State::On(started) => started.is_recorded(),
        }
    }

    /// Whether what runs inside may be to run in a context of its own.
    #[inline]
    fn may_attach(&self) -> bool {
        matches!(self.0, State::On(_))
    }

    #[inline]
    pub(crate) fn entered(&mut self) -> Entered<'_> {
        let attached = if self.may_attach() { self.attach() } else { None };
        Entered { call: self, attached }
    }

    /// Makes the call's span the current one, as long as what is returned lives.
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        thread::attach(self.span()?.context()?)
    }

    /// Takes the current context along, if the call only inherits what is in it.
    fn detach(&mut self) {
        match &mut self.0 {
            State::Off | State::Counting(_) | State::Measured(_) => {}
            State::Inheriting(site) => *self = Self::started(site, Span::carrying(Context::current()), None, None),
            State::On(started) => started.span.detach(),
        }
    }

    /// Has what runs inside run in `context`, unless it runs in that of a span.
    pub(crate) fn carry(&mut self, site: &'static Site, context: Context) {
        match &mut self.0 {
            State::Off | State::Inheriting(_) => *self = Self::started(site, Span::carrying(context), None, None),
            // These go on as what they would have been at once.
            State::Counting(uncounted) => {
                let measured = uncounted.take().and_then(Uncounted::into_measured);
                *self = Self::started(site, Span::carrying(context), measured, None);
            }
            State::Measured(plain) => {
                let (instruments, at) = (plain.instruments.take(), plain.at);
                *self = Self::started(site, Span::carrying(context), instruments.map(Measured::under_way), at);
            }
            State::On(started) => started.span.carry(context),
        }
    }

    /// Ends the call, if anything is recorded.
    pub(crate) fn end(&mut self, outcome: Outcome) {
        match &mut self.0 {
            State::Off | State::Inheriting(_) => {}
            State::Counting(uncounted) => {
                if let Some(uncounted) = uncounted.take() {
                    uncounted.count(&outcome);
                }
            }
            State::Measured(plain) => plain.end(&outcome),
            State::On(_) => self.end_started(outcome),
        }
    }

    /// Not compiled into the way of calls that are only measured.
    #[inline(never)]
    fn end_started(&mut self, outcome: Outcome) {
        if let State::On(started) = &mut self.0 {
            started.end(outcome);
            self.0 = State::Off;
        }
    }

    pub(crate) fn span(&self) -> Option<&Span> {
        match &self.0 {
            State::On(started) => Some(&started.span),
            State::Off | State::Inheriting(_) | State::Counting(_) | State::Measured(_) => None,
        }
    }
}

impl Plain {
    #[inline]
    fn end(&mut self, outcome: &Outcome) {
        if let Some(instruments) = self.instruments.take() {
            let seconds = self.at.map_or(0.0, |at| ended(outcome, at).since(at).seconds());
            instruments.end(outcome, seconds);
        }
    }
}

/// As that of [`Started`].
impl Drop for Plain {
    #[cold]
    fn drop(&mut self) {
        self.end(&Outcome::PANICKED);
    }
}

impl Started {
    fn is_recorded(&self) -> bool {
        self.measured.is_some() || self.span.is_recording()
    }

    fn end(&mut self, outcome: Outcome) {
        let elapsed = self.at.map_or(Elapsed::default(), |at| ended(&outcome, at).since(at));
        // Looked at before it is moved: most calls have none.
        if self.measured.is_some()
            && let Some(measured) = self.measured.take()
        {
            measured.end(&outcome, elapsed);
        }
        self.span.end(|| self.site.seen(), outcome, elapsed);
    }
}

/// When a call ended that began then: now, or when it panicked, which was before the hook said so and the stack was unwound.
#[inline]
pub(crate) fn ended(outcome: &Outcome, began: Moment) -> Moment {
    let panicked = if outcome.is_panic() { panics::moment() } else { None };
    panicked.filter(|panicked| began.is_before(*panicked)).unwrap_or_else(Moment::now)
}

/// Dropped before it was ended, it was unwound: by a panic in what was to classify the outcome, or in what a future held.
impl Drop for Started {
    fn drop(&mut self) {
        if self.is_recorded() {
            self.end(Outcome::PANICKED);
        }
    }
}
