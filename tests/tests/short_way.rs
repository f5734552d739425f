//! Where the telemetry of the process is alone, calls take a short way to it. What arrives is the same as by the long one, which they take once other
//! telemetry was ever there. One test in a binary of its own, because it sets the process's up.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::Span;
use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use otel_runtime::opentelemetry::{Context, ContextGuard};
use otel_runtime::{counted, current, timed, traced};
use tests::points::points;
use tests::receiver::{Protocol, Received, Receiver, metrics};
use tests::telemetry::{isolated, to};

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(60);

#[traced(fields(order.id = id, order.name = name, order.total = 7.25, order.is_gift = true, order.lines = [1, -300]))]
fn attributes(id: i64, name: &str) {
    current().event("packed", &[]);
}

#[traced("links", links = [SpanContext::new(TraceId::from(5), SpanId::from(6), TraceFlags::SAMPLED, true, TraceState::NONE)])]
fn links() {}

#[traced(fields(broken.key = %Broken))]
fn breaks_a_value() {}

struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("this value cannot be shown")
    }
}

#[traced(ok(answer = |value| *value), err(error.length = String::len))]
#[counted(in_flight)]
#[timed]
fn measured(is_right: bool) -> Result<i64, String> {
    attributes(1, "tea");
    if is_right { Ok(42) } else { Err("wrong".to_owned()) }
}

#[traced]
#[counted(fields(is.even = number.is_multiple_of(2)))]
fn counted_apart(number: u64) -> u64 {
    number
}

#[traced]
fn panics() {
    panic!("as it is meant to");
}

#[traced]
#[counted]
async fn waits() {
    std::future::pending::<()>().await;
}

#[counted]
#[timed]
fn only_measured() {}

#[traced]
fn root(depth: u32) {
    if depth > 0 {
        return root(depth - 1);
    }
    attributes(-1, "");
    links();
    breaks_a_value();
    measured(true).expect("it is right");
    measured(false).expect_err("it is wrong");
    assert_eq!(counted_apart(3), 3);
    catch_unwind(AssertUnwindSafe(panics)).expect_err("it panics");
    only_measured();
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime starts").block_on(async {
        tokio::time::timeout(Duration::from_millis(1), waits()).await.expect_err("it waits for nothing");
    });
}

/// A caller elsewhere, or a span of this process.
fn below(flags: TraceFlags, is_remote: bool, state: &str) -> ContextGuard {
    let state = if state.is_empty() { TraceState::NONE } else { state.parse().expect("it is a trace state") };
    let parent = SpanContext::new(TraceId::from(0xabc), SpanId::from(0xdef), flags, is_remote, state);
    Context::current().with_remote_span_context(parent).attach()
}

fn work() {
    root(2);
    for is_remote in [true, false] {
        for flags in [TraceFlags::SAMPLED, TraceFlags::NOT_SAMPLED, TraceFlags::new(3), TraceFlags::new(2)] {
            for state in ["", "vendor=1", "ot=th:8;rv:ffffffffffffff"] {
                let _below = below(flags, is_remote, state);
                root(0);
            }
        }
    }
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    root(0);
}

/// The spans, with what chance makes of them taken out: ids stand for themselves by the names above, and of times only the order is left.
fn shapes(spans: &[Received]) -> BTreeMap<String, usize> {
    let by_id: BTreeMap<_, _> = spans.iter().map(|span| (span.data.span_id.clone(), span)).collect();
    let path = |span: &Received| {
        let mut names = vec![span.name().to_owned()];
        let mut parent = &span.data.parent_span_id;
        while let Some(above) = by_id.get(parent) {
            assert_eq!(above.data.trace_id, span.data.trace_id, "a child is of its parent's trace");
            names.push(above.name().to_owned());
            parent = &above.data.parent_span_id;
        }
        names.push(format!("{parent:02x?}"));
        names.join(" < ")
    };
    let mut shapes = BTreeMap::new();
    for span in spans {
        assert!(span.data.start_time_unix_nano > 0 && span.data.start_time_unix_nano <= span.data.end_time_unix_nano);
        assert_eq!((span.data.trace_id.len(), span.data.span_id.len()), (16, 8));
        let mut data: Span = span.data.clone();
        let in_time = |at: u64| (span.data.start_time_unix_nano..=span.data.end_time_unix_nano).contains(&at);
        assert!(data.events.iter().all(|event| in_time(event.time_unix_nano)), "{data:?}");
        data.events.iter_mut().for_each(|event| event.time_unix_nano = 0);
        (data.span_id, data.parent_span_id, data.start_time_unix_nano, data.end_time_unix_nano) = Default::default();
        // A trace that began here has an id of its own.
        if data.flags & 2 != 0 && data.trace_id[14..] != [0x0a, 0xbc] {
            data.trace_id.clear();
        }
        *shapes.entry(format!("{}: {data:?} {:?}", path(span), span.scope)).or_default() += 1;
    }
    shapes
}

#[test]
fn the_short_way_records_what_the_long_one_does() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp").init().expect("nothing is set up before");
    let provider = telemetry.tracer_provider().expect("spans are exported");
    let run = || {
        let before = receiver.spans().len();
        work();
        provider.force_flush().expect("the receiver takes everything");
        receiver.spans().split_off(before)
    };
    // At its first call, each place gets to know what the short way needs.
    let first = shapes(&run());
    let short = shapes(&run());
    // From now on a context may belong to other telemetry.
    isolated().build().expect("telemetry can be set up").shutdown().expect("it has nothing to do");
    let long = shapes(&run());
    assert!(first.values().sum::<usize>() > 100, "{first:#?}");
    assert_eq!(short, long);
    assert_eq!(first, long);

    telemetry.shutdown().expect("the receiver takes everything");
    receiver.wait_for(LONG, |requests| !points(&metrics(requests)).is_empty());
    let points = points(&receiver.metrics());
    let values = |metrics: &[&str]| -> BTreeMap<String, String> {
        let wanted = points.iter().filter(|point| metrics.contains(&point.metric.as_str()));
        wanted.map(|point| (format!("{} {}", point.metric, point.labels()), point.value.to_string())).collect()
    };
    let (calls, active) = (values(&["function.calls", "function.duration"]), values(&["function.active_calls"]));
    // Three times each below 25 parents, and where telemetry is suppressed: what is counted goes on.
    assert!(!calls.is_empty() && calls.values().all(|calls| calls == "78"), "{calls:#?}");
    assert!(!active.is_empty() && active.values().all(|active| active == "0"), "{active:?}");
}
