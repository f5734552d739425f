//! Pieces of text: escaping, shortening, widths, times and attribute values.
//!
//! Everything that comes from data goes through [`escape`] or [`excerpt`], so
//! that it can neither steer the terminal nor break out of its line.

use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::logs::AnyValue;
use opentelemetry::{Key, KeyValue, Value};

#[cfg(test)]
mod tests;

/// The columns an attribute's key or value may take before it is shortened.
const ATTRIBUTE_LIMIT: usize = 60;

/// `text` with everything escaped that could steer a terminal.
pub(super) fn escape(text: &str) -> String {
    excerpt(text, usize::MAX)
}

/// Like [`escape`], shortened with `…` to at most `limit` columns.
pub(super) fn excerpt(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    // Where to cut so that one column is left for the `…`.
    let mut cut = 0;
    for c in text.chars() {
        let start = out.len();
        push_escaped(&mut out, c);
        used += columns(&out[start..]);
        if used > limit {
            out.truncate(cut);
            out.push('…');
            break;
        }
        if used < limit {
            cut = out.len();
        }
    }
    out
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_ascii_control() => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        c if c.is_control() || reorders(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

/// Whether `c` separates lines or changes the direction in which a terminal
/// shows what stands around it.
fn reorders(c: char) -> bool {
    matches!(
        c,
        '\u{061c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// The columns `text` takes in a terminal.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

/// A rough cut of Unicode's East Asian width and combining classes; right for
/// what names are made of in practice.
fn char_columns(c: char) -> usize {
    match c {
        '\u{0300}'..='\u{036f}' | '\u{200b}'..='\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// A number of things: `1 span`, `2 spans`.
pub(super) fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A duration in the unit that suits it, with three significant digits.
///
/// Further digits are cut off rather than rounded: 999.9 µs must not become
/// 1000 µs.
pub(super) fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (unit, symbol) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let whole = nanos / unit;
    let hundredths = nanos % unit * 100 / unit;
    let number = match whole {
        0..10 => format!("{whole}.{hundredths:02}"),
        10..100 => format!("{whole}.{}", hundredths / 10),
        _ => format!("{whole}."),
    };
    let number = number.trim_end_matches('0').trim_end_matches('.');
    // The point of a whole number above keeps its own zeros from being trimmed.
    format!("{number} {symbol}")
}

/// The time from one moment to another, negative if the clock was set back.
pub(super) fn elapsed(from: SystemTime, to: SystemTime) -> String {
    offset(from, to).trim_start_matches('+').to_owned()
}

/// Like [`elapsed`], always with its sign.
pub(super) fn offset(from: SystemTime, to: SystemTime) -> String {
    match to.duration_since(from) {
        Ok(ahead) => format!("+{}", duration(ahead)),
        Err(behind) => format!("-{}", duration(behind.duration())),
    }
}

/// A moment in UTC as RFC 3339 has it, with milliseconds.
pub(super) fn timestamp(time: SystemTime) -> String {
    const DAY: i128 = 24 * 60 * 60 * 1_000;
    let millis = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => whole_millis(since),
        Err(before) => -whole_millis(before.duration()),
    };
    let (year, month, day) = civil_date(millis.div_euclid(DAY));
    let of_day = millis.rem_euclid(DAY);
    let (seconds, millis) = (of_day / 1_000, of_day % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

fn whole_millis(duration: Duration) -> i128 {
    i128::from(duration.as_secs()) * 1_000 + i128::from(duration.subsec_millis())
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian
/// calendar (the algorithm is Howard Hinnant's `civil_from_days`).
///
/// Years start in March here, which puts the leap day at the end of a year and
/// makes the lengths of the months regular.
fn civil_date(days: i128) -> (i128, i128, i128) {
    const ERA: i128 = 146_097;
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let january_or_february = i128::from(month <= 2);
    (year + era * 400 + january_or_february, month, day)
}

/// Attributes as `key=value`, separated by spaces.
///
/// The SDK keeps what was set twice twice; as the specification has it, the
/// last value of a key is the one that counts.
pub(super) fn attributes<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> String {
    let all: Vec<_> = attributes.into_iter().collect();
    let last_of_key = |(index, attribute): &(usize, &&KeyValue)| !all[index + 1..].iter().any(|a| a.key == attribute.key);
    let shown = all.iter().enumerate().filter(last_of_key);
    let shown: Vec<_> = shown.map(|(_, a)| pair(&a.key, &value(&a.value))).collect();
    shown.join(" ")
}

/// Attributes of a log record, which have a richer kind of value.
pub(super) fn log_attributes<'a>(attributes: impl IntoIterator<Item = &'a (Key, AnyValue)>) -> String {
    let shown: Vec<_> = attributes
        .into_iter()
        .map(|(key, value)| match value {
            AnyValue::String(text) => pair(key, &quoted(text.as_str())),
            other => pair(key, &excerpt(&any_value(other), ATTRIBUTE_LIMIT)),
        })
        .collect();
    shown.join(" ")
}

fn pair(key: &Key, value: &str) -> String {
    format!("{}={value}", excerpt(key.as_str(), ATTRIBUTE_LIMIT))
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text.as_str()),
        other => excerpt(&other.as_str(), ATTRIBUTE_LIMIT),
    }
}

/// A string value, in quotes where its end could not be seen without them.
fn quoted(text: &str) -> String {
    let text = excerpt(text, ATTRIBUTE_LIMIT);
    if text.is_empty() || text.contains([' ', '"']) { format!("\"{}\"", text.replace('"', "\\\"")) } else { text }
}

/// The text of a log value, not yet escaped.
pub(super) fn any_value(value: &AnyValue) -> String {
    match value {
        AnyValue::Int(number) => number.to_string(),
        AnyValue::Double(number) => format!("{number:?}"),
        AnyValue::String(text) => text.as_str().to_owned(),
        AnyValue::Boolean(truth) => truth.to_string(),
        AnyValue::Bytes(bytes) => format!("[{}]", count(bytes.len(), "byte")),
        AnyValue::ListAny(list) => {
            let items: Vec<_> = list.iter().map(any_value).collect();
            format!("[{}]", items.join(", "))
        }
        AnyValue::Map(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, value)| format!("{}: {}", key.as_str(), any_value(value))).collect();
            // A hash map's own order changes from run to run.
            entries.sort_unstable();
            format!("{{{}}}", entries.join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// Says how many attributes were dropped, for being over the limit.
pub(super) fn with_dropped(attributes: String, dropped: u32) -> String {
    match (attributes.is_empty(), dropped) {
        (_, 0) => attributes,
        (true, _) => format!("(+{dropped} dropped)"),
        (false, _) => format!("{attributes} (+{dropped} dropped)"),
    }
}
