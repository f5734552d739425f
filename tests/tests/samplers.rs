//! What samplers decide of annotated functions, from the set-up to the backend.

use otel_runtime::opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, TraceFlags, TraceId, TraceState};
use otel_runtime::opentelemetry::{Context, KeyValue};
use otel_runtime::opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use otel_runtime::{Sampler, traced};
use tests::receiver::{Protocol, Receiver, captured};
use tests::telemetry::{Printed, isolated, to};

#[traced]
fn root() {
    child();
}

#[traced]
fn child() {
    leaf();
}

#[traced]
fn leaf() {}

#[traced(parent = parent)]
fn called(parent: &SpanContext) {
    leaf();
}

/// What is exported, as a tree, with the tracestates of its spans.
fn exported(sampler: impl Into<Sampler>, work: impl FnOnce()) -> (String, Vec<String>) {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).sampler(sampler).build().expect("telemetry can be set up");
    {
        let _attached = telemetry.context().attach();
        work();
    }
    telemetry.shutdown().expect("the receiver takes everything");
    let spans = receiver.spans();
    (captured(&spans).tree(), spans.iter().map(|span| span.data.trace_state.clone()).collect())
}

fn tree(sampler: impl Into<Sampler>, work: impl FnOnce()) -> String {
    exported(sampler, work).0
}

fn ratio(ratio: f64) -> Sampler {
    Sampler::ratio(ratio).expect("it is a ratio")
}

/// A remote caller, whose trace's randomness begins with `12`.
fn caller(flags: TraceFlags, state: &str) -> SpanContext {
    let state = state.parse().expect("it is a tracestate");
    SpanContext::new(TraceId::from(0x1234_ff12_0000_0000_0001), SpanId::from(7), flags, true, state)
}

#[test]
fn below_what_is_not_sampled_the_sampler_that_was_given_decides() {
    let always = Sampler::always_on;
    assert_eq!(tree(Sampler::always_off().parent_based(), root), "");
    // Not one span is skipped although none of their parents is sampled.
    let below = Sampler::always_off().parent_based().local_parent_not_sampled(always()).local_parent_sampled(Sampler::always_off());
    assert_eq!(tree(below, root), "child\n");
    assert_eq!(tree(Sampler::always_off().parent_based().local_parent_not_sampled(always()), root), "child\n  leaf\n");
    assert_eq!(tree(always().parent_based().local_parent_sampled(Sampler::always_off()), root), "root\n");
    assert_eq!(tree(Sampler::always_off(), root), "");
    assert_eq!(tree(ratio(0.0), root), "");
}

#[test]
fn what_a_remote_caller_decided_is_one_of_four_cases() {
    let (on, off) = (|| called(&caller(TraceFlags::SAMPLED, "")), || called(&caller(TraceFlags::NOT_SAMPLED, "")));
    let always = Sampler::always_on;
    assert_eq!((tree(always().parent_based(), on), tree(always().parent_based(), off)), ("called\n  leaf\n".into(), String::new()));
    let opposite = || always().parent_based().remote_parent_sampled(Sampler::always_off()).remote_parent_not_sampled(always());
    assert_eq!((tree(opposite(), on), tree(opposite(), off)), (String::new(), "called\n  leaf\n".into()));
}

#[test]
fn a_ratio_is_told_to_those_downstream_and_to_the_backend() {
    let keeps = || called(&caller(TraceFlags::NOT_SAMPLED, "vendor=x,ot=k:v"));
    assert_eq!(exported(ratio(0.9375), keeps), ("called\n  leaf\n".into(), vec!["ot=th:1;k:v,vendor=x".to_owned(); 2]));
    assert_eq!(tree(ratio(0.5), keeps), "");
    let explicit = || called(&caller(TraceFlags::NOT_SAMPLED, "ot=rv:80000000000000"));
    assert_eq!(exported(ratio(0.5), explicit).1, vec!["ot=th:8;rv:80000000000000".to_owned(); 2]);
    // Where nothing is decided by chance, nothing is written.
    assert_eq!(exported(Sampler::always_on().parent_based(), root).1, vec![String::new(); 3]);
}

#[test]
fn a_limit_counts_traces() {
    let limited = Sampler::rate_limited(0.001).expect("it is a rate");
    assert_eq!(tree(limited, || (0..5).for_each(|_| root())), "root\n  child\n    leaf\n");
    let receiver = Receiver::start();
    let builder =
        to(&receiver, Protocol::Http).set("OTEL_TRACES_SAMPLER", "parentbased_rate_limited").set("OTEL_TRACES_SAMPLER_ARG", "0.001");
    let telemetry = builder.build().expect("telemetry can be set up");
    {
        let _attached = telemetry.context().attach();
        (0..5).for_each(|_| root());
        called(&caller(TraceFlags::SAMPLED, ""));
    }
    telemetry.shutdown().expect("the receiver takes everything");
    assert_eq!(telemetry.warnings(), []);
    assert_eq!(captured(&receiver.spans()).tree(), "root\n  child\n    leaf\ncalled\n  leaf\n");
}

/// Records for processors in the program, and exports nothing.
#[derive(Clone, Debug)]
struct RecordsOnly;

impl ShouldSample for RecordsOnly {
    fn should_sample(&self, _: Option<&Context>, _: TraceId, _: &str, _: &SpanKind, _: &[KeyValue], _: &[Link]) -> SamplingResult {
        SamplingResult { decision: SamplingDecision::RecordOnly, attributes: Vec::new(), trace_state: TraceState::NONE }
    }
}

#[traced]
fn looks(at: impl FnOnce()) {
    at();
}

#[test]
fn what_is_only_recorded_is_not_exported() {
    let is_recording = || assert!(otel_runtime::current().is_recording());
    assert_eq!(tree(Sampler::custom(RecordsOnly), || looks(is_recording)), "");
    let printed = Printed::default();
    let builder = isolated().set("OTEL_TRACES_EXPORTER", "console").console(printed.clone()).sampler(Sampler::custom(RecordsOnly));
    let telemetry = builder.build().expect("telemetry can be set up");
    {
        let _attached = telemetry.context().attach();
        looks(is_recording);
    }
    telemetry.shutdown().expect("the console takes everything");
    assert_eq!(printed.text(), "");
}
