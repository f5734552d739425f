use std::collections::HashMap;
use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Key, KeyValue, Value};

use super::{any_value, attributes, columns, duration, elapsed, escape, excerpt, offset, timestamp};

#[test]
fn control_characters_are_escaped() {
    assert_eq!(escape("\x1b[31mred"), "\\x1b[31mred");
    assert_eq!(escape("a\r\n\tb\x7f\0"), "a\\r\\n\\tb\\x7f\\x00");
    // The one-byte form of an escape sequence's beginning.
    assert_eq!(escape("\u{9b}31m"), "\\u{9b}31m");
}

#[test]
fn direction_and_line_separators_are_escaped() {
    assert_eq!(escape("a\u{202e}b\u{2028}c"), "a\\u{202e}b\\u{2028}c");
    assert_eq!(escape("größe 価格 🎉"), "größe 価格 🎉");
}

#[test]
fn long_texts_are_shortened() {
    assert_eq!(excerpt("12345", 5), "12345");
    assert_eq!(excerpt("123456", 5), "1234…");
    assert_eq!(excerpt("価格価格", 5), "価格…");
    // An escape is kept whole or not at all.
    assert_eq!(excerpt("abc\x1bdef", 5), "abc…");
}

#[test]
fn wide_and_combining_characters_have_their_columns() {
    assert_eq!(columns("abc"), 3);
    assert_eq!(columns("価格"), 4);
    assert_eq!(columns("e\u{301}"), 1);
}

#[test]
fn durations_have_the_unit_that_suits_them() {
    let nanos = |nanos| duration(Duration::from_nanos(nanos));
    assert_eq!(nanos(0), "0 ns");
    assert_eq!(nanos(999), "999 ns");
    assert_eq!(nanos(1_000), "1 µs");
    assert_eq!(nanos(1_230), "1.23 µs");
    assert_eq!(nanos(100_000), "100 µs");
    assert_eq!(nanos(999_999), "999 µs");
    assert_eq!(nanos(10_040_000), "10 ms");
    assert_eq!(nanos(1_200_000), "1.2 ms");
    assert_eq!(nanos(61_500_000_000), "61.5 s");
    assert_eq!(nanos(7_200_000_000_000), "7200 s");
    assert_eq!(duration(Duration::MAX), "18446744073709551615 s");
}

#[test]
fn a_clock_set_back_gives_negative_times() {
    let later = UNIX_EPOCH + Duration::from_millis(2);
    assert_eq!(elapsed(UNIX_EPOCH, later), "2 ms");
    assert_eq!(elapsed(later, UNIX_EPOCH), "-2 ms");
    assert_eq!(offset(UNIX_EPOCH, later), "+2 ms");
    assert_eq!(offset(later, UNIX_EPOCH), "-2 ms");
}

#[test]
fn timestamps_follow_the_calendar() {
    let after = |millis| timestamp(UNIX_EPOCH + Duration::from_millis(millis));
    assert_eq!(after(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(after(951_782_399_999), "2000-02-28T23:59:59.999Z");
    assert_eq!(after(951_782_400_000), "2000-02-29T00:00:00.000Z");
    assert_eq!(after(1_709_251_199_000), "2024-02-29T23:59:59.000Z");
    assert_eq!(after(1_700_000_000_120), "2023-11-14T22:13:20.120Z");
    assert_eq!(after(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    let before = UNIX_EPOCH - Duration::from_millis(1);
    assert_eq!(timestamp(before), "1969-12-31T23:59:59.999Z");
}

#[test]
fn attributes_are_shown_once_and_quoted_if_need_be() {
    let list = [
        KeyValue::new("retries", 1),
        KeyValue::new("query", "select \"a\" from b"),
        KeyValue::new("empty", ""),
        KeyValue::new("ratio", 0.5),
        KeyValue::new("tags", Value::Array(Array::I64(vec![1, 2]))),
        KeyValue::new("retries", 2),
    ];
    assert_eq!(attributes(&list), r#"query="select \"a\" from b" empty="" ratio=0.5 tags=[1,2] retries=2"#);
}

#[test]
fn keys_and_values_cannot_steer_and_do_not_go_on_for_ever() {
    let list = [KeyValue::new("\x1bkey", "\x1b[2J"), KeyValue::new("long", "x".repeat(1_000))];
    let expected = format!("\\x1bkey=\\x1b[2J long={}…", "x".repeat(59));
    assert_eq!(attributes(&list), expected);
}

#[test]
fn values_of_logs_may_be_nested() {
    let list = AnyValue::ListAny(Box::new(vec![AnyValue::Int(1), AnyValue::Double(2.0)]));
    let map = HashMap::from([(Key::new("list"), list), (Key::new("bytes"), AnyValue::from(&[1_u8, 2][..]))]);
    let map = AnyValue::Map(Box::new(map));
    assert_eq!(any_value(&map), "{bytes: [2 bytes], list: [1, 2.0]}");
}
