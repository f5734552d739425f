//! [`Operation`]: the guard of what one call of another library does. It is `Send`, and what it records ends on drop.

use std::borrow::Cow;
use std::mem;

use opentelemetry::trace::{SpanContext, SpanKind};
use opentelemetry::{Context, ContextGuard, KeyValue};

use super::beginning::{Beginning, BeginningSpan};
use super::instruments::{Instruments, Measured, Metrics};
use super::labels::{KnownSpan, Labels};
use crate::call;
use crate::clock::Moment;
use crate::exceptions::Seen;
use crate::label_sets::{Label, LabelSets, OfSets, Room};
use crate::outcome::Outcome;
use crate::panics;
use crate::pipeline::{self, Placement, SpanPlacement};
use crate::place::Place;
use crate::scope::Scope;
use crate::semconv::Metric;
use crate::span::Span;
use crate::thread;
use crate::under::Under;

/// The routes of a service, each with a few statuses. Whoever calls can fill it, with methods and versions; what comes later then is measured as if
/// it were new each time.
const ROOM: Room = Room(10);

/// A class of operations, in a `static` of its layer.
///
/// Its path is that of the module that users know the layer by, such as `otel_runtime::http::server`: filters switch it, and it is the
/// name of the instrumentation scope, so that who reads telemetry knows how to switch what made it.
#[derive(Debug)]
pub(crate) struct Operations {
    kind: SpanKind,
    metrics: Metrics,
    counted: Option<Metric>,
    place: Place<Instruments>,
    known: LabelSets,
    /// What spans begin with, by the labels that they have as attributes.
    spans: OfSets<Box<KnownSpan>>,
}

impl Operations {
    pub(crate) const fn new(path: &'static str, kind: SpanKind, metrics: Metrics) -> Self {
        let scope = Scope::of_crate(path, Some(path), Some(env!("CARGO_PKG_VERSION")));
        Self { kind, metrics, counted: None, place: Place::new(path, scope), known: LabelSets::new(ROOM), spans: OfSets::new() }
    }

    /// Counts things in a counter as well: how many, [`Operation::count`] says of each operation.
    pub(crate) const fn counting(mut self, counted: Metric) -> Self {
        self.counted = Some(counted);
        self
    }

    const fn measures(&self) -> bool {
        self.metrics.are_some() || self.counted.is_some()
    }

    /// Whether operations are known not to be recorded: one relaxed load.
    #[inline]
    pub(crate) fn are_off(&'static self) -> bool {
        self.place.is_off()
    }

    /// Whether there is nothing to record with, and no context that could go through.
    #[inline]
    pub(crate) fn are_idle(&'static self) -> bool {
        self.are_off() && !pipeline::is_installed()
    }

    /// Starts an operation whose span is the child of that in `parent`, or of the current one. `describe` is asked only if something is recorded,
    /// and before the sampler is.
    ///
    /// Where no span is recorded, what the operation does still runs in the parent's context: traces go through.
    pub(crate) fn start(&'static self, parent: Option<Context>, mut describe: impl FnMut(&mut Beginning<'_>)) -> Operation {
        if self.are_off() { Operation::passing(parent) } else { self.begin(parent, &mut describe) }
    }

    fn begin(&'static self, parent: Option<Context>, describe: &mut dyn FnMut(&mut Beginning<'_>)) -> Operation {
        let under = Under::from(parent.as_ref());
        let placement = self.place.placement_of_layer(true, self.measures(), under);
        let Some(Placement { pipeline, span: placed }) = placement else { return Operation::passing(parent) };
        let instruments = if self.measures() {
            self.place.instruments(&pipeline, |meter| {
                Instruments::new(meter, &self.metrics, self.counted, &self.known, pipeline.is_kept_by_sites())
            })
        } else {
            None
        };
        let starting = match placed {
            SpanPlacement::In { lineage, ratio } => self.place.starting(&pipeline, under, lineage, ratio),
            SpanPlacement::Inherited if instruments.is_none() => return Operation::passing(Some(under.to_context())),
            SpanPlacement::None | SpanPlacement::Suppressed if instruments.is_none() => return Operation::passing(parent),
            SpanPlacement::Inherited | SpanPlacement::None | SpanPlacement::Suppressed => None,
        };
        panics::forget();
        let mut beginning = Beginning {
            pipeline: &pipeline,
            span: starting.map(|starting| BeginningSpan::new(starting, &self.kind)),
            measures: instruments.is_some(),
            known: &self.known,
            spans: &self.spans,
            labels: Labels::Known(None),
            active: None,
        };
        describe(&mut beginning);
        let Beginning { span, labels, active, .. } = beginning;
        let started = Moment::now();
        let measured = instruments.map(|instruments| Measured::start(instruments, labels, active));
        let span = match span {
            None if matches!(placed, SpanPlacement::Inherited) => Span::carrying(under.to_context()),
            None => parent.map_or_else(Span::off, Span::carrying),
            Some(beginning) => {
                let at = started.wall_time();
                self.place.started(&pipeline, beginning.start(at), under, at)
            }
        };
        Operation { span, measured, started: Some((self, started)) }
    }
}

/// An operation that was started. Dropped before it was ended, it was cancelled, which is neither ok nor an error: nobody waited for its end.
#[derive(Debug)]
#[cfg_attr(not(any(feature = "http", feature = "tonic")), allow(unreachable_pub, reason = "only exchanges show it"))]
pub struct Operation {
    span: Span,
    measured: Option<Measured>,
    /// `None`: nothing is recorded.
    started: Option<(&'static Operations, Moment)>,
}

impl Operation {
    /// Nothing is recorded, and what runs under it does so in the context, if there is one.
    pub(crate) fn passing(context: Option<Context>) -> Self {
        Self { span: context.map_or_else(Span::off, Span::carrying), measured: None, started: None }
    }

    /// Whether a span is recorded, so that its attributes are of interest.
    pub(crate) fn records(&self) -> bool {
        self.span.is_recording()
    }

    /// Whether something is measured, so that its labels are of interest.
    pub(crate) fn measures(&self) -> bool {
        self.measured.is_some()
    }

    /// The context to run under, and to give to whom is called; `None` is the current one.
    pub(crate) fn context(&self) -> Option<&Context> {
        self.span.context()
    }

    /// Sets attributes of the span.
    pub(crate) fn set(&self, attributes: impl IntoIterator<Item: Into<KeyValue>>) {
        self.span.set(attributes.into_iter().map(Into::into));
    }

    /// Gives the span another name: one of few.
    pub(crate) fn rename(&self, name: impl Into<Cow<'static, str>>) {
        self.span.rename(name.into());
    }

    /// Adds attributes, of few values, to what is measured.
    pub(crate) fn label<L: Label>(&mut self, labels: impl IntoIterator<Item = L, IntoIter: Clone>) {
        if let Some(measured) = &mut self.measured {
            measured.label(labels.into_iter());
        }
    }

    /// Notes the value of the amount with this number.
    pub(crate) fn amount(&mut self, index: usize, value: u64) {
        if let Some(measured) = &mut self.measured {
            measured.amount(index, value);
        }
    }

    /// Notes how many things of those that are counted the operation was about.
    pub(crate) fn count(&mut self, count: u64) {
        if let Some(measured) = &mut self.measured {
            measured.count(count);
        }
    }

    /// Links the span to another, where that is known only after its start.
    pub(crate) fn link(&self, to: SpanContext, attributes: Vec<KeyValue>) {
        self.span.link(to, attributes);
    }

    /// Makes the operation's span the current one, as long as what is returned lives.
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        thread::attach(self.context()?)
    }

    /// Runs `body` under the operation. If it panics, so did the operation.
    #[allow(dead_code, reason = "a layer that knows more of its operations at their end has a guard of its own around this one")]
    pub(crate) fn run<T>(&mut self, body: impl FnOnce() -> T) -> T {
        let attached = self.attach();
        run_attached(self, attached, body, |operation| operation.end(Outcome::PANICKED))
    }

    /// Ends the operation; what is done to it afterwards has no effect.
    pub(crate) fn end(&mut self, outcome: Outcome) {
        let Some((of, started)) = self.started.take() else { return };
        let elapsed = call::ended(&outcome, started).since(started);
        if let Some(measured) = self.measured.take() {
            measured.end(&outcome, elapsed);
        }
        let Place { scope, exceptions: way, .. } = of.place;
        self.span.end(|| Seen { scope, way, kind: Some(&of.kind), code: None }, outcome, elapsed);
    }
}

/// Nothing is recorded.
impl Default for Operation {
    fn default() -> Self {
        Self::passing(None)
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        self.end(Outcome::CANCELLED);
    }
}

/// Runs `body` in the context that was attached for it. If it panics, `unwound` is done to the guard, in the context outside, before the panic goes on.
pub(crate) fn run_attached<G, T>(guard: &mut G, attached: Option<ContextGuard>, body: impl FnOnce() -> T, unwound: fn(&mut G)) -> T {
    let unwinding = Unwinding { guard, unwound };
    // What is declared last is dropped first.
    let attached = attached;
    let returned = body();
    drop(attached);
    mem::forget(unwinding);
    returned
}

struct Unwinding<'a, G> {
    guard: &'a mut G,
    unwound: fn(&mut G),
}

impl<G> Drop for Unwinding<'_, G> {
    fn drop(&mut self) {
        (self.unwound)(self.guard);
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
