//! Places that are switched by their path, in telemetry of their own: each has its filter, and its places at their next call.

use std::io;

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use otel_runtime::opentelemetry::Context;
use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use otel_runtime::{Telemetry, traced};
use tests::receiver::{Protocol, Receiver, captured};
use tests::telemetry::{Said, calls_while_reloading, isolated, to};

mod shop {
    use otel_runtime::opentelemetry::trace::TraceId;
    use otel_runtime::{counted, timed, traced};

    /// The trace that is running, and whether it is recorded.
    #[traced]
    #[counted]
    #[timed]
    pub fn hot() -> (TraceId, bool) {
        let current = otel_runtime::current();
        (current.trace_id(), current.is_recording())
    }

    #[traced]
    pub fn order() {
        noisy::poll();
        shopping();
    }

    #[traced]
    pub fn shopping() {}

    pub mod noisy {
        #[otel_runtime::traced]
        pub fn poll() {
            super::hot();
        }
    }
}

#[traced]
fn outside() {
    shop::order();
}

#[traced(parent = parent, fields(kept = true))]
fn under(parent: &SpanContext) -> bool {
    otel_runtime::current().is_recording()
}

fn run<T>(telemetry: &Telemetry, work: impl FnOnce() -> T) -> T {
    let _attached = telemetry.context().attach();
    work()
}

/// What is recorded with a filter, as a tree.
fn recorded(filter: &str, work: impl FnOnce()) -> String {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).set("OTEL_RUST_FILTER", filter).build().expect("telemetry can be set up");
    run(&telemetry, work);
    telemetry.shutdown().expect("the receiver takes everything");
    assert_eq!(telemetry.warnings(), []);
    captured(&receiver.spans()).tree()
}

#[test]
fn what_is_off_is_as_if_it_were_not_annotated() {
    assert_eq!(recorded("", outside), "outside\n  order\n    poll\n      hot\n    shopping\n");
    // What is called inside of it hangs under what is outside of it.
    assert_eq!(recorded("filter::shop::noisy=off", outside), "outside\n  order\n    hot\n    shopping\n");
    assert_eq!(recorded("off,filter::shop=on,filter::shop::noisy::poll=off", outside), "order\n  hot\n  shopping\n");
    assert_eq!(recorded("filter::shop=off,filter::shop::noisy=on", outside), "outside\n  poll\n");
    assert_eq!(recorded("filter::shop::shop=off,filter::sho=off", shop::shopping), "shopping\n", "segments are whole");
    assert_eq!(recorded("off", outside), "");
}

/// How often the counter of `hot` says that it was called.
fn calls(receiver: &Receiver) -> Option<i64> {
    let metric = receiver.metrics().into_iter().find(|metric| metric.name() == "function.calls")?;
    let Some(Data::Sum(sum)) = metric.data.data else { return None };
    sum.data_points.first().map(|point| if let Some(Value::AsInt(count)) = point.value { count } else { -1 })
}

#[test]
fn off_is_off_for_metrics_too_and_a_ratio_leaves_them_exact() {
    for (filter, spans, count) in [("off", 0, None), ("0", 0, Some(20)), ("on", 20, Some(20)), ("1", 20, Some(20))] {
        let receiver = Receiver::start();
        let builder = to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp");
        let telemetry = builder.set("OTEL_RUST_FILTER", filter).build().expect("telemetry can be set up");
        run(&telemetry, || (0..20).for_each(|_| assert_eq!(shop::hot().1, spans > 0)));
        telemetry.shutdown().expect("the receiver takes everything");
        assert_eq!((receiver.spans().len(), calls(&receiver)), (spans, count), "{filter}");
    }
}

/// The right-most 56 bits.
fn randomness(trace: TraceId) -> u128 {
    u128::from_be_bytes(trace.to_bytes()) & ((1 << 56) - 1)
}

#[test]
fn a_ratio_decides_of_the_traces_that_begin_there() {
    let receiver = Receiver::start();
    let builder = to(&receiver, Protocol::Http).set("OTEL_TRACES_SAMPLER", "parentbased_always_off");
    let telemetry = builder.set("OTEL_RUST_FILTER", "filter::shop::hot=0.25").build().expect("telemetry can be set up");
    let calls: Vec<(TraceId, bool)> = run(&telemetry, || (0..500).map(|_| shop::hot()).collect());
    let threshold = 3 << 54;
    for (trace, is_recorded) in &calls {
        assert_eq!(*is_recorded, randomness(*trace) >= threshold, "{trace}");
    }
    run(&telemetry, outside);
    telemetry.shutdown().expect("the receiver takes everything");
    let spans = receiver.spans();
    assert_eq!(spans.len(), calls.iter().filter(|(_, is_recorded)| *is_recorded).count(), "no other place samples");
    assert!(!spans.is_empty() && spans.len() < 500);
    assert!(spans.iter().all(|span| span.data.trace_state == "ot=th:c"));
}

#[traced]
fn begins_another() -> (bool, bool) {
    (otel_runtime::current().is_recording(), another())
}

#[traced(root)]
fn another() -> bool {
    otel_runtime::current().is_recording()
}

#[test]
fn a_ratio_is_that_of_its_own_place() {
    let builder =
        isolated().set("OTEL_TRACES_EXPORTER", "console").console(io::sink()).set("OTEL_TRACES_SAMPLER", "parentbased_always_off");
    let telemetry = builder.set("OTEL_RUST_FILTER", "filter::begins_another=1").build().expect("telemetry can be set up");
    assert_eq!(run(&telemetry, begins_another), (true, false));
}

#[test]
fn children_of_a_root_with_a_ratio_follow_the_sampler() {
    assert_eq!(recorded("filter::outside=0", outside), "");
    assert_eq!(recorded("filter::shop=0", outside), "outside\n  order\n    poll\n      hot\n    shopping\n", "none of them is a root");
    let remote = |flags| SpanContext::new(TraceId::from(1), SpanId::from(1), flags, true, TraceState::NONE);
    assert_eq!(recorded("0", || assert!(under(&remote(TraceFlags::SAMPLED)))), "under kept=true\n");
    assert_eq!(recorded("1", || assert!(!under(&remote(TraceFlags::NOT_SAMPLED)))), "");
}

#[test]
fn each_telemetry_has_its_own_filter() {
    let off = isolated().set("OTEL_RUST_FILTER", "off").console(io::sink()).set("OTEL_TRACES_EXPORTER", "console");
    let off = off.build().expect("telemetry can be set up");
    let on = isolated().console(io::sink()).set("OTEL_TRACES_EXPORTER", "console").build().expect("telemetry can be set up");
    for _ in 0..3 {
        assert!(!run(&off, || shop::hot().1));
        assert!(run(&on, || shop::hot().1));
        let ((_, is_recorded), spans) = run(&off, || otel_runtime::testing::capture(shop::hot));
        assert!(is_recorded && spans.tree() == "hot\n", "a capture is not filtered");
    }
    on.reload_filter("off").expect("it is a filter");
    off.reload_filter("on").expect("it is a filter");
    assert!(run(&off, || shop::hot().1) && !run(&on, || shop::hot().1));
}

#[test]
fn a_filter_is_taken_as_a_whole_or_not_at_all() {
    let said = Said::default();
    let builder = isolated().set("OTEL_RUST_FILTER", "off").set("OTEL_TRACES_EXPORTER", "console").console(io::sink());
    let telemetry = said.listen(builder).build().expect("telemetry can be set up");
    let error = telemetry.reload_filter("on,shop.hot=on,x").expect_err("two entries are wrong");
    assert_eq!(
        error.problems(),
        [
            "`shop.hot` in `shop.hot=on` is not a path like `shop::orders` (did you mean `shop::hot`?)",
            "`x` is neither `on`, `off`, a ratio from 0 to 1, nor `path=` and one of these"
        ]
    );
    assert!(!run(&telemetry, || shop::hot().1), "the old one stays");
    assert_eq!(said.lines(), [""; 0]);
    telemetry.reload_filter("off,filter=off,filter=on").expect("it is a filter");
    assert_eq!(said.lines(), ["the filter `off,filter=off,filter=on`: `filter` stands there more than once; the last one counts"]);
    assert!(run(&telemetry, || shop::hot().1));
    telemetry.shutdown().expect("the console takes everything");
    telemetry.reload_filter("off").expect("after the shutdown it changes nothing");
}

#[test]
fn a_reload_is_seen_by_the_next_call_of_every_thread() {
    let telemetry = isolated().set("OTEL_TRACES_EXPORTER", "console").console(io::sink()).build().expect("telemetry can be set up");
    let is_recorded = || run(&telemetry, || shop::hot().1);
    assert_eq!(calls_while_reloading(&telemetry, ["on,filter::shop=1", "off"], is_recorded), [0, 0]);
}

#[traced(parent = parent)]
fn elsewhere(parent: &Context) -> bool {
    otel_runtime::current().is_recording()
}

#[test]
fn the_filter_is_that_of_the_telemetry_which_would_record() {
    let (one, other) = (isolated().set("OTEL_RUST_FILTER", "off"), isolated());
    let build = |builder: tests::telemetry::Builder| {
        builder.set("OTEL_TRACES_EXPORTER", "console").console(io::sink()).build().expect("telemetry can be set up")
    };
    let (one, other) = (build(one), build(other));
    assert!(run(&one, || elsewhere(&other.context())), "the parent leads to the other one");
    assert!(!run(&other, || elsewhere(&one.context())));
}
