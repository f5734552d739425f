//! What holds of every span, whatever is done to it. The tests of properties and the fuzzer check the same statement: the latter includes this file.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use otel_runtime::opentelemetry::trace::{
    Link, Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
    TracerProvider,
};
use otel_runtime::opentelemetry::{Array, Context, Key, KeyValue, StringValue, Value};
use otel_runtime::opentelemetry_sdk::error::OTelSdkResult;
use otel_runtime::opentelemetry_sdk::trace::{SdkTracerProvider, Span as SdkSpan, SpanData, SpanProcessor};

/// As many of anything as a span may have.
const MOST: u32 = 5;

/// A span that is recorded by us, encoded, and decoded again is what the SDK makes of the same calls.
///
/// # Panics
///
/// If it is not.
pub fn as_by_the_sdk(input: &[u8]) {
    let (ours, sdks) = (Ended::default(), Ended::default());
    let limits = ["ATTRIBUTE_COUNT", "EVENT_COUNT", "LINK_COUNT"].map(|what| format!("OTEL_SPAN_{what}_LIMIT"));
    let of_others = ["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"].map(str::to_owned);
    let mut builder = otel_runtime::builder().environment(|_| None).span_processor(ours.clone());
    for signal in ["TRACES", "METRICS", "LOGS"] {
        builder = builder.set(format!("OTEL_{signal}_EXPORTER"), "none");
    }
    builder = limits.into_iter().chain(of_others).fold(builder, |builder, limit| builder.set(limit, MOST.to_string()));
    let telemetry = builder.build().expect("telemetry can be set up");
    let sdk = SdkTracerProvider::builder()
        .with_span_processor(sdks.clone())
        .with_max_attributes_per_span(MOST)
        .with_max_events_per_span(MOST)
        .with_max_links_per_span(MOST)
        .with_max_attributes_per_event(MOST)
        .with_max_attributes_per_link(MOST)
        .build();
    let tracer = telemetry.tracer_provider().expect("a processor takes spans").tracer("recorded");
    calls(&mut Input(input), &tracer);
    calls(&mut Input(input), &sdk.tracer("recorded"));
    assert_eq!(ours.take(), sdks.take());
    telemetry.shutdown().expect("there is nothing to deliver");
    sdk.shutdown().expect("there is nothing to deliver");
}

/// Keeps the spans that end.
#[derive(Clone, Debug, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl Ended {
    /// Without what chance makes of them.
    fn take(&self) -> Vec<SpanData> {
        let mut ended = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for span in &mut ended {
            let of_trace = span.parent_span_id != SpanId::INVALID;
            let trace_id = if of_trace { span.span_context.trace_id() } else { TraceId::INVALID };
            // The SDK knows nothing of the flag that says that an id is random.
            let flags = span.span_context.trace_flags() & TraceFlags::SAMPLED;
            span.span_context = SpanContext::new(trace_id, SpanId::INVALID, flags, false, span.span_context.trace_state().clone());
        }
        ended
    }
}

impl SpanProcessor for Ended {
    fn on_start(&self, _: &mut SdkSpan, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Decides what is called. At its end everything is zero.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> u64 {
        // Of some bits, so that small ones are among them.
        let bytes = [(); 8].map(|()| self.byte());
        u64::from_le_bytes(bytes) >> (self.byte() % 64)
    }

    fn text(&mut self) -> String {
        let length = usize::from(self.byte() % 200).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    fn time(&mut self) -> SystemTime {
        // What OTLP has room for.
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.number())
    }

    fn value(&mut self) -> Value {
        let (number, more) = (self.number(), self.byte() % 3);
        let many = |value: Value| 0..=u8::from(more > 0) * if matches!(value, Value::Bool(_)) { more } else { 1 };
        match self.byte() % 8 {
            0 => Value::Bool(number.is_multiple_of(2)),
            1 => Value::I64(number.cast_signed()),
            // One that is equal to itself.
            2 => Value::F64(f64::from(u32::try_from(number >> 32).unwrap_or_default()) / 7.0),
            3 => Value::String(self.text().into()),
            // An empty array could be of anything.
            4 => Value::Array(Array::Bool(many(Value::Bool(true)).map(|at| at == more).collect())),
            5 => Value::Array(Array::I64(many(Value::I64(0)).map(|_| number.cast_signed()).collect())),
            6 => Value::Array(Array::F64(many(Value::F64(0.0)).map(f64::from).collect())),
            _ => Value::Array(Array::String(many(Value::I64(0)).map(|_| StringValue::from(self.text())).collect())),
        }
    }

    fn attributes(&mut self) -> Vec<KeyValue> {
        (0..self.byte() % 8).map(|_| KeyValue::new(Key::from(self.text()), self.value())).collect()
    }

    fn context(&mut self) -> SpanContext {
        let state = if self.byte().is_multiple_of(2) { TraceState::NONE } else { "vendor=1,other=2".parse().expect("it is a trace state") };
        let flags = if self.byte().is_multiple_of(2) { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
        let (trace_id, span_id) = (TraceId::from(u128::from(self.number()) + 1), SpanId::from(self.number().saturating_add(1)));
        SpanContext::new(trace_id, span_id, flags, self.byte().is_multiple_of(2), state)
    }

    fn kind(&mut self) -> SpanKind {
        let all = [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
        all[usize::from(self.byte()) % all.len()].clone()
    }
}

/// Calls of the API.
fn calls<T: Tracer>(input: &mut Input<'_>, tracer: &T) {
    let started = SystemTime::UNIX_EPOCH + Duration::from_nanos(input.number() / 2);
    let mut builder = SpanBuilder::from_name(input.text()).with_kind(input.kind()).with_start_time(started);
    builder = builder.with_attributes(input.attributes());
    if input.byte() % 2 == 1 {
        builder = builder.with_links((0..input.byte() % 8).map(|_| Link::new(input.context(), input.attributes(), 0)).collect());
    }
    let parent = if input.byte().is_multiple_of(2) { Context::new() } else { Context::new().with_remote_span_context(input.context()) };
    let mut span = tracer.build_with_context(builder, &parent);
    for _ in 0..input.byte() % 16 {
        match input.byte() % 6 {
            0 => span.set_attribute(KeyValue::new(Key::from(input.text()), input.value())),
            1 => span.add_event_with_timestamp(input.text(), input.time(), input.attributes()),
            2 => span.add_link(input.context(), input.attributes()),
            3 => span.update_name(input.text()),
            4 => span.set_status(Status::Ok),
            _ => span.set_status(Status::error(input.text())),
        }
    }
    span.end_with_timestamp(started + Duration::from_nanos(input.number() / 2));
    // What comes later changes nothing.
    span.set_attribute(KeyValue::new("late", true));
    span.end();
}
