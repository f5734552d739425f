//! [`Place`]: what everything has that records, an annotated function or a layer of ours, and the one way from there to what is installed.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use opentelemetry::metrics::Meter;
use opentelemetry::trace::{Span as _, TraceContextExt};

use crate::clock::WallTime;
use crate::exceptions::Exceptions;
use crate::filter::Rule;
use crate::metering::Cell;
use crate::pipeline::{self, Pipeline, Placement, SpanPlacement, Wanted};
use crate::recording::{Lineage, RecordedSpan, Starting, Tracer};
use crate::sampling::Threshold;
use crate::scope::Scope;
use crate::shared::Shared;
use crate::span::Span;
use crate::switch::{Known, Switch};
use crate::under::Under;

/// A place of the program that records, with its instruments. It stands in a `static`.
#[derive(Debug)]
pub(crate) struct Place<I: 'static> {
    /// What filters look at, and what it is called in messages.
    pub(crate) path: &'static str,
    pub(crate) scope: Scope,
    /// How exceptions are emitted, if it is said here.
    pub(crate) exceptions: Option<Exceptions>,
    switch: Switch,
    /// The tracer of the first global pipeline, once it is known.
    tracer: OnceLock<Option<Arc<Tracer>>>,
    /// The instruments of the first global pipeline, once they are known.
    instruments: OnceLock<Option<Arc<I>>>,
}

impl<I: Any + Send + Sync> Place<I> {
    pub(crate) const fn new(path: &'static str, scope: Scope) -> Self {
        Self { path, scope, exceptions: None, switch: Switch::new(), tracer: OnceLock::new(), instruments: OnceLock::new() }
    }

    /// Whether the place is known not to record.
    #[inline]
    pub(crate) fn is_off(&'static self) -> bool {
        self.known().is_off()
    }

    /// What is known of the place without asking what is installed, such as a [short way](pipeline::short_way) for a call that starts in the current
    /// context.
    #[inline]
    pub(crate) fn known(&'static self) -> Known {
        self.switch.known()
    }

    /// Makes known that calls are only counted, those that go well in this cell, if there is a short way for them.
    pub(crate) fn counts_in(&'static self, cell: Cell) {
        self.switch.counts_in(cell);
    }

    /// `None`: nothing is installed that the place could record with.
    pub(crate) fn rule(&'static self, spans: bool, metrics: bool) -> Option<Rule> {
        self.switch.rule(|| (pipeline::rule(self.path, spans, metrics), pipeline::short_way(spans, metrics)))
    }

    /// The place's tracer of the first global pipeline, once it is known.
    #[inline]
    pub(crate) fn known_tracer(&'static self) -> Option<&'static Tracer> {
        self.tracer.get()?.as_deref()
    }

    /// The place's instruments of the first global pipeline, once they are known.
    #[inline]
    pub(crate) fn known_instruments(&'static self) -> Option<&'static I> {
        self.instruments.get()?.as_deref()
    }

    /// What a call is to record that starts now.
    pub(crate) fn placement(&'static self, spans: bool, metrics: bool, under: Under<'_>) -> Option<Placement> {
        let wanted = Wanted { site: self.address(), path: self.path, span: spans, rule: self.rule(spans, metrics)? };
        pipeline::place(&wanted, under)
    }

    /// The same for what a layer does. Where telemetry is suppressed it records nothing; what functions are counted and timed with goes on there, as the
    /// SDK's instruments do.
    #[cfg_attr(not(any(feature = "http", feature = "sqlx")), allow(dead_code, reason = "layers ask"))]
    pub(crate) fn placement_of_layer(&'static self, spans: bool, metrics: bool, under: Under<'_>) -> Option<Placement> {
        self.placement(spans, metrics, under).filter(|placement| !matches!(placement.span, SpanPlacement::Suppressed))
    }

    /// A span that was placed, to be started.
    #[inline]
    pub(crate) fn starting<'a>(
        &'static self,
        pipeline: &Pipeline,
        under: Under<'a>,
        lineage: Lineage,
        ratio: Option<Threshold>,
    ) -> Option<Starting<'a>> {
        let tracer = if pipeline.is_kept_by_sites() {
            self.tracer.get_or_init(|| pipeline.tracer(self.scope)).as_deref().map(Shared::Global)
        } else {
            pipeline.tracer(self.scope).map(Shared::Local)
        };
        Some(Starting::new(tracer?, under, lineage, ratio))
    }

    /// A span that was started in the context that it was placed in.
    #[inline]
    pub(crate) fn started(&self, pipeline: &Pipeline, span: RecordedSpan, under: Under<'_>, at: WallTime) -> Span {
        if span.is_recording() {
            self.started_recording(pipeline, span, under, at)
        } else {
            Span::carrying(under.with(|parent| parent.with_remote_span_context(span.span_context().clone())))
        }
    }

    /// The same of one that is known to be recorded.
    #[inline]
    pub(crate) fn started_recording(&self, pipeline: &Pipeline, span: RecordedSpan, under: Under<'_>, at: WallTime) -> Span {
        Span::recording(pipeline.context_of(span, under, self.exceptions), at)
    }

    /// The place's instruments, which are made once for each pipeline.
    pub(crate) fn instruments(&'static self, pipeline: &Pipeline, make: impl FnOnce(&Meter) -> I) -> Option<Shared<I>> {
        let make = || pipeline.instruments(self.address(), self.scope, make);
        if pipeline.is_kept_by_sites() {
            self.instruments.get_or_init(make).as_deref().map(Shared::Global)
        } else {
            make().map(Shared::Local)
        }
    }

    /// What stands for the place.
    fn address(&'static self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}
