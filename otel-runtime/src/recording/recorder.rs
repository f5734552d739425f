//! [`Recorder`]: what all spans of a pipeline are recorded by, and [`Tracer`], one instrumentation scope of it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::trace::v1::ScopeSpans;
use opentelemetry_sdk::trace::{IdGenerator, SamplingDecision, SamplingResult, ShouldSample, SpanData};
use prost::Message;

use super::buffers::InBuffer;
use super::data;
use super::ids::SaltedIds;
use super::lineage::Lineage;
use super::open::{OpenSpan, Template};
use super::span::RecordedSpan;
use crate::clock::{WallTime, deadline};
use crate::copied::BaggageKeys;
use crate::limits::OfSpans;
use crate::own::{Decision, Started, Tally};
use crate::sampling::{Known, Parent, Sampler, Threshold};
use crate::shared::Shared;
use crate::under::Under;

/// Where spans go as they are.
pub(crate) trait EncodedSink: fmt::Debug + Send + Sync {
    /// Takes a span that was sampled, and has ended.
    fn take(&self, scope: &Arc<EncodedScope>, span: &[u8]);

    /// Brings everything that was taken on its way; `false` if the deadline comes first.
    fn gather(&self, deadline: Instant) -> bool;

    /// The same until it has arrived, or is dropped.
    fn flush(&self, deadline: Instant) -> bool;
}

/// Where spans go that are wanted as the SDK's data: what shows or translates them.
pub(crate) trait SpanSink: fmt::Debug + Send + Sync {
    /// Whether it wants to hear of spans that start.
    fn hears_starts(&self) -> bool {
        true
    }

    /// A span starts in a context, and is like this so far. Returns whether it was changed.
    fn start(&self, open: &mut OpenSpan, span: &SpanData, context: &Context) -> bool;

    /// It has ended.
    fn end(&self, span: SpanData);

    /// Brings what has ended where it goes; `false` if the deadline comes first.
    fn flush(&self, deadline: Instant) -> bool;

    /// Nothing comes any more.
    fn shut_down(&self, timeout: Duration);
}

/// Records spans, and hands them on when they end.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(super) limits: OfSpans,
    pub(super) baggage: BaggageKeys,
    sampler: Sampler,
    /// What is known of its decisions, by the parent.
    known: [Known; Parent::ALL.len()],
    ids: SaltedIds,
    /// Where every span is counted that is asked for, if they are.
    started: Option<Arc<Started>>,
    open: Arc<Open>,
    encoded: Vec<Box<dyn EncodedSink>>,
    sinks: Vec<Box<dyn SpanSink>>,
    /// Those that are in use.
    scopes: RwLock<HashMap<InstrumentationScope, Weak<EncodedScope>>>,
    closed: AtomicBool,
    /// Whether there is anything to do about a span that starts, in the context that it starts under.
    looks_at_starts: bool,
}

/// What a recorder is made of.
pub(crate) struct Parts {
    pub(crate) limits: OfSpans,
    pub(crate) baggage: BaggageKeys,
    pub(crate) sampler: Sampler,
    pub(crate) started: Option<Arc<Started>>,
    pub(crate) open: Arc<Open>,
    pub(crate) encoded: Vec<Box<dyn EncodedSink>>,
    pub(crate) sinks: Vec<Box<dyn SpanSink>>,
}

/// Spans that were started, and have not ended; those that are recorded without being sampled also by themselves.
#[derive(Debug, Default)]
pub(crate) struct Open(Tally<4>);

const STARTED: usize = 0;
const ENDED: usize = 1;
/// The same of those that are not sampled, after those of all.
const UNSAMPLED: usize = 2;

impl Open {
    #[inline]
    fn begin(&self, span: &SpanContext) {
        self.count(STARTED, span);
    }

    #[inline]
    fn end(&self, span: &SpanContext) {
        self.count(ENDED, span);
    }

    #[inline]
    fn count(&self, number: usize, span: &SpanContext) {
        self.0.count(number);
        if !span.is_sampled() {
            self.0.count(UNSAMPLED + number);
        }
    }

    pub(crate) fn all(&self) -> u64 {
        self.of(0)
    }

    pub(crate) fn unsampled(&self) -> u64 {
        self.of(UNSAMPLED)
    }

    /// What ends while this is asked was there when it began.
    fn of(&self, which: usize) -> u64 {
        let ended = self.0.total(which + ENDED);
        self.0.total(which + STARTED).saturating_sub(ended)
    }
}

/// An instrumentation scope, and OTLP's `ScopeSpans` of it without the spans.
#[derive(Debug)]
pub(crate) struct EncodedScope {
    pub(crate) scope: InstrumentationScope,
    pub(crate) head: Vec<u8>,
}

impl EncodedScope {
    pub(crate) fn new(scope: InstrumentationScope) -> Self {
        let schema_url = scope.schema_url().unwrap_or_default().to_owned();
        let head = ScopeSpans { scope: Some((&scope, None).into()), spans: Vec::new(), schema_url }.encode_to_vec();
        Self { scope, head }
    }
}

/// What records the spans of one instrumentation scope.
#[derive(Clone, Debug)]
pub(crate) struct Tracer {
    pub(super) recorder: Arc<Recorder>,
    pub(super) scope: Arc<EncodedScope>,
}

impl Recorder {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { limits, baggage, sampler, started, open, encoded, sinks } = parts;
        let (ids, scopes, closed) = (SaltedIds::new(), RwLock::default(), AtomicBool::new(false));
        let known = Parent::ALL.map(|parent| sampler.known(parent));
        let looks_at_starts = !baggage.is_empty() || sinks.iter().any(|sink| sink.hears_starts());
        Self { limits, baggage, sampler, known, ids, started, open, encoded, sinks, scopes, closed, looks_at_starts }
    }

    /// What records the spans of a scope.
    pub(crate) fn tracer(self: &Arc<Self>, scope: InstrumentationScope) -> Tracer {
        let known = self.scopes.read().unwrap_or_else(PoisonError::into_inner).get(&scope).and_then(Weak::upgrade);
        let scope = known.unwrap_or_else(|| {
            let mut scopes = self.scopes.write().unwrap_or_else(PoisonError::into_inner);
            scopes.retain(|_, known| known.strong_count() > 0);
            scopes.get(&scope).and_then(Weak::upgrade).unwrap_or_else(|| {
                let made = Arc::new(EncodedScope::new(scope.clone()));
                scopes.insert(scope, Arc::downgrade(&made));
                made
            })
        });
        Tracer { recorder: Arc::clone(self), scope }
    }

    /// Delivers what has ended until now; `false` if the deadline comes first.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        // All of them, whatever one says.
        let encoded = self.encoded.iter().filter(|encoded| !encoded.flush(deadline)).count();
        let sinks = self.sinks.iter().filter(|sink| !sink.flush(deadline)).count();
        encoded + sinks == 0
    }

    /// Hands over what was not handed over yet, and records nothing more.
    pub(crate) fn shut_down(&self, timeout: Duration) {
        let deadline = deadline(timeout);
        self.closed.store(true, Ordering::SeqCst);
        for encoded in &self.encoded {
            encoded.gather(deadline);
        }
        for sink in &self.sinks {
            sink.shut_down(deadline.saturating_duration_since(Instant::now()));
        }
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// A span has ended, at that moment or when it started.
    pub(super) fn end(&self, scope: &Arc<EncodedScope>, open: &mut OpenSpan, at: WallTime) {
        self.open.end(&open.context);
        // The shutdown has said of it that it was open.
        if self.is_closed() {
            return;
        }
        open.end(Some(at));
        if open.context.is_sampled() {
            for encoded in &self.encoded {
                encoded.take(scope, open.encoded());
            }
        }
        if let Some((last, others)) = self.sinks.split_last()
            && let Some(data) = data::decode(open.encoded(), &open.context, &scope.scope)
        {
            for sink in others {
                sink.end(data.clone());
            }
            last.end(data);
        }
    }

    /// Gives a span what is copied from baggage, and shows it to who wants to hear of it.
    #[cold]
    fn show_start(&self, scope: &EncodedScope, open: &mut OpenSpan, parent: &Context) {
        open.copy(&self.baggage, parent);
        if !self.sinks.iter().any(|sink| sink.hears_starts()) {
            return;
        }
        let decode = |open: &OpenSpan| data::decode(&open.so_far(), &open.context, &scope.scope);
        let mut data = decode(open);
        for sink in self.sinks.iter().filter(|sink| sink.hears_starts()) {
            if let Some(so_far) = &data
                && sink.start(open, so_far, parent)
            {
                data = decode(open);
            }
        }
    }
}

/// The short way to a span: it is known without asking that it is sampled, and there is nothing to do about its start but to record it. Asked for only
/// where spans are not counted.
impl Tracer {
    /// A span of this lineage that begins with what all of its place do; `None` if there is no such way.
    #[inline]
    pub(crate) fn begin_sampled(&self, template: &Template, lineage: &Lineage) -> Option<InBuffer> {
        let recorder = &*self.recorder;
        let is_sampled = recorder.known[lineage.case as usize] == Known::Sampled && !lineage.has_state;
        if !is_sampled || recorder.looks_at_starts || recorder.is_closed() || !template.is_within(&recorder.limits) {
            return None;
        }
        let trace_id = lineage.trace_id.unwrap_or_else(|| recorder.ids.new_trace_id());
        let flags = lineage.flags_of(&SamplingDecision::RecordAndSample);
        let mut span = InBuffer::take();
        span.begin_from(template, &recorder.limits);
        span.context = SpanContext::new(trace_id, recorder.ids.new_span_id(), flags, false, TraceState::NONE);
        span.identify(lineage);
        Some(span)
    }

    /// Starts it.
    #[inline]
    pub(crate) fn start_sampled(&'static self, mut span: InBuffer, links: Option<Vec<Link>>, at: WallTime) -> RecordedSpan {
        span.start(at);
        if let Some(links) = links {
            for link in &links {
                span.link(link);
            }
        }
        self.recorder.open.begin(&span.context);
        RecordedSpan::recorded(span, Shared::Global(self))
    }
}

/// What a sampler has decided of a span.
#[derive(Debug)]
struct Decided {
    decision: SamplingDecision,
    context: SpanContext,
    /// Of the sampler's.
    attributes: Vec<KeyValue>,
}

/// A span that is about to start.
#[derive(Debug)]
pub(crate) struct Starting<'a> {
    tracer: Shared<Tracer>,
    under: Under<'a>,
    lineage: Lineage,
    /// `None`: the sampler wants to see what is known of the span.
    decided: Option<Decided>,
}

impl<'a> Starting<'a> {
    /// A span of this lineage. It is decided at once whether it is recorded, unless that depends on what it begins with. `ratio` is that of its place,
    /// which decides instead of the sampler if it is a root.
    #[inline]
    pub(crate) fn new(tracer: Shared<Tracer>, under: Under<'a>, lineage: Lineage, ratio: Option<Threshold>) -> Self {
        let mut starting = Self { tracer, under, lineage, decided: None };
        if starting.recorder().is_closed() {
            starting.decided = Some(starting.as_parent());
        // Of what has a parent elsewhere that has not decided, a ratio does not decide either.
        } else if let Some(threshold) = ratio.filter(|_| lineage.trace_id.is_none()) {
            starting.decided = Some(starting.decide(|trace_id, _| threshold.decide(trace_id)));
        } else if starting.known() != Known::Looks {
            starting.decided = Some(starting.decide_by_sampler("", &SpanKind::Internal, &[], &[]));
        }
        starting
    }

    fn recorder(&self) -> &Recorder {
        &self.tracer.recorder
    }

    /// Nothing is recorded, and whatever the parent is goes on.
    #[cold]
    fn as_parent(&self) -> Decided {
        let context = self.under.with(|parent| parent.span().span_context().clone());
        Decided { decision: SamplingDecision::Drop, context, attributes: Vec::new() }
    }

    fn known(&self) -> Known {
        self.recorder().known[self.lineage.case as usize]
    }

    /// Whether it may be recorded, so that what it begins with is of interest.
    #[inline]
    pub(crate) fn records(&self) -> bool {
        self.decided.as_ref().is_none_or(|decided| decided.decision != SamplingDecision::Drop)
    }

    /// A span that begins with what all of its place do; `None` if the limits leave too little room for that.
    #[inline]
    pub(crate) fn begin_from(&self, template: &Template) -> Option<InBuffer> {
        let limits = &self.recorder().limits;
        template.is_within(limits).then(|| {
            let mut span = InBuffer::take();
            span.begin_from(template, limits);
            span
        })
    }

    /// A span of which no more is known.
    pub(crate) fn begin(&self, name: &str, kind: &SpanKind) -> InBuffer {
        let mut span = InBuffer::take();
        span.begin(name, kind, &self.recorder().limits);
        span
    }

    #[inline]
    fn decide_by_sampler(&self, name: &str, kind: &SpanKind, attributes: &[KeyValue], links: &[Link]) -> Decided {
        let known = if self.lineage.has_state { Known::Nothing } else { self.known() };
        let result = |decision| SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::NONE };
        self.decide(|trace_id, recorder| match known {
            Known::Sampled => result(SamplingDecision::RecordAndSample),
            Known::Dropped => result(SamplingDecision::Drop),
            Known::Nothing | Known::Looks => {
                let parent = self.under.to_context();
                recorder.sampler.should_sample(Some(&parent), trace_id, name, kind, attributes, links)
            }
        })
    }

    #[inline]
    fn decide(&self, decide: impl FnOnce(TraceId, &Recorder) -> SamplingResult) -> Decided {
        let (recorder, lineage) = (self.recorder(), &self.lineage);
        let trace_id = lineage.trace_id.unwrap_or_else(|| recorder.ids.new_trace_id());
        let SamplingResult { decision, attributes, trace_state } = decide(trace_id, recorder);
        if let Some(started) = &recorder.started {
            started.count(lineage.origin(), Decision::from(&decision));
        }
        let context = SpanContext::new(trace_id, recorder.ids.new_span_id(), lineage.flags_of(&decision), false, trace_state);
        Decided { decision, context, attributes }
    }

    /// Starts it, with what it begins with, if somebody said that.
    #[inline]
    pub(crate) fn start(mut self, begun: Option<InBuffer>, name: &str, kind: &SpanKind, links: &[Link], at: WallTime) -> RecordedSpan {
        let decided = self.decided.take().unwrap_or_else(|| {
            let attributes = begun.as_ref().map(|span| data::attributes(&span.attributes)).unwrap_or_default();
            self.decide_by_sampler(name, kind, &attributes, links)
        });
        let Decided { decision, context, attributes } = decided;
        if decision == SamplingDecision::Drop {
            return RecordedSpan::not_recorded(context);
        }
        let mut open = begun.unwrap_or_else(|| self.begin(name, kind));
        open.context = context;
        open.identify(&self.lineage);
        open.start(at);
        for attribute in &attributes {
            open.attributes.push(attribute);
        }
        for link in links {
            open.link(link);
        }
        let recorder = self.recorder();
        recorder.open.begin(&open.context);
        if recorder.looks_at_starts {
            recorder.show_start(&self.tracer.scope, &mut open, &self.under.to_context());
        }
        RecordedSpan::recorded(open, self.tracer)
    }
}
