//! What is recorded, beside what the SDK's own transformation makes of the same span.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider as _,
};
use opentelemetry::{Array, Context, InstrumentationScope, Key, KeyValue, Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;

use super::open::{OpenSpan, Template};
use super::{EncodedAttributes, Lineage, TracerProvider, data, testing};
use crate::copied::BaggageKeys;
use crate::export::otlp::testing::Chance;
use crate::limits::OfSpans;
use crate::name::AttributeKey;
use crate::sampling::Sampler;
use crate::value::{AttributeValue, Displayed, ValueWriter};

fn parent_of(span: &SpanData) -> SpanContext {
    let context = &span.span_context;
    SpanContext::new(context.trace_id(), span.parent_span_id, context.trace_flags(), span.parent_span_is_remote, TraceState::NONE)
}

/// Records what a span of the SDK's is: half of its attributes at its start, and the rest by and by.
fn recorded(span: &SpanData, limits: &OfSpans) -> Vec<u8> {
    let mut open = begun("to be renamed", &span.span_kind, limits);
    let (first, later) = span.attributes.split_at(span.attributes.len() / 2);
    for attribute in first {
        open.attributes.push(attribute);
    }
    open.context = span.span_context.clone();
    open.identify(&Lineage::of(&parent_of(span)));
    open.start(span.start_time.into());
    span.links.iter().for_each(|link| open.link(link));
    for attribute in later {
        open.set(attribute, false);
    }
    span.events.iter().for_each(|event| open.event(&event.name, event.timestamp.into(), &event.attributes));
    open.rename(&span.name);
    open.set_status(span.status.clone());
    open.end(Some(span.end_time.into())).to_vec()
}

fn begun(name: &str, kind: &SpanKind, limits: &OfSpans) -> OpenSpan {
    let mut open = OpenSpan::new();
    open.begin(name, kind, limits);
    open
}

fn work(limits: &OfSpans) -> OpenSpan {
    begun("work", &SpanKind::Internal, limits)
}

fn started(mut open: OpenSpan, at: SystemTime) -> OpenSpan {
    open.identify(&Lineage::of(&SpanContext::NONE));
    open.start(at.into());
    open
}

fn data_of(open: &OpenSpan) -> SpanData {
    data::decode(&open.so_far(), &SpanContext::NONE, &InstrumentationScope::default()).expect("it can be read")
}

/// A span by chance, of which nothing was dropped: a count of that cannot be given, it comes of what is done.
fn by_chance(chance: &mut Chance) -> SpanData {
    let mut span = chance.span(20);
    (span.dropped_attributes_count, span.events.dropped_count, span.links.dropped_count) = (0, 0, 0);
    span.events.events.iter_mut().for_each(|event| event.dropped_attributes_count = 0);
    span.links.links.iter_mut().for_each(|link| link.dropped_attributes_count = 0);
    span
}

#[test]
fn what_is_recorded_is_what_the_sdk_would_send() {
    let mut chance = Chance(11);
    for _ in 0..500 {
        let span = by_chance(&mut chance);
        let ours = Span::decode(recorded(&span, &OfSpans::NONE).as_slice()).expect("it can be read");
        assert_eq!(ours, Span::from(span));
    }
}

#[test]
fn what_the_sdk_has_is_made_of_the_bytes() {
    let mut chance = Chance(12);
    for _ in 0..500 {
        let span = by_chance(&mut chance);
        let bytes = recorded(&span, &OfSpans::NONE);
        let decoded = data::decode(&bytes, &span.span_context, &span.instrumentation_scope).expect("it can be read");
        // Of an empty array nobody can tell what it would have had in it.
        let without_empty = |span: &SpanData| {
            let mut span = span.clone();
            let of_events = span.events.events.iter_mut().flat_map(|event| &mut event.attributes);
            let of_links = span.links.links.iter_mut().flat_map(|link| &mut link.attributes);
            for attribute in span.attributes.iter_mut().chain(of_events).chain(of_links) {
                if let Value::Array(Array::Bool(_) | Array::I64(_) | Array::F64(_)) = &attribute.value
                    && attribute.value.as_str() == "[]"
                {
                    attribute.value = Value::Array(Array::String(Vec::new()));
                }
            }
            span
        };
        assert_eq!(decoded, without_empty(&span));
    }
}

fn attributes(encoded: &EncodedAttributes) -> Vec<(String, String)> {
    data::attributes(encoded).into_iter().map(|KeyValue { key, value, .. }| (key.to_string(), value.to_string())).collect()
}

#[test]
fn limits_hold_for_every_way_to_write() {
    let limits = OfSpans { attributes: 3, value_length: Some(2), ..OfSpans::default() };
    let mut open = work(&limits);
    let encoded = &mut open.attributes;
    encoded.str("text", "語語語");
    ValueWriter::new("displayed", &mut *encoded).text(format_args!("{}😀{}", 1, 23));
    encoded.value("texts", &Value::Array(Array::String(vec!["abc".into(), "a".into()])));
    encoded.i64("number", 7);
    encoded.text("more", format_args!("{}", 7));
    let expected = [("text", "語語"), ("displayed", "1😀"), ("texts", r#"["ab","a"]"#)];
    assert_eq!(attributes(encoded), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert_eq!(data_of(&open).dropped_attributes_count, 2);
}

#[test]
fn a_template_gives_way_to_limits() {
    let kind = SpanKind::Server;
    let template = Template::new("work", &kind, &[KeyValue::new("a", 1), KeyValue::new("b", "long")]);
    assert!(!template.is_within(&OfSpans { attributes: 1, ..OfSpans::default() }));
    assert!(!template.is_within(&OfSpans { value_length: Some(2), ..OfSpans::default() }));
    assert!(template.is_within(&OfSpans::default()));
    // Memory that was another span's before.
    let mut from_template = work(&OfSpans { attributes: 0, ..OfSpans::NONE });
    from_template.attributes.i64("dropped", 1);
    from_template.set_status(Status::Ok);
    from_template.begin_from(&template, &OfSpans::default());
    let mut by_hand = begun("work", &kind, &OfSpans::default());
    by_hand.attributes.i64("a", 1);
    by_hand.attributes.str("b", "long");
    assert_eq!(data_of(&from_template), data_of(&by_hand));
    assert_eq!(from_template.attributes.count, 2);
}

/// A value that shows a little of itself, and panics.
struct Panics;

impl std::fmt::Display for Panics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&"a little".repeat(100))?;
        panic!("on purpose");
    }
}

#[test]
fn a_value_that_panics_leaves_nothing_of_itself() {
    let mut encoded = work(&OfSpans::default()).attributes;
    encoded.i64("before", 1);
    assert!(crate::panics::contained(|| Displayed(&Panics).write(ValueWriter::new("panics", &mut encoded))).is_none());
    encoded.i64("after", 2);
    assert_eq!(attributes(&encoded), [("before".into(), "1".into()), ("after".into(), "2".into())]);
    assert_eq!(encoded.count, 2);
}

#[test]
fn of_one_key_the_last_value_stays() {
    const KEY: AttributeKey = AttributeKey::new("b");
    let mut encoded = work(&OfSpans::default()).attributes;
    for (key, value) in [("a", 1), ("b", 2), ("c", 3), ("a", 4)] {
        encoded.i64(key, value);
    }
    encoded.str(KEY.as_str(), &"x".repeat(1000));
    encoded.keep_last();
    assert_eq!(attributes(&encoded), [("c".into(), "3".into()), ("a".into(), "4".into()), ("b".into(), "x".repeat(1000))]);
    assert_eq!(encoded.count, 3);
}

#[test]
fn what_was_copied_from_baggage_gives_way_to_what_is_set() {
    let copied = BaggageKeys::new(vec!["tenant".to_owned()]);
    let mut open = started(work(&OfSpans { attributes: 2, ..OfSpans::default() }), SystemTime::UNIX_EPOCH);
    for (key, value) in [("tenant", "copied"), ("other", "first"), ("tenant", "set")] {
        let attribute = KeyValue::new(Key::from_static_str(key), value);
        open.set(&attribute, copied.has(&attribute.key));
    }
    let span = data_of(&open);
    assert_eq!(span.attributes, [KeyValue::new("other", "first"), KeyValue::new("tenant", "set")]);
    assert_eq!(span.dropped_attributes_count, 0);
}

#[test]
fn a_status_is_only_replaced_by_a_better_one() {
    let mut open = started(work(&OfSpans::default()), SystemTime::UNIX_EPOCH);
    open.set_status(Status::error("first"));
    open.set_status(Status::Unset);
    assert_eq!(data_of(&open).status, Status::error("first"));
    open.set_status(Status::Ok);
    open.set_status(Status::error("later"));
    assert_eq!(data_of(&open).status, Status::Ok);
}

#[test]
fn nothing_ends_before_it_started() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(5);
    let mut open = started(work(&OfSpans::default()), start);
    let bytes = open.end(Some(SystemTime::UNIX_EPOCH.into()));
    let span = data::decode(bytes, &SpanContext::NONE, &InstrumentationScope::default());
    assert_eq!(span.map(|span| (span.start_time, span.end_time)), Some((start, start)));
}

#[test]
fn at_the_limit_a_key_that_comes_again_takes_its_own_place() {
    let mut encoded = work(&OfSpans { attributes: 2, ..OfSpans::default() }).attributes;
    encoded.i64("a", 1);
    encoded.i64("b", 2);
    encoded.i64("a", 3);
    assert_eq!((attributes(&encoded)[0].1.as_str(), encoded.dropped), ("1", 1), "where keys are not to come again, nobody looks");
    encoded.replace();
    encoded.text("a", format_args!("{}", 4));
    encoded.i64("c", 5);
    assert_eq!(attributes(&encoded), [("b".into(), "2".into()), ("a".into(), "4".into())]);
    assert_eq!((encoded.count, encoded.dropped), (2, 2));
}

#[test]
fn after_the_end_a_span_is_what_its_parent_is() {
    let recorder = testing::recorder(Sampler::always_on(), testing::Ended::default());
    let tracer = TracerProvider::new(Arc::clone(&recorder)).tracer("test");
    let parent = SpanContext::new(TraceId::from(1), SpanId::from(2), TraceFlags::SAMPLED, true, TraceState::NONE);
    let context = Context::new().with_remote_span_context(parent.clone());
    assert!(tracer.start_with_context("before", &context).is_recording());
    recorder.shut_down(Duration::ZERO);
    let span = tracer.start_with_context("after", &context);
    assert!(!span.is_recording());
    assert_eq!(*span.span_context(), parent, "nobody is told of a span that there is not");
}

#[test]
fn a_parent_that_is_not_valid_is_none() {
    let ended = testing::Ended::default();
    let recorder = testing::recorder(Sampler::always_on(), ended.clone());
    let half = SpanContext::new(TraceId::INVALID, SpanId::from(2), TraceFlags::SAMPLED, true, TraceState::NONE);
    let tracer = TracerProvider::new(recorder).tracer("test");
    drop(tracer.start_with_context("root", &Context::new().with_remote_span_context(half)));
    let ended = ended.spans();
    assert_eq!((ended.len(), ended[0].parent_span_id), (1, SpanId::INVALID));
    assert!(ended[0].span_context.is_valid());
}
