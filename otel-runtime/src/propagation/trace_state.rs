//! `tracestate`: <https://www.w3.org/TR/trace-context-2/#tracestate-header>.

use opentelemetry::trace::TraceState;

use super::BLANK;

/// The most members of a list.
const MAX_MEMBERS: usize = 32;
/// As many characters must be passed on; what goes beyond is shortened.
const MAX_LENGTH: usize = 512;
/// Members longer than this go first.
const LONG: usize = 128;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    key: String,
    value: String,
}

impl Member {
    /// `None` if it does not follow the grammar.
    fn new(key: &str, value: &str) -> Option<Self> {
        let starts = key.bytes().next().is_some_and(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
        let key_char = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@');
        let is_key = starts && key.len() <= 256 && key.bytes().all(key_char);
        let value_char = |byte| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'=');
        let is_value = (1..=256).contains(&value.len()) && !value.ends_with(' ') && value.bytes().all(value_char);
        (is_key && is_value).then(|| Self { key: key.to_owned(), value: value.to_owned() })
    }

    fn parse(text: &str) -> Option<Self> {
        text.split_once('=').and_then(|(key, value)| Self::new(key, value))
    }

    fn len(&self) -> usize {
        self.key.len() + 1 + self.value.len()
    }

    /// Whether a `TraceState` takes it, whose keys are those of level 1.
    fn is_held(&self) -> bool {
        TraceState::from_key_value([(&self.key, &self.value)]).is_ok()
    }
}

/// What the headers have together: as the API can hold it, and all of it if that is more.
pub(super) fn parse(headers: &[&str]) -> (TraceState, Vec<Member>) {
    let texts = headers.iter().flat_map(|header| header.split(',')).map(|text| text.trim_matches(BLANK)).filter(|text| !text.is_empty());
    // A longer one is no list at all.
    if texts.clone().count() > MAX_MEMBERS {
        return (TraceState::NONE, Vec::new());
    }
    let mut members: Vec<Member> = Vec::new();
    for member in texts.filter_map(Member::parse) {
        // The newest comes first, and only one of a key is allowed.
        if members.iter().all(|known| known.key != member.key) {
            members.push(member);
        }
    }
    let held = || members.iter().filter(|member| member.is_held()).map(|member| (&member.key, &member.value));
    let state = TraceState::from_key_value(held()).unwrap_or_default();
    let all_held = held().count() == members.len();
    (state, if all_held { Vec::new() } else { members })
}

/// The header for what a span has and what was received beside; empty if there is nothing to send.
pub(super) fn header(state: &TraceState, received: &[Member]) -> String {
    let current: Vec<Member> = state.into_iter().filter_map(|(key, value)| Member::new(key, value)).collect();
    // What was changed here stands before what was not, and what was taken away is gone.
    let changed = current.iter().filter(|member| !received.contains(member));
    let kept = received.iter().filter(|member| current.contains(member) || !member.is_held());
    let mut members: Vec<&Member> = Vec::new();
    for member in changed.chain(kept) {
        if members.iter().all(|known| known.key != member.key) {
            members.push(member);
        }
    }
    shorten(&mut members);
    let texts: Vec<String> = members.iter().map(|Member { key, value }| format!("{key}={value}")).collect();
    texts.join(",")
}

/// Leaves out whole members: those that are long first, then from the end.
fn shorten(members: &mut Vec<&Member>) {
    members.truncate(MAX_MEMBERS);
    while members.iter().map(|member| member.len() + 1).sum::<usize>() > MAX_LENGTH + 1 {
        let long = members.iter().rposition(|member| member.len() > LONG);
        members.remove(long.unwrap_or(members.len() - 1));
    }
}
