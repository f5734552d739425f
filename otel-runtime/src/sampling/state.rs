//! The entry `ot` of a tracestate, where samplers tell the ones after them what they did (OpenTelemetry specification, "`TraceState` Handling":
//! <https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/>). What others wrote there is left as it is.

use opentelemetry::trace::TraceState;

use super::threshold::{Randomness, Threshold};

const KEY: &str = "ot";

/// A longer value is not written (W3C Trace Context, "value").
const MAX_LENGTH: usize = 256;

/// The randomness that whoever began the trace gave it explicitly.
pub(super) fn randomness(state: &TraceState) -> Option<Randomness> {
    Randomness::parse(value(state.get(KEY)?, "rv")?)
}

/// The threshold that those before applied.
pub(super) fn threshold(state: &TraceState) -> Option<Threshold> {
    Threshold::parse(value(state.get(KEY)?, "th")?)
}

/// Whether anything is said of a threshold, readable or not.
pub(super) fn has_threshold(state: &TraceState) -> bool {
    state.get(KEY).is_some_and(|members| value(members, "th").is_some())
}

/// The state, with `th:…` for this threshold.
pub(super) fn with_threshold(state: &TraceState, threshold: Threshold) -> TraceState {
    let member = format!("th:{threshold}");
    let members = state.get(KEY).unwrap_or_default();
    if members.split(';').any(|known| known == member) {
        return state.clone();
    }
    let others = others(members);
    let written = if others.is_empty() { member } else { format!("{member};{others}") };
    // Without room for the new one, the old one must not stay: it would be wrong.
    if written.len() > MAX_LENGTH { without_threshold(state) } else { state.insert(KEY, written).unwrap_or_else(|_| state.clone()) }
}

/// The state, which says of no threshold.
pub(super) fn without_threshold(state: &TraceState) -> TraceState {
    if !has_threshold(state) {
        return state.clone();
    }
    let others = others(state.get(KEY).unwrap_or_default());
    let erased = if others.is_empty() { state.delete(KEY) } else { state.insert(KEY, others) };
    let erased = erased.unwrap_or_else(|_| state.clone());
    // A list without members is no list: nothing is to be sent for it.
    if erased.header().is_empty() { TraceState::NONE } else { erased }
}

fn value<'a>(members: &'a str, key: &str) -> Option<&'a str> {
    members.split(';').find_map(|member| member.split_once(':').filter(|(found, _)| *found == key)).map(|(_, value)| value)
}

fn others(members: &str) -> String {
    let others = members.split(';').filter(|member| !member.is_empty() && *member != "th" && !member.starts_with("th:"));
    others.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(header: &str) -> TraceState {
        header.parse().expect("it is a tracestate")
    }

    fn half() -> Threshold {
        Threshold::of_ratio(0.5).expect("it is a ratio")
    }

    #[test]
    fn a_threshold_is_added_and_nothing_else_is_touched() {
        let cases = [
            ("", "ot=th:8"),
            ("a=b,c=d", "ot=th:8,a=b,c=d"),
            ("a=b,ot=rv:0123456789abcd;k1:13", "ot=th:8;rv:0123456789abcd;k1:13,a=b"),
            ("a=b,ot=p:8;th:fd70a;r:62", "ot=th:8;p:8;r:62,a=b"),
            ("ot=th:c;th:d", "ot=th:8"),
            ("ot=nonsense;th", "ot=th:8;nonsense"),
        ];
        for (before, after) in cases {
            assert_eq!(with_threshold(&state(before), half()).header(), after, "{before}");
        }
        // Nothing changed, so nothing moves.
        assert_eq!(with_threshold(&state("a=b,ot=th:8"), half()).header(), "a=b,ot=th:8");
    }

    #[test]
    fn a_threshold_is_erased_and_nothing_else_is_touched() {
        let cases = [
            ("", ""),
            ("a=b,ot=k1:13", "a=b,ot=k1:13"),
            ("a=b,ot=th:8", "a=b"),
            ("ot=th:8", ""),
            ("a=b,ot=th:x;rv:0123456789abcd", "ot=rv:0123456789abcd,a=b"),
        ];
        for (before, after) in cases {
            assert_eq!(without_threshold(&state(before)).header(), after, "{before}");
        }
        assert_eq!(without_threshold(&state("ot=th:8")), TraceState::NONE);
    }

    #[test]
    fn a_value_that_would_be_too_long_loses_its_threshold() {
        let (fits, too_long) = (format!("k1:{}", "x".repeat(248)), format!("k1:{}", "x".repeat(249)));
        assert_eq!(with_threshold(&state(&format!("ot={fits}")), half()).header(), format!("ot=th:8;{fits}"));
        assert_eq!(with_threshold(&state(&format!("ot={too_long}")), half()).header(), format!("ot={too_long}"));
        let longer = Threshold::parse("fd70a").expect("it is a threshold");
        assert_eq!(
            with_threshold(&state(&format!("ot={fits};th:c")), longer).header(),
            format!("ot={fits}"),
            "the old one is not true any more"
        );
    }

    #[test]
    fn what_was_said_is_read() {
        assert_eq!(threshold(&state("ot=rv:0123456789abcd;th:8")), Some(half()));
        assert_eq!(randomness(&state("ot=th:8;rv:0123456789abcd")), Randomness::parse("0123456789abcd"));
        assert_eq!((threshold(&state("ot=th:zz")), randomness(&state("ot=rv:12"))), (None, None));
        assert_eq!((threshold(&state("x=th:8")), randomness(&state("x=rv:0123456789abcd"))), (None, None));
    }
}
