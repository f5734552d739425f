//! What holds of each format whatever is received: random bytes, and what is nearly valid.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use tests::propagation as statements;

/// Some of the pieces of headers, in their order, and then a few mistakes.
fn nearly(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    const SPOILERS: &[&str] = &["\n", "0", "1", "-", "=", ",", ";", ":", " ", "\t", "%", "%ff", "ä", "\u{0}", "\u{7f}", "A", "\"", "\\"];
    let text = prop_oneof![4 => select(SPOILERS).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    let mistakes = vec((any::<prop::sample::Index>(), any::<bool>(), text), 0..4);
    (subsequence(pieces, 1..=pieces.len()), mistakes).prop_map(|(pieces, mistakes)| {
        let mut characters: Vec<char> = pieces.concat().chars().collect();
        for (index, replaces, text) in mistakes {
            let index = index.index(characters.len());
            characters.splice(index..index + usize::from(replaces), text.chars());
        }
        characters.into_iter().collect::<String>().into_bytes()
    })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..200)
}

const TRACEPARENT: &[&str] = &[
    "\n000-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "\n1foo=1,",
    "a@b@c=x,",
    "bar=2",
    "\n1",
    "v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v v,",
    "a=,foo=2",
    ",a@b@c=x",
];
const BAGGAGE: &[&str] =
    &["\n0", "a=", "b=1", "%2C", ";q", ",", "%41=%41", "%E4%BC%9A", ";p=%2Cx=1", "\n0", "value", "=", "key", ",a=2", ";r;s=", ",", "c==;"];
const B3: &[&str] = &[
    "\n04bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
    "-1",
    "-05e3ac9a4f6e3b90",
    "\n14bf92f3577b34da6a3ce929d0e0e4736",
    "\n200f067aa0ba902b7",
    "\n30",
    "\n41",
];
const JAEGER: &[&str] = &["\n04bf92f3577b34da6a3ce929d0e0e4736%3A00f067aa0ba902b7", ":0:", "3", "\n1x%20y", "\n2", "%2C", "\n3z"];
const ENVIRONMENT: &[&str] = &[
    "\n000-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "\n1foo=1",
    "\n2a=1,b=%2C;p",
    "\n34bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
    "\n44bf92f3577b34da6a3ce929d0e0e4736",
    "\n500f067aa0ba902b7",
    "\n61",
    "\n7Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
];
const XRAY: &[&str] = &["\n0Self=x", ";Root=1-5759e988-bd862e3fe1be46a994272793", ";Parent=53995c3f42cd8ad8", ";Sampled=", "1", ";x=?"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn trace_context(input in prop_oneof![bytes(), nearly(TRACEPARENT)]) {
        statements::trace_context(&input);
    }

    #[test]
    fn environment(input in prop_oneof![bytes(), nearly(ENVIRONMENT)]) {
        statements::environment(&input);
    }

    #[test]
    fn baggage(input in prop_oneof![bytes(), nearly(BAGGAGE)]) {
        statements::baggage(&input);
    }

    #[test]
    fn own_baggage(input in prop_oneof![bytes(), nearly(BAGGAGE)]) {
        statements::own_baggage(&input);
    }

    #[test]
    fn b3(input in prop_oneof![bytes(), nearly(B3)]) {
        statements::b3(&input);
    }

    #[test]
    fn jaeger(input in prop_oneof![bytes(), nearly(JAEGER)]) {
        statements::jaeger(&input);
    }

    #[test]
    fn xray(input in prop_oneof![bytes(), nearly(XRAY)]) {
        statements::xray(&input);
    }

    /// Whatever the flags are, sampled and random come out as they went in, and nothing else does.
    #[test]
    fn flags(trace in 1_u128.., span in 1_u64.., flags in any::<u8>()) {
        let input = format!("000-{trace:032x}-{span:016x}-{flags:02x}");
        let headers = statements::Headers::from_input(&["traceparent"], input.as_bytes());
        let propagator = otel_runtime::propagation::Propagator::new([otel_runtime::propagation::Format::TRACE_CONTEXT]);
        let context = otel_runtime::opentelemetry::propagation::TextMapPropagator::extract(&propagator, &headers);
        let sent = statements::Headers::sent(&propagator, &context);
        let expected = format!("00-{trace:032x}-{span:016x}-{:02x}", flags & 0x03);
        prop_assert_eq!(sent.value("traceparent"), Some(expected.as_str()));
    }
}

/// The inputs come to what is to be tested: many are received, and many are not.
#[test]
fn the_inputs_are_valid_often_enough() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use otel_runtime::opentelemetry::baggage::BaggageExt;
    use otel_runtime::opentelemetry::propagation::TextMapPropagator;
    use otel_runtime::opentelemetry::trace::TraceContextExt;
    use otel_runtime::propagation::{Format, Propagator};

    let mut runner = TestRunner::deterministic();
    let b3 = ["b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags"];
    let formats: [(_, &[&str], _); 5] = [
        (Format::TRACE_CONTEXT, &["traceparent", "tracestate"], TRACEPARENT),
        (Format::BAGGAGE, &["baggage"], BAGGAGE),
        (Format::B3, &b3, B3),
        (Format::JAEGER, &["uber-trace-id", "uberctx-user"], JAEGER),
        (Format::XRAY, &["x-amzn-trace-id"], XRAY),
    ];
    for (format, names, pieces) in formats {
        let strategy = nearly(pieces);
        let valid = (0..2000).filter(|_| {
            let input = strategy.new_tree(&mut runner).expect("it is made").current();
            let context = Propagator::new([format]).extract(&statements::Headers::from_input(names, &input));
            context.has_active_span() || !context.baggage().is_empty()
        });
        let valid = valid.count();
        assert!((100..1900).contains(&valid), "{format}: {valid} of 2000");
    }
}
