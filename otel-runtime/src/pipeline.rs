//! What is installed: the tracer provider that sites record with, and which one is right for a call.
//!
//! A process has at most one global pipeline, which [`init`](crate::init) installs for good. Besides, any number of local ones can exist
//! ([`Builder::build`](crate::Builder::build)); a local one is carried by the [`Context`] and serves what runs under it, which is how
//! tests stay apart from each other.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use crate::site::Scope;
use crate::switch;

static GLOBAL: OnceLock<Arc<Pipeline>> = OnceLock::new();

/// How many local pipelines are open.
static LOCAL: AtomicUsize = AtomicUsize::new(0);

/// The value in a [`Context`] that routes what runs under it to a local pipeline.
struct Route(Arc<Pipeline>);

/// A tracer provider, with what a site must know to start a span or to do without.
#[derive(Debug)]
pub(crate) struct Pipeline {
    provider: SdkTracerProvider,
    tracers: RwLock<HashMap<Scope, SdkTracer>>,
    sampling: Sampling,
    local: bool,
    open: AtomicBool,
}

/// What is known of the sampler without asking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sampling {
    /// The children of an unsampled local span are not sampled either.
    pub(crate) parent_based: bool,
    /// A span without a parent is never sampled.
    pub(crate) roots_off: bool,
}

/// Where a span that starts now belongs.
#[derive(Debug)]
pub(crate) struct Placement {
    pub(crate) parent: Context,
    pub(crate) pipeline: Arc<Pipeline>,
    /// Whether the span may turn out to be recorded; if not, nobody needs its attributes.
    pub(crate) may_record: bool,
}

impl Pipeline {
    /// The pipeline of the whole process; the first one stays.
    pub(crate) fn install(provider: SdkTracerProvider, sampling: Sampling) -> Arc<Self> {
        let pipeline = GLOBAL.get_or_init(|| Arc::new(Self::new(provider, sampling, false)));
        switch::ask_again();
        Arc::clone(pipeline)
    }

    /// A pipeline for what runs under [`Self::context`].
    pub(crate) fn local(provider: SdkTracerProvider, sampling: Sampling) -> Arc<Self> {
        let pipeline = Arc::new(Self::new(provider, sampling, true));
        LOCAL.fetch_add(1, Ordering::SeqCst);
        switch::ask_again();
        pipeline
    }

    fn new(provider: SdkTracerProvider, sampling: Sampling, local: bool) -> Self {
        Self { provider, tracers: RwLock::default(), sampling, local, open: AtomicBool::new(true) }
    }

    /// `parent`, with everything under it routed to this pipeline.
    pub(crate) fn context(self: &Arc<Self>, parent: &Context) -> Context {
        parent.with_value(Route(Arc::clone(self)))
    }

    /// Ends the recording of new spans. Spans that are open go on and end.
    pub(crate) fn close(&self) {
        if self.open.swap(false, Ordering::SeqCst) {
            if self.local {
                LOCAL.fetch_sub(1, Ordering::SeqCst);
            }
            switch::ask_again();
        }
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    pub(crate) fn is_local(&self) -> bool {
        self.local
    }

    /// The tracer of an instrumentation scope; made once for each.
    pub(crate) fn tracer(&self, scope: Scope) -> SdkTracer {
        if let Some(tracer) = self.tracers.read().unwrap_or_else(PoisonError::into_inner).get(&scope) {
            return tracer.clone();
        }
        let mut tracers = self.tracers.write().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let built = InstrumentationScope::builder(scope.name);
            let built = if scope.version.is_empty() { built } else { built.with_version(scope.version) };
            self.provider.tracer_with_scope(built.build())
        };
        tracers.entry(scope).or_insert_with(make).clone()
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether anything is installed that could record.
pub(crate) fn any_open() -> bool {
    GLOBAL.get().is_some_and(|pipeline| pipeline.is_open()) || LOCAL.load(Ordering::SeqCst) > 0
}

/// Where a span that starts in the current context belongs; `None` where none is to be made.
pub(crate) fn place() -> Option<Placement> {
    Context::map_current(|current| {
        if current.is_telemetry_suppressed() {
            return None;
        }
        let pipeline = serving(current)?;
        let span = current.span();
        let parent = span.span_context();
        let has_parent = parent.is_valid();
        if has_parent && pipeline.sampling.parent_based && !parent.is_sampled() && !parent.is_remote() {
            return None;
        }
        let unsampled = if has_parent { pipeline.sampling.parent_based && !parent.is_sampled() } else { pipeline.sampling.roots_off };
        Some(Placement { parent: current.clone(), pipeline: Arc::clone(pipeline), may_record: !unsampled })
    })
}

fn serving(context: &Context) -> Option<&Arc<Pipeline>> {
    let routed = if LOCAL.load(Ordering::Relaxed) > 0 { context.get::<Route>().map(|route| &route.0) } else { None };
    routed.or_else(|| GLOBAL.get()).filter(|pipeline| pipeline.is_open())
}
