//! What is installed: the providers that sites record with, and which ones are right for a call.
//!
//! A process has at most one global pipeline, which [`init`](crate::init) installs for good; a forked child can put one of its own in the place of
//! the one that it has from its parent, none of whose threads it has. Besides, any number of local ones can exist
//! ([`Builder::build`](crate::Builder::build)); a local one is carried by the [`Context`] and serves what runs under it, which is how
//! tests stay apart from each other.

mod short_way;

use std::any::Any;
use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use opentelemetry::logs::LoggerProvider;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanRef, TraceContextExt};
use opentelemetry::{Context, InstrumentationScope, global};
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};

use crate::copied::MetricBaggage;
use crate::diagnostics::Diagnostics;
use crate::exceptions::Exceptions;
use crate::filter::{Filter, LiveFilter, Rule};
use crate::metering::Meters;
use crate::metrics::Declaration;
use crate::own::{Decision, Origin, Started};
use crate::propagation::{Format, Propagator};
use crate::recording::{Lineage, RecordedSpan, Recorder, ScopedTracer, Tracer};
use crate::sampling::{Parent, Sampling, Threshold};
use crate::scope::Scope;
use crate::semconv::methods::KnownMethods;
use crate::shared::Shared;
use crate::thread::Silence;
use crate::under::Under;
use crate::{exceptions, switch, thread};

pub(crate) use self::short_way::{Above, ShortWay, above, first, short_way};

static GLOBAL: OnceLock<Global> = OnceLock::new();

/// A global pipeline, and the one that a forked child has put in its place: nothing that was global once is ever freed.
struct Global {
    pipeline: Arc<Pipeline>,
    successor: OnceLock<Box<Global>>,
}

/// How many local pipelines are open.
static LOCAL: AtomicUsize = AtomicUsize::new(0);

/// Whether there ever was one: until then no context has a route to look for.
static EVER_LOCAL: AtomicBool = AtomicBool::new(false);

/// The value in a [`Context`] that routes what runs under it to a local pipeline.
struct Route(Arc<Pipeline>);

/// The providers, with what a site must know to start something or to do without.
#[derive(Debug)]
pub(crate) struct Pipeline {
    tracing: Option<Tracing>,
    metering: Option<Meters>,
    logging: Option<SdkLoggerProvider>,
    tracers: RwLock<HashMap<Scope, Arc<Tracer>>>,
    loggers: RwLock<HashMap<Scope, SdkLogger>>,
    /// By the address of the place; a place keeps those of the first global one itself.
    instruments: RwLock<HashMap<usize, Arc<dyn Any + Send + Sync>>>,
    plain_instruments: RwLock<HashMap<u64, Arc<dyn Any + Send + Sync>>>,
    /// How each metric was declared first, by scope and name.
    declared: Mutex<HashMap<(Scope, &'static str), Declared>>,
    filter: LiveFilter,
    /// Of a local one; the global one's is that of the API.
    propagator: Propagator,
    pub(crate) metric_baggage: MetricBaggage,
    pub(crate) exceptions: Option<Exceptions>,
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "layers ask for them"))]
    pub(crate) http_methods: KnownMethods,
    diagnostics: Diagnostics,
    kind: Kind,
    open: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The first global one, what of which a site needs it keeps itself.
    First,
    /// A global one that a forked child has put in the place of another.
    Successor,
    Local,
}

/// A metric as it was declared first.
#[derive(Debug)]
struct Declared {
    declaration: Declaration,
    function: &'static str,
    told: bool,
}

/// What a pipeline is told beside its providers.
#[derive(Debug)]
pub(crate) struct Settings {
    /// For exceptions; bridges have the provider themselves.
    pub(crate) logging: Option<SdkLoggerProvider>,
    pub(crate) filter: Filter,
    /// In which formats context goes to other processes.
    pub(crate) propagator: Propagator,
    /// What of baggage becomes attributes of measurements.
    pub(crate) metric_baggage: MetricBaggage,
    /// How exceptions are emitted, unless a place says it; `None`: panics as events.
    pub(crate) exceptions: Option<Exceptions>,
    pub(crate) http_methods: KnownMethods,
}

impl Default for Settings {
    fn default() -> Self {
        let (logging, filter, metric_baggage, exceptions, http_methods) = Default::default();
        Self {
            logging,
            filter,
            propagator: Propagator::new([Format::TRACE_CONTEXT, Format::BAGGAGE]),
            metric_baggage,
            exceptions,
            http_methods,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Tracing {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) sampling: Sampling,
    /// Where spans are counted that are not even built, if they are.
    pub(crate) started: Option<Arc<Started>>,
}

/// What a place asks for, of a call that starts now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// The address of the place, which stands for it.
    pub(crate) site: usize,
    /// The path of the place, which filters look at.
    pub(crate) path: &'static str,
    pub(crate) span: bool,
    /// What the filter of the global pipeline says of the place.
    pub(crate) rule: Rule,
}

/// What a call that starts now is to record, and with what.
#[derive(Debug)]
pub(crate) struct Placement {
    pub(crate) pipeline: Shared<Pipeline>,
    pub(crate) span: SpanPlacement,
}

/// Where the span of a call that starts now belongs.
#[derive(Debug)]
pub(crate) enum SpanPlacement {
    /// The call records no span.
    None,
    /// Nor may it, as telemetry is suppressed.
    Suppressed,
    /// The parent is in this process and not sampled, and so would be the span: none is built, and what happens inside has the same parent.
    Inherited,
    In {
        lineage: Lineage,
        /// The ratio that decides instead of the sampler.
        ratio: Option<Threshold>,
    },
}

impl Pipeline {
    /// The pipeline of the whole process; one from before a fork ends with that. Called once in a process.
    pub(crate) fn install(tracing: Option<Tracing>, metering: Option<Meters>, settings: Settings, diagnostics: Diagnostics) -> Arc<Self> {
        let before = last_global();
        let kind = if before.is_some() { Kind::Successor } else { Kind::First };
        if let (Kind::First, Some(metering)) = (kind, &metering) {
            metering.collect_cells();
        }
        let made = || Global { pipeline: Arc::new(Self::new(tracing, metering, settings, diagnostics, kind)), successor: OnceLock::new() };
        let installed = match before {
            None => GLOBAL.get_or_init(made),
            Some(before) => {
                before.pipeline.close();
                before.successor.get_or_init(|| Box::new(made()))
            }
        };
        switch::ask_again();
        Arc::clone(&installed.pipeline)
    }

    /// A pipeline for what runs under [`Self::context`].
    pub(crate) fn local(tracing: Option<Tracing>, metering: Option<Meters>, settings: Settings, diagnostics: Diagnostics) -> Arc<Self> {
        let pipeline = Arc::new(Self::new(tracing, metering, settings, diagnostics, Kind::Local));
        LOCAL.fetch_add(1, Ordering::SeqCst);
        EVER_LOCAL.store(true, Ordering::SeqCst);
        switch::ask_again();
        pipeline
    }

    fn new(tracing: Option<Tracing>, metering: Option<Meters>, settings: Settings, diagnostics: Diagnostics, kind: Kind) -> Self {
        let Settings { logging, filter, propagator, metric_baggage, exceptions, http_methods } = settings;
        Self {
            tracing,
            metering,
            logging,
            tracers: RwLock::default(),
            loggers: RwLock::default(),
            instruments: RwLock::default(),
            plain_instruments: RwLock::default(),
            declared: Mutex::default(),
            filter: LiveFilter::new(filter),
            propagator,
            metric_baggage,
            exceptions,
            http_methods,
            diagnostics,
            kind,
            open: AtomicBool::new(true),
        }
    }

    /// Has calls that start from now on filtered by another filter.
    pub(crate) fn reload_filter(&self, filter: Filter) {
        self.filter.replace(filter);
        // Of the global filter, places know what it said of them.
        if self.kind != Kind::Local {
            switch::ask_again();
        }
    }

    fn rule(&self, wanted: &Wanted) -> Rule {
        if self.kind == Kind::Local { self.filter.known_rule(wanted.site, wanted.path) } else { wanted.rule }
    }

    /// `parent`, with everything under it routed to this pipeline.
    pub(crate) fn context(self: &Arc<Self>, parent: &Context) -> Context {
        parent.with_value(Route(Arc::clone(self)))
    }

    /// Ends the recording of new calls. Those under way go on and end.
    pub(crate) fn close(&self) {
        if self.open.swap(false, Ordering::SeqCst) {
            if self.kind == Kind::Local {
                LOCAL.fetch_sub(1, Ordering::SeqCst);
            }
            switch::ask_again();
        }
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Whether a site keeps what it needs of this itself: it can do so for one that is there for ever.
    pub(crate) fn is_kept_by_sites(&self) -> bool {
        self.kind == Kind::First
    }

    /// The tracer of an instrumentation scope; made once for each.
    pub(crate) fn tracer(&self, scope: Scope) -> Option<Arc<Tracer>> {
        let recorder = &self.tracing.as_ref()?.recorder;
        Some(made_once(&self.tracers, scope, || Arc::new(recorder.tracer(scope.build()))))
    }

    /// The logger of an instrumentation scope; made once for each.
    pub(crate) fn logger(&self, scope: Scope) -> Option<SdkLogger> {
        let _silent = Silence::enter();
        let provider = self.logging.as_ref()?;
        Some(made_once(&self.loggers, scope, || provider.logger_with_scope(scope.build())))
    }

    /// The context of a span that is recorded; `way` is what its place says of exceptions.
    #[inline]
    pub(crate) fn context_of(&self, span: RecordedSpan, under: Under<'_>, way: Option<Exceptions>) -> Context {
        let has_logs = self.logging.is_some() && way.or(self.exceptions).is_some_and(Exceptions::has_logs);
        if has_logs { exceptions::noting(&under.to_context()).with_span(span) } else { under.with(|parent| parent.with_span(span)) }
    }

    /// The instruments of a place, which is known by its address; made once, if the caller does not keep them.
    pub(crate) fn instruments<I: Any + Send + Sync>(&self, place: usize, scope: Scope, make: impl FnOnce(&Meter) -> I) -> Option<Arc<I>> {
        // What the SDK says of a new instrument is not the program's.
        let _silent = Silence::enter();
        let provider = self.metering.as_ref()?;
        let make = || Arc::new(make(&provider.meter_with_scope(scope.build())));
        if self.is_kept_by_sites() {
            return Some(make());
        }
        // One address has instruments of one type.
        made_once(&self.instruments, place, || make()).downcast().ok()
    }

    /// A tracer of the plain API.
    pub(crate) fn plain_tracer(&self, scope: &InstrumentationScope) -> Option<ScopedTracer> {
        Some(ScopedTracer::new(self.tracing.as_ref()?.recorder.tracer(scope.clone())))
    }

    /// A meter of the plain API.
    pub(crate) fn plain_meter(&self, scope: &InstrumentationScope) -> Option<Meter> {
        let _silent = Silence::enter();
        Some(self.metering.as_ref()?.meter_with_scope(scope.clone()))
    }

    /// An instrument of the plain API, which is known by its number; made once.
    pub(crate) fn plain_instrument<I: Any + Send + Sync>(&self, number: u64, make: impl FnOnce() -> I) -> Option<Arc<I>> {
        made_once(&self.plain_instruments, number, || Arc::new(make())).downcast().ok()
    }

    /// Notes how a metric is declared at a place. Two places that share a name and do not agree are told, once for the name: the SDK takes the
    /// buckets of the first, and makes two streams of what differs otherwise, which a backend cannot tell apart.
    pub(crate) fn declare(&self, scope: Scope, name: &'static str, declaration: Declaration, function: &'static str) {
        let mut declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        let first = declared.entry((scope, name)).or_insert(Declared { declaration, function, told: false });
        if first.declaration == declaration || mem::replace(&mut first.told, true) {
            return;
        }
        let (first_declaration, first_function) = (first.declaration, first.function);
        drop(declared);
        self.diagnostics.warn(format_args!(
            "the metric {name} is {first_declaration} at {first_function}, and {declaration} at {function}; give one of them another name"
        ));
    }

    #[inline]
    fn place_span(&self, parent: &Context, rule: Rule) -> SpanPlacement {
        let Some(tracing) = &self.tracing else { return SpanPlacement::None };
        let lineage = Lineage::in_context(parent);
        let ratio = match rule {
            Rule::Ratio(threshold) if lineage.case == Parent::None => Some(threshold),
            _ => None,
        };
        let is_ruled_out = ratio.map_or_else(|| tracing.sampling.is_ruled_out(lineage.case), |threshold| threshold == Threshold::NEVER);
        if is_ruled_out && is_unsampled(&parent.span()) {
            if let Some(started) = &tracing.started {
                started.count(Origin::Local, Decision::Drop);
            }
            return SpanPlacement::Inherited;
        }
        SpanPlacement::In { lineage, ratio }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.close();
    }
}

fn made_once<K: Eq + Hash, V: Clone>(known: &RwLock<HashMap<K, V>>, key: K, make: impl FnOnce() -> V) -> V {
    if let Some(value) = known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return value.clone();
    }
    known.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(make).clone()
}

/// The one in force, and the place for another.
fn last_global() -> Option<&'static Global> {
    let mut last = GLOBAL.get()?;
    while let Some(successor) = last.successor.get() {
        last = successor;
    }
    Some(last)
}

/// What the global pipeline says of the place with this path, which records spans, or metrics; `None` if nothing is installed that could record
/// them.
pub(crate) fn rule(path: &str, spans: bool, metrics: bool) -> Option<Rule> {
    let global = last_global().map(|global| &global.pipeline).filter(|pipeline| pipeline.is_open());
    let global = global.filter(|pipeline| (spans && pipeline.tracing.is_some()) || (metrics && pipeline.metering.is_some()));
    let rule = global.map_or(Rule::Off, |pipeline| pipeline.filter.rule(path));
    (rule != Rule::Off || LOCAL.load(Ordering::SeqCst) > 0).then_some(rule)
}

/// Whether a span is of this process and not sampled. One that is recorded without being sampled is none: it must not get what is meant for its
/// children.
#[inline]
fn is_unsampled(span: &SpanRef<'_>) -> bool {
    Parent::of(span.span_context()) == Parent::LocalNotSampled && !span.is_recording()
}

/// What a call is to record that starts now; with its span, if it wants one, in this context.
#[inline]
pub(crate) fn place(wanted: &Wanted, under: Under<'_>) -> Option<Placement> {
    if !thread::has_context() {
        return None;
    }
    let is_suppressed = matches!(under, Under::Given(_)) && Context::is_current_telemetry_suppressed();
    under.with(|parent| {
        let is_suppressed = is_suppressed || parent.is_telemetry_suppressed();
        let pipeline = serving(parent)?;
        let rule = pipeline.rule(wanted);
        if rule == Rule::Off {
            return None;
        }
        let span = match wanted.span {
            _ if is_suppressed => SpanPlacement::Suppressed,
            true => pipeline.place_span(parent, rule),
            false => SpanPlacement::None,
        };
        Some(Placement { pipeline, span })
    })
}

/// The pipeline that serves in the current context, unless telemetry is suppressed there.
pub(crate) fn serving_here() -> Option<Shared<Pipeline>> {
    if !thread::has_context() {
        return None;
    }
    Context::map_current(|current| if current.is_telemetry_suppressed() { None } else { serving(current) })
}

/// The pipeline that a context is routed to, and to none if that one is closed; else the global one.
pub(crate) fn serving(context: &Context) -> Option<Shared<Pipeline>> {
    let routed = if EVER_LOCAL.load(Ordering::Relaxed) { context.get::<Route>() } else { None };
    let pipeline = match routed {
        Some(Route(pipeline)) => Shared::Local(Arc::clone(pipeline)),
        None => Shared::Global(&*last_global()?.pipeline),
    };
    Some(pipeline).filter(|pipeline| pipeline.is_open())
}

/// Whether anything was ever installed. Until then, nobody wants context to go through either.
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "layers ask"))]
pub(crate) fn is_installed() -> bool {
    GLOBAL.get().is_some() || EVER_LOCAL.load(Ordering::Relaxed)
}

/// Has the propagator at work that is right for a context: that of the local pipeline that it is routed to, or the global one.
pub(crate) fn propagate<T>(context: &Context, mut work: impl FnMut(&dyn TextMapPropagator) -> T) -> T {
    let routed = if EVER_LOCAL.load(Ordering::Relaxed) { context.get::<Route>() } else { None };
    match routed {
        Some(Route(pipeline)) => work(&pipeline.propagator),
        None => global::get_text_map_propagator(work),
    }
}

/// The logger of a scope in the pipeline that serves the current context.
#[cfg(all(feature = "log", feature = "testing"))]
pub(crate) fn current_logger(scope: Scope) -> Option<SdkLogger> {
    Context::map_current(serving)?.logger(scope)
}

/// `context`, routed as the current one if it has no route of its own.
pub(crate) fn keep_route(context: &Context) -> Context {
    if !EVER_LOCAL.load(Ordering::Relaxed) || context.get::<Route>().is_some() {
        return context.clone();
    }
    let route = Context::map_current(|current| current.get::<Route>().map(|Route(pipeline)| Arc::clone(pipeline)));
    route.map_or_else(|| context.clone(), |pipeline| pipeline.context(context))
}
