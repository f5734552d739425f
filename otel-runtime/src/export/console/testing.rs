//! What the tests of this module share: spans with fixed ids and times, and a
//! writer that remembers.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState, TracerProvider as _};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::{Console, ConsoleSpans, lock};
use crate::recording::{Recorder, ScopedTracer, TracerProvider, testing};
use crate::sampling::Sampler;

pub(super) const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;

/// A moment of the test, in microseconds: 2023-11-14T22:13:20Z and on.
pub(super) fn at(micros: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000) + Duration::from_micros(micros)
}

pub(super) fn context(trace: u128, id: u64) -> SpanContext {
    SpanContext::new(TraceId::from(trace), SpanId::from(id), TraceFlags::SAMPLED, false, TraceState::NONE)
}

/// A span of [`TRACE`] with times in microseconds; parent 0 is none.
pub(super) fn span(id: u64, parent: u64, name: &'static str, start: u64, end: u64) -> SpanData {
    SpanData {
        span_context: context(TRACE, id),
        parent_span_id: SpanId::from(parent),
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time: at(start),
        end_time: at(end),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("test").build(),
    }
}

/// Small changes to a span, to be chained.
pub(super) trait With: Sized {
    fn trace(self, trace: u128) -> Self;
    fn kind(self, kind: SpanKind) -> Self;
    fn attribute(self, key: &'static str, value: impl Into<opentelemetry::Value>) -> Self;
    fn event(self, name: &'static str, micros: u64, attributes: Vec<KeyValue>) -> Self;
    fn error(self, description: &'static str) -> Self;
}

impl With for SpanData {
    fn trace(mut self, trace: u128) -> Self {
        let id = u64::from_be_bytes(self.span_context.span_id().to_bytes());
        self.span_context = context(trace, id);
        self
    }

    fn kind(mut self, kind: SpanKind) -> Self {
        self.span_kind = kind;
        self
    }

    fn attribute(mut self, key: &'static str, value: impl Into<opentelemetry::Value>) -> Self {
        self.attributes.push(KeyValue::new(key, value));
        self
    }

    fn event(mut self, name: &'static str, micros: u64, attributes: Vec<KeyValue>) -> Self {
        let event = Event::new(name, at(micros), attributes, 0);
        self.events.events.push(event);
        self
    }

    fn error(mut self, description: &'static str) -> Self {
        self.status = Status::error(description);
        self
    }
}

/// A writer that keeps every write apart from the others.
#[derive(Clone, Default)]
pub(super) struct Capture(Arc<Mutex<Vec<String>>>);

impl Capture {
    pub(super) fn writes(&self) -> Vec<String> {
        lock(&self.0).clone()
    }
}

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A service that shows its spans on a console.
pub(super) struct Provider {
    spans: ConsoleSpans,
    recorder: Arc<Recorder>,
}

impl Provider {
    pub(super) fn new(console: &Console, service: &'static str, sampler: Sampler) -> Self {
        let resource = Resource::builder_empty().with_service_name(service).build();
        let spans = console.spans().of(&resource);
        Self { recorder: testing::recorder(sampler, spans.clone()), spans }
    }

    pub(super) fn tracer(&self, name: &'static str) -> ScopedTracer {
        TracerProvider::new(Arc::clone(&self.recorder)).tracer(name)
    }

    pub(super) fn force_flush(&self) {
        self.spans.flush(Instant::now() + Duration::from_secs(5));
    }

    pub(super) fn shutdown(&self) {
        self.shutdown_with_timeout(Duration::from_secs(5));
    }

    pub(super) fn shutdown_with_timeout(&self, timeout: Duration) {
        self.recorder.shut_down(timeout);
    }
}
