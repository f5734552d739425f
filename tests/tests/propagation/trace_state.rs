//! `tracestate`: <https://www.w3.org/TR/trace-context-2/#tracestate-header>.

use otel_runtime::context::Context;
use otel_runtime::opentelemetry::trace::{SpanContext, TraceContextExt, TraceState};
use otel_runtime::propagation::{Format, Propagator};
use tests::propagation::{Headers, assert_valid};

use crate::{SPAN, TRACE, received, span};

fn context(headers: &[&str]) -> Context {
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let states = headers.iter().map(|state| ("tracestate", *state));
    received(Format::TRACE_CONTEXT, &[("traceparent", parent.as_str())].into_iter().chain(states).collect::<Vec<_>>())
}

/// What is sent on; `None` if there is no header.
fn sent(context: &Context) -> Option<String> {
    let sent = Headers::sent(&Propagator::new([Format::TRACE_CONTEXT]), context);
    assert_valid(&sent);
    assert!(sent.value("traceparent").is_some(), "whatever the tracestate is like");
    sent.value("tracestate").map(str::to_owned)
}

fn forwarded(headers: &[&str]) -> Option<String> {
    sent(&context(headers))
}

/// With another state, as a sampler gives it.
fn with_state(context: &Context, state: TraceState) -> Context {
    let span = span(context);
    context.with_remote_span_context(SpanContext::new(span.trace_id(), span.span_id(), span.trace_flags(), false, state))
}

#[test]
fn members_go_on_in_their_order() {
    let cases: [(&[&str], Option<&str>); 21] = [
        (&["foo=1"], Some("foo=1")),
        (&["foo=1,bar=2"], Some("foo=1,bar=2")),
        // Several headers are one list.
        (&["foo=1", "bar=2"], Some("foo=1,bar=2")),
        (&["bar=2", "", "foo=1,baz=3"], Some("bar=2,foo=1,baz=3")),
        // Blanks around members, and members of nothing.
        (&["foo=1 \t , \t bar=2, \t baz=3"], Some("foo=1,bar=2,baz=3")),
        (&["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], Some("foo=1,bar=2,baz=3")),
        (&[" foo=1"], Some("foo=1")),
        (&["foo=1,,,bar=2,"], Some("foo=1,bar=2")),
        (&[""], None),
        (&[" ,\t,"], None),
        // A blank belongs to a value where it does not end it.
        (&["foo= 1 2 "], Some("foo= 1 2")),
        // Keys of level 2, which may have anything but for the first character.
        (&["0a=1,a@b@c=2,a@0123456789abcdef=3,a_-*/@=4"], Some("0a=1,a@b@c=2,a@0123456789abcdef=3,a_-*/@=4")),
        // What is no member is left out, and the others stay.
        (&["foo=1,nonsense,bar=2"], Some("foo=1,bar=2")),
        (&["foo =1,bar=2"], Some("bar=2")),
        (&["=1,foo=,bar=2"], Some("bar=2")),
        (&["foo=bar=baz,a==1,bar=2"], Some("bar=2")),
        (&["FOO=1,@foo=1,_foo=1,foo.bar=1,bar=2"], Some("bar=2")),
        (&["foo=\u{e9},a=\u{7f},b=\u{1},bar=2"], Some("bar=2")),
        (&["nonsense"], None),
        // The newest of a key counts, which comes first.
        (&["foo=1,foo=1"], Some("foo=1")),
        (&["foo=1,bar=2", "foo=2"], Some("foo=1,bar=2")),
    ];
    for (headers, expected) in cases {
        assert_eq!(forwarded(headers).as_deref(), expected, "{headers:?}");
    }
}

#[test]
fn keys_and_values_have_a_length() {
    let key = |length: usize| format!("{}=1", "z".repeat(length));
    let value = |length: usize| format!("a={}", "v".repeat(length));
    let visible: String = (' '..='~').filter(|c| !",=".contains(*c)).collect();
    for member in [key(256), value(256), format!("a={visible}"), format!("{}={}", "k".repeat(255), "v".repeat(256))] {
        assert_eq!(forwarded(&[&member]).as_deref(), Some(member.as_str()), "{member}");
    }
    for member in [key(257), value(257)] {
        assert_eq!(forwarded(&["foo=1", &member]).as_deref(), Some("foo=1"), "{member}");
    }
}

#[test]
fn a_list_of_more_than_32_is_none() {
    let members = |count: usize| (1..=count).map(|number| format!("bar{number:02}={number:02}")).collect::<Vec<_>>();
    let all = members(32).join(",");
    assert_eq!(forwarded(&[&all]).as_deref(), Some(all.as_str()));
    assert_eq!(forwarded(&[&members(16).join(","), ",,,", &members(32)[16..].join(", ")]).as_deref(), Some(all.as_str()));
    assert_eq!(forwarded(&[&members(33).join(",")]), None);
    assert_eq!(forwarded(&[&all, "x=1"]), None);
}

#[test]
fn what_is_too_long_is_shortened_by_whole_members_the_long_ones_first() {
    let member = |key: &str, length: usize| format!("{key}={}", "v".repeat(length - key.len() - 1));
    // 4 × 127 and three commas are 511.
    let fits = [member("a", 127), member("b", 127), member("c", 127), member("d", 128)].join(",");
    assert_eq!(fits.len(), 512);
    assert_eq!(forwarded(&[&fits]).as_deref(), Some(fits.as_str()));
    // One more goes from the end,
    assert_eq!(forwarded(&[&fits, "e=1"]).as_deref(), Some(fits.as_str()));
    // unless there is a long one, wherever it stands.
    let (long, short) = (member("long", 129), member("short", 128));
    assert_eq!(forwarded(&[&long, &fits]).as_deref(), Some(fits.as_str()));
    let rest = fits.rsplit_once(',').expect("there are several").0;
    assert_eq!(forwarded(&[&short, &fits]).as_deref(), Some(format!("{short},{rest}").as_str()));
    // Of long ones too, only as many as have to.
    let two = [member("x", 200), member("y", 200)].join(",");
    assert_eq!(forwarded(&[&two, &long]).as_deref(), Some(two.as_str()));
}

#[test]
fn a_change_here_moves_to_the_front_and_keeps_what_the_api_cannot_hold() {
    let context = context(&["foo=1,a@b@c=2,bar=3"]);
    let state = span(&context).trace_state().clone();
    assert_eq!(state.header(), "foo=1,bar=3", "what the API holds");
    let inserted = state.insert("ours", "9").expect("it is valid");
    assert_eq!(sent(&with_state(&context, inserted)).as_deref(), Some("ours=9,foo=1,a@b@c=2,bar=3"));
    let changed = state.insert("bar", "4").expect("it is valid");
    assert_eq!(sent(&with_state(&context, changed)).as_deref(), Some("bar=4,foo=1,a@b@c=2"));
    let deleted = state.delete("foo").expect("it is valid");
    assert_eq!(sent(&with_state(&context, deleted)).as_deref(), Some("a@b@c=2,bar=3"));
}

#[test]
fn what_was_received_with_one_trace_is_not_sent_with_another() {
    let context = context(&["a@b@c=2"]);
    let other = received(Format::TRACE_CONTEXT, &[("traceparent", &format!("00-{}-{SPAN}-01", "1".repeat(32)))]);
    assert_eq!(sent(&context.with_remote_span_context(span(&other))), None);
    // Nor is that of an earlier request of the same trace.
    let again = Headers::new(&[("traceparent", &format!("00-{TRACE}-{SPAN}-01"))]);
    let propagator = Propagator::new([Format::TRACE_CONTEXT]);
    let again = otel_runtime::opentelemetry::propagation::TextMapPropagator::extract_with_context(&propagator, &context, &again);
    assert_eq!(sent(&again), None);
}

#[test]
fn what_the_api_accepts_and_the_format_does_not_is_not_sent() {
    let states = [("foo", "\n"), ("foo", "a\u{e9}"), ("", "1"), ("foo", ""), ("foo", "ends ")];
    for (key, value) in states {
        let state = TraceState::from_key_value([(key, value), ("bar", "2")]).expect("the API takes it");
        assert_eq!(sent(&with_state(&context(&[]), state)).as_deref(), Some("bar=2"), "{key:?}={value:?}");
    }
}
