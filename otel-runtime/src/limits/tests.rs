use std::time::{Duration, SystemTime};

use opentelemetry::logs::{Logger, LoggerProvider, Severity};
use opentelemetry::trace::{SpanId, TraceFlags, TraceId};
use opentelemetry_sdk::logs::SdkLoggerProvider;

use super::*;

fn record() -> SdkLogRecord {
    SdkLoggerProvider::builder().build().logger("test").create_log_record()
}

/// One character of each length, one of two code points, and a family of seven.
const TEXTS: [&str; 6] = ["", "plain", "é\u{301}é", "語語語語語", "😀😀😀", "a👨‍👩‍👧‍👦b語é"];

#[test]
fn a_text_is_cut_between_two_characters() {
    for text in TEXTS {
        for limit in 0..20 {
            let kept = beginning(text, limit);
            let expected: String = text.chars().take(limit).collect();
            assert_eq!(kept.unwrap_or(text), expected, "{text} to {limit}");
            assert_eq!(kept.is_some(), text.chars().count() > limit, "{text} to {limit}");
        }
    }
}

fn map(text: &'static str) -> AnyValue {
    AnyValue::Map(Box::new([(Key::from("a long key"), AnyValue::from(text))].into_iter().collect()))
}

fn full_record(values: Vec<AnyValue>) -> SdkLogRecord {
    let mut record = record();
    record.set_timestamp(SystemTime::UNIX_EPOCH);
    record.set_observed_timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(1));
    record.set_event_name("a long name");
    record.set_target("a long target");
    record.set_severity_number(Severity::Info3);
    record.set_severity_text("a long text");
    record.set_trace_context(TraceId::from(1), SpanId::from(2), Some(TraceFlags::SAMPLED));
    record.set_body(map("a long body"));
    record.add_attributes(values.into_iter().map(|value| ("key", value)));
    record
}

fn values() -> Vec<AnyValue> {
    let list = vec![AnyValue::from("😀😀😀"), map("語語語"), AnyValue::ListAny(Box::new(vec!["abc".into()]))];
    let bytes = AnyValue::Bytes(Box::new(vec![0xff; 3]));
    vec!["abc".into(), bytes, AnyValue::ListAny(Box::new(list)), map("abc"), 12345.into(), true.into()]
}

fn shortened_values() -> Vec<AnyValue> {
    let list = vec![AnyValue::from("😀😀"), map("語語"), AnyValue::ListAny(Box::new(vec!["ab".into()]))];
    let bytes = AnyValue::Bytes(Box::new(vec![0xff; 2]));
    vec!["ab".into(), bytes, AnyValue::ListAny(Box::new(list)), map("ab"), 12345.into(), true.into()]
}

#[test]
fn values_inside_values_of_log_records_are_shortened() {
    let limits = OfLogs { value_length: Some(2), ..OfLogs::default() };
    let whole = full_record(values());
    assert!(limits.is_any_too_long(&whole));
    let kept = limits.copy(&whole, record());
    assert_eq!(kept, full_record(shortened_values()));
    assert!(!limits.is_any_too_long(&kept));
    for value in values() {
        let is_long = !matches!(value, AnyValue::Int(_) | AnyValue::Boolean(_));
        assert_eq!(limits.is_any_too_long(&full_record(vec![value])), is_long);
    }
}

#[test]
fn the_first_attributes_of_a_log_record_are_kept() {
    let whole = full_record(values());
    for attributes in 0..10 {
        let limits = OfLogs { attributes, value_length: None };
        assert_eq!(limits.dropped(&whole), 6_u32.saturating_sub(attributes));
        let kept = values().into_iter().take(attributes as usize).collect();
        assert_eq!(limits.copy(&whole, record()), full_record(kept));
    }
}

#[test]
fn what_is_dropped_need_not_be_short() {
    let limits = OfLogs { attributes: 1, value_length: Some(3) };
    assert!(!limits.is_any_too_long(&full_record(vec!["abc".into(), "abcd".into()])));
}
