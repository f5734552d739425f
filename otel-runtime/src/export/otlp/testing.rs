//! What the tests of this room share: spans and log records of all shapes, by chance, and the same ones on every run.

use std::time::{Duration, SystemTime};

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger, SdkLoggerProvider};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// `SplitMix64`: the numbers of a seed.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end as u64).unwrap_or_default()
    }

    /// Mostly few, sometimes as many as `most`.
    pub(crate) fn few(&mut self, most: usize) -> usize {
        if self.below(8) == 0 { self.below(most + 1) } else { self.below(4) }
    }

    pub(crate) fn many<T>(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.few(most)).map(|_| make(self)).collect()
    }

    /// Characters of every length, with one that combines.
    pub(crate) fn text(&mut self, most: usize) -> String {
        let letters = ['a', 'é', '語', '😀', '\u{301}'];
        let letter = letters[self.below(letters.len())];
        self.many(most, |_| letter).into_iter().collect()
    }

    fn integer(&mut self) -> i64 {
        self.number().cast_signed() >> self.below(64)
    }

    fn attribute(&mut self) -> KeyValue {
        let value: Value = match self.below(8) {
            0 => self.integer().into(),
            1 => true.into(),
            2 => 0.5.into(),
            3 => Value::Array(self.many(300, Self::integer).into()),
            4 => Value::Array(self.many(300, |chance| chance.below(2) == 0).into()),
            5 => Value::Array(self.many(300, |_| 0.5).into()),
            6 => Value::Array(self.many(30, |chance| StringValue::from(chance.text(300))).into()),
            _ => self.text(3000).into(),
        };
        KeyValue::new(self.text(20), value)
    }

    fn context(&mut self) -> SpanContext {
        let (trace, span) = (TraceId::from(u128::from(self.number())), SpanId::from(self.number()));
        SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE)
    }

    pub(crate) fn span(&mut self, attributes: usize) -> SpanData {
        let now = SystemTime::UNIX_EPOCH + Duration::from_nanos(self.number() >> 1);
        let mut events = SpanEvents::default();
        events.events = self.many(10, |chance| Event::new(chance.text(30), now, chance.many(10, Self::attribute), u32::MAX));
        events.dropped_count = u32::MAX;
        let mut links = SpanLinks::default();
        links.links = self.many(10, |chance| Link::new(chance.context(), chance.many(10, Self::attribute), u32::MAX));
        links.dropped_count = u32::MAX;
        SpanData {
            span_context: self.context(),
            parent_span_id: SpanId::from(self.number()),
            parent_span_is_remote: true,
            span_kind: SpanKind::Consumer,
            name: self.text(100).into(),
            start_time: now,
            end_time: now,
            attributes: self.many(attributes, Self::attribute),
            dropped_attributes_count: u32::MAX,
            events,
            links,
            status: Status::error(self.text(1000)),
            instrumentation_scope: InstrumentationScope::builder(["one", "two"][self.below(2)]).build(),
        }
    }

    /// A value with others inside, so many levels deep at most.
    fn any(&mut self, depth: usize) -> AnyValue {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => AnyValue::Int(self.integer()),
            1 => AnyValue::Boolean(true),
            2 => AnyValue::Double(0.5),
            3 => AnyValue::Bytes(Box::new(self.text(3000).into_bytes())),
            4 => AnyValue::String(self.text(3000).into()),
            5 => AnyValue::ListAny(Box::new(self.many(30, |chance| chance.any(depth - 1)))),
            _ => AnyValue::Map(Box::new(self.many(30, |chance| (chance.text(20).into(), chance.any(depth - 1))).into_iter().collect())),
        }
    }

    pub(crate) fn log(&mut self, attributes: usize) -> SdkLogRecord {
        let now = SystemTime::UNIX_EPOCH + Duration::from_nanos(self.number() >> 1);
        let mut record = logger().create_log_record();
        record.set_timestamp(now);
        record.set_observed_timestamp(now);
        record.set_event_name("shop.order.placed");
        record.set_target(["one", "two"][self.below(2)]);
        record.set_severity_number(Severity::Fatal4);
        record.set_severity_text("worse than ever");
        record.set_trace_context(TraceId::from(1), SpanId::from(1), Some(TraceFlags::SAMPLED));
        record.set_body(self.any(3));
        for _ in 0..self.few(attributes) {
            let key = self.text(20);
            let value = self.any(3);
            record.add_attribute(key, value);
        }
        record
    }
}

/// Makes records.
pub(crate) fn logger() -> SdkLogger {
    SdkLoggerProvider::builder().build().logger("test")
}
