//! [`Recorder`]: what all spans of a pipeline are recorded by, and [`Tracer`], one instrumentation scope of it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::trace::v1::ScopeSpans;
use opentelemetry_sdk::trace::{IdGenerator, SamplingDecision, SamplingResult, ShouldSample, SpanData};
use prost::Message;

use super::buffers::{self, InBuffer};
use super::data;
use super::ids::SaltedIds;
use super::open::{OpenSpan, Template};
use super::span::RecordedSpan;
use crate::clock::deadline;
use crate::copied::BaggageKeys;
use crate::limits::OfSpans;
use crate::own::{Decision, Origin, Started};
use crate::sampling::{Known, Parent, Sampler, Threshold};
use crate::shared::Shared;
use crate::trace_flags::RANDOM;

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

/// Spans that were started, and have not ended.
#[derive(Debug, Default)]
pub(crate) struct Open {
    all: AtomicU64,
    /// Those of them that are recorded without being sampled.
    unsampled: AtomicU64,
}

impl Open {
    pub(crate) fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    pub(crate) fn unsampled(&self) -> u64 {
        self.unsampled.load(Ordering::Relaxed)
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
        Self { limits, baggage, sampler, known, ids, started, open, encoded, sinks, scopes, closed }
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
    pub(super) fn end(&self, scope: &Arc<EncodedScope>, context: &SpanContext, mut open: InBuffer, at: Option<SystemTime>) {
        let is_sampled = context.is_sampled();
        self.open.all.fetch_sub(1, Ordering::Relaxed);
        if !is_sampled {
            self.open.unsampled.fetch_sub(1, Ordering::Relaxed);
        }
        // The shutdown has said of it that it was open.
        if self.is_closed() {
            return;
        }
        let span = open.end(at);
        if is_sampled {
            for encoded in &self.encoded {
                encoded.take(scope, span);
            }
        }
        if let Some((last, others)) = self.sinks.split_last()
            && let Some(data) = data::decode(span, context, &scope.scope)
        {
            for sink in others {
                sink.end(data.clone());
            }
            last.end(data);
        }
        buffers::give_back(open);
    }

    fn start_in_sinks(&self, scope: &EncodedScope, context: &SpanContext, open: &mut OpenSpan, parent: &Context) {
        let mut data = data::decode(&open.so_far(), context, &scope.scope);
        for sink in self.sinks.iter().filter(|sink| sink.hears_starts()) {
            if let Some(so_far) = &data
                && sink.start(open, so_far, parent)
            {
                data = data::decode(&open.so_far(), context, &scope.scope);
            }
        }
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
pub(crate) struct Starting {
    tracer: Shared<Tracer>,
    parent: Context,
    case: Parent,
    /// The ratio of its place, which decides instead of the sampler if it is a root.
    ratio: Option<Threshold>,
    /// `None`: the sampler wants to see what is known of the span.
    decided: Option<Decided>,
}

impl Starting {
    /// A span in `parent`. It is decided at once whether it is recorded, unless that depends on what it begins with.
    pub(crate) fn new(tracer: Shared<Tracer>, parent: Context, case: Parent, ratio: Option<Threshold>) -> Self {
        // Of what has a parent elsewhere that has not decided, a ratio does not decide either.
        let ratio = ratio.filter(|_| !parent.span().span_context().is_valid());
        let mut starting = Self { tracer, parent, case, ratio, decided: None };
        if starting.tracer.recorder.is_closed() {
            starting.decided = Some(starting.as_parent());
        } else if ratio.is_some() || starting.known() != Known::Looks {
            starting.decided = Some(starting.decide("", &SpanKind::Internal, &[], &[]));
        }
        starting
    }

    /// Nothing is recorded, and whatever the parent is goes on.
    fn as_parent(&self) -> Decided {
        let context = self.parent.span().span_context().clone();
        Decided { decision: SamplingDecision::Drop, context, attributes: Vec::new() }
    }

    fn known(&self) -> Known {
        self.tracer.recorder.known[self.case as usize]
    }

    /// Whether it may be recorded, so that what it begins with is of interest.
    pub(crate) fn records(&self) -> bool {
        self.decided.as_ref().is_none_or(|decided| decided.decision != SamplingDecision::Drop)
    }

    /// A span that begins with what all of its place do; `None` if the limits leave too little room for that.
    #[inline]
    pub(crate) fn begin_from(&self, template: &Template) -> Option<InBuffer> {
        let limits = &self.tracer.recorder.limits;
        template.is_within(limits).then(|| {
            let mut span = buffers::take();
            span.begin_from(template, limits);
            span
        })
    }

    /// A span of which no more is known.
    pub(crate) fn begin(&self, name: &str, kind: &SpanKind) -> InBuffer {
        let mut span = buffers::take();
        span.begin(name, kind, &self.tracer.recorder.limits);
        span
    }

    fn decide(&self, name: &str, kind: &SpanKind, attributes: &[KeyValue], links: &[Link]) -> Decided {
        let recorder = &*self.tracer.recorder;
        let span = self.parent.span();
        let parent = span.span_context();
        let is_root = !parent.is_valid();
        let trace_id = if is_root { recorder.ids.new_trace_id() } else { parent.trace_id() };
        let of_sampler = || recorder.sampler.should_sample(Some(&self.parent), trace_id, name, kind, attributes, links);
        let result = match self.ratio {
            Some(threshold) => threshold.decide(trace_id),
            None if *parent.trace_state() != TraceState::NONE => of_sampler(),
            None => {
                let decision = match self.known() {
                    Known::Sampled => Some(SamplingDecision::RecordAndSample),
                    Known::Dropped => Some(SamplingDecision::Drop),
                    Known::Nothing | Known::Looks => None,
                };
                let known = |decision| SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::NONE };
                decision.map_or_else(of_sampler, known)
            }
        };
        if let Some(started) = &recorder.started {
            started.count(Origin::of(Some(&self.parent)), Decision::from(&result.decision));
        }
        let SamplingResult { decision, attributes, trace_state } = result;
        // The random bit is the trace's, and the other flags are those of the parent; nothing is said of a span that is not recorded.
        let inherited = if is_root { TraceFlags::default() } else { parent.trace_flags() };
        let random = if is_root { RANDOM } else { inherited & RANDOM };
        let flags = match decision {
            SamplingDecision::RecordAndSample => inherited.with_sampled(true) | random,
            SamplingDecision::RecordOnly => inherited.with_sampled(false) | random,
            SamplingDecision::Drop => random,
        };
        let context = SpanContext::new(trace_id, recorder.ids.new_span_id(), flags, false, trace_state);
        Decided { decision, context, attributes }
    }

    /// Starts it, with what it begins with, if somebody said that, and gives the parent's context back.
    pub(crate) fn start(
        mut self,
        begun: Option<InBuffer>,
        name: &str,
        kind: &SpanKind,
        links: &[Link],
        at: SystemTime,
    ) -> (RecordedSpan, Context) {
        let decided = self.decided.take().unwrap_or_else(|| {
            let attributes = begun.as_ref().map(|span| data::attributes(&span.attributes)).unwrap_or_default();
            self.decide(name, kind, &attributes, links)
        });
        let Decided { decision, context, attributes } = decided;
        if decision == SamplingDecision::Drop {
            begun.into_iter().for_each(buffers::give_back);
            return (RecordedSpan::not_recorded(context, self.tracer), self.parent);
        }
        let mut open = begun.unwrap_or_else(|| self.begin(name, kind));
        let Self { tracer, parent, .. } = self;
        let recorder = &*tracer.recorder;
        open.start(&context, parent.span().span_context(), at);
        for attribute in &attributes {
            open.set(attribute, &BaggageKeys::default());
        }
        for link in links {
            open.link(link);
        }
        recorder.open.all.fetch_add(1, Ordering::Relaxed);
        if !context.is_sampled() {
            recorder.open.unsampled.fetch_add(1, Ordering::Relaxed);
        }
        open.copy(&recorder.baggage, &parent);
        if recorder.sinks.iter().any(|sink| sink.hears_starts()) {
            recorder.start_in_sinks(&tracer.scope, &context, &mut open, &parent);
        }
        (RecordedSpan::recorded(context, tracer, open), parent)
    }
}
