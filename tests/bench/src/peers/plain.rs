//! The plain API of OpenTelemetry, used by hand.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::SystemTime;

use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{
    FutureExt, Span, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::{Calls, Parent, sdk};
use crate::work::{three_yields as yields, work};
use crate::{awaits, calls};

pub const PEER: &str = "opentelemetry API";
pub const PEER_AS_OURS: &str = "opentelemetry API, ours' attributes";
pub const PEER_EMPTY: &str = "opentelemetry API, an empty span";

pub const CALLS: Calls = Calls {
    peer: PEER,
    sync: calls!(sync),
    ten_deep: Some(calls!(ten_deep)),
    root: Some(calls!(sync)),
    three_yields: awaits!(three_yields),
};

/// With the attributes that ours has in every span: where the code stands.
pub const AS_OURS: Calls =
    Calls { peer: PEER_AS_OURS, sync: calls!(sync_as_ours), ten_deep: None, root: None, three_yields: awaits!(three_yields_as_ours) };

pub const EMPTY: fn(u64) = calls!(empty);
pub const THREE_ATTRIBUTES: fn(u64) = calls!(three_attributes);
pub const THREE_ATTRIBUTES_AS_OURS: fn(u64) = calls!(three_attributes_as_ours);
pub const UNINSTALLED: fn(u64) = calls!(uninstalled);
pub const UNINSTALLED_THREE_YIELDS: fn(u64) = awaits!(uninstalled_three_yields);

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

fn tracer() -> &'static SdkTracer {
    TRACER.get().expect("it is installed")
}

fn number_of(number: u64) -> KeyValue {
    KeyValue::new("bench.number", number.cast_signed())
}

/// A span that records nothing. Made current and ended, it is what the API asks of every span that is its own, whoever records it.
struct Empty(SpanContext);

impl Span for Empty {
    fn add_event_with_timestamp<T: Into<Cow<'static, str>>>(&mut self, _: T, _: SystemTime, _: Vec<KeyValue>) {}

    fn span_context(&self) -> &SpanContext {
        &self.0
    }

    fn is_recording(&self) -> bool {
        true
    }

    fn set_attribute(&mut self, _: KeyValue) {}

    fn set_status(&mut self, _: Status) {}

    fn update_name<T: Into<Cow<'static, str>>>(&mut self, _: T) {}

    fn add_link(&mut self, _: SpanContext, _: Vec<KeyValue>) {}

    fn end_with_timestamp(&mut self, _: SystemTime) {}
}

#[inline(never)]
fn empty(number: u64) -> u64 {
    let parent = Context::map_current(|current| current.span().span_context().clone());
    let context = Context::current_with_span(Empty(parent));
    let attached = context.clone().attach();
    let returned = work(number);
    drop(attached);
    context.span().end_with_timestamp(SystemTime::UNIX_EPOCH);
    returned
}

/// Starts a span, as everybody does it.
fn start<T: Tracer>(tracer: &T, name: &'static str, attributes: impl IntoIterator<Item = KeyValue>) -> Context
where
    T::Span: Send + Sync + 'static,
{
    let span = tracer.span_builder(name).with_kind(SpanKind::Internal).with_attributes(attributes).start(tracer);
    Context::current_with_span(span)
}

fn as_ours(number: u64) -> [KeyValue; 4] {
    let [function, file, line] = code();
    [function, file, line, number_of(number)]
}

fn code() -> [KeyValue; 3] {
    [
        KeyValue::new("code.function.name", concat!(module_path!(), "::sync")),
        KeyValue::new("code.file.path", file!()),
        KeyValue::new("code.line.number", i64::from(line!())),
    ]
}

#[inline(never)]
fn sync(number: u64) -> u64 {
    let _attached = start(tracer(), "sync", [number_of(number)]).attach();
    work(number)
}

#[inline(never)]
fn sync_as_ours(number: u64) -> u64 {
    let _attached = start(tracer(), "sync", as_ours(number)).attach();
    work(number)
}

async fn three_yields(number: u64) -> u64 {
    yields(number).with_context(start(tracer(), "three_yields", [number_of(number)])).await
}

async fn three_yields_as_ours(number: u64) -> u64 {
    yields(number).with_context(start(tracer(), "three_yields", as_ours(number))).await
}

fn ten_deep(number: u64) -> u64 {
    fn deep(number: u64, depth: usize) -> u64 {
        let _attached = start(tracer(), "deep", [number_of(number)]).attach();
        if depth == 1 { work(number) } else { deep(number, depth - 1) }
    }
    deep(number, 10)
}

#[inline(never)]
fn three_attributes(number: u64) -> u64 {
    let _attached = start(tracer(), "three_attributes", three(number)).attach();
    work(number)
}

#[inline(never)]
fn three_attributes_as_ours(number: u64) -> u64 {
    let _attached = start(tracer(), "three_attributes", code().into_iter().chain(three(number))).attach();
    work(number)
}

fn three(number: u64) -> [KeyValue; 3] {
    [number_of(number), KeyValue::new("bench.name", "a name".to_owned()), KeyValue::new("bench.share", 0.5)]
}

/// Where nothing is installed, the global tracer does nothing.
fn global_tracer() -> &'static BoxedTracer {
    static GLOBAL: OnceLock<BoxedTracer> = OnceLock::new();
    GLOBAL.get_or_init(|| global::tracer("bench"))
}

#[inline(never)]
fn uninstalled(number: u64) -> u64 {
    let _attached = start(global_tracer(), "sync", [number_of(number)]).attach();
    work(number)
}

async fn uninstalled_three_yields(number: u64) -> u64 {
    yields(number).with_context(start(global_tracer(), "three_yields", [number_of(number)])).await
}

/// Its own provider, beside that of ours.
pub fn install(exporter: SpanExporter) -> SdkTracerProvider {
    let provider = sdk::provider_with(exporter);
    TRACER.set(provider.tracer("bench")).expect("once");
    provider
}

/// A parent in this process.
pub fn parent(parent: Parent) -> Context {
    let flags = if parent == Parent::Sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let span = SpanContext::new(TraceId::from(7), SpanId::from(7), flags, false, TraceState::NONE);
    // The name is that of another use; whether it is remote is in the span's own context.
    Context::new().with_remote_span_context(span)
}

pub fn below(state: Parent, batch: &mut dyn FnMut()) {
    let _attached = parent(state).attach();
    batch();
}
