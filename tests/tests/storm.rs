//! 10,000 annotated async calls, three deep, through every way to run, race, give up and end them: every span is ended exactly once, has the
//! right parent, and arrives.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use otel_runtime::context::FutureExt;
use otel_runtime::traced;
use tests::receiver::{Protocol, Received, Receiver};
use tests::telemetry::{Said, to};
use tokio::task::yield_now;
use tokio::time::timeout;

const CALLS: u64 = 10_000;

/// How a call is run, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Join,
    Select,
    Timeout,
    Abort,
    Spawn,
}

impl Way {
    fn of(call: u64) -> Self {
        [Self::Join, Self::Select, Self::Timeout, Self::Abort, Self::Spawn][usize::try_from(call % 5).unwrap_or(0)]
    }
}

/// How many spans were started: their fields are looked at once each.
type Started = &'static AtomicU64;

fn count(call: u64, started: Started) -> u64 {
    started.fetch_add(1, Ordering::Relaxed);
    call
}

#[traced(fields(call = count(call, started)))]
async fn outer(call: u64, started: Started) {
    match Way::of(call) {
        Way::Join => {
            tokio::join!(middle(call, started, false), middle(call, started, false));
        }
        Way::Select => tokio::select! {
            biased;
            () = middle(call, started, true) => unreachable!("it waits for ever"),
            () = yield_now() => {}
        },
        Way::Timeout => assert!(timeout(Duration::ZERO, middle(call, started, true)).await.is_err()),
        Way::Abort => {
            let task = tokio::spawn(middle(call, started, true).with_current_context());
            yield_now().await;
            task.abort();
            let _ = task.await;
        }
        Way::Spawn => tokio::spawn(middle(call, started, false).with_current_context()).await.expect("it does not panic"),
    }
}

#[traced(fields(call = count(call, started)))]
async fn middle(call: u64, started: Started, for_ever: bool) {
    yield_now().await;
    inner(call, started, for_ever).await;
}

#[traced(fields(call = count(call, started)))]
async fn inner(call: u64, started: Started, for_ever: bool) {
    if for_ever {
        std::future::pending::<()>().await;
    }
    yield_now().await;
}

async fn storm(started: Started) {
    let mut tasks = tokio::task::JoinSet::new();
    for call in 0..CALLS {
        tasks.spawn(outer(call, started).with_current_context());
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no call panics");
    }
}

fn call_of(span: &Received) -> u64 {
    match span.attribute("call") {
        Some(Value::IntValue(call)) => u64::try_from(*call).expect("calls are numbered from 0"),
        other => panic!("{} has no number: {other:?}", span.name()),
    }
}

fn is_cancelled(span: &Received) -> bool {
    span.attribute("function.outcome").is_some()
}

fn every_span_arrives_once_under_its_parent(runtime: &tokio::runtime::Runtime, protocol: Protocol, started: Started) {
    let receiver = Receiver::start();
    let said = Said::default();
    let telemetry = said.listen(to(&receiver, protocol)).build().expect("telemetry can be set up");
    runtime.block_on(storm(started).with_context(telemetry.context()));
    telemetry.shutdown_with_timeout(Duration::from_secs(60)).expect("everything is delivered");

    assert_eq!(said.lines(), [""; 0], "no span is open, and there was no trouble");

    let spans = receiver.spans();
    assert_eq!(spans.len() as u64, started.load(Ordering::Relaxed));
    let ids: HashSet<String> = spans.iter().map(Received::<Span>::span_id_hex).collect();
    assert_eq!(ids.len(), spans.len(), "a span arrived twice");
    let mut calls: HashMap<u64, Vec<&Received>> = HashMap::new();
    for span in &spans {
        calls.entry(call_of(span)).or_default().push(span);
    }
    assert_eq!(calls.len() as u64, CALLS);
    for (call, spans) in calls {
        check(call, &spans);
    }
}

fn check(call: u64, spans: &[&Received]) {
    let named = |name: &'static str| spans.iter().filter(move |span| span.name() == name);
    let way = Way::of(call);
    let outers: Vec<_> = named("outer").collect();
    assert_eq!(outers.len(), 1, "call {call} ({way:?})");
    let outer = outers[0];
    assert_eq!((outer.parent_span_id_hex(), is_cancelled(outer)), (None, false), "call {call}");
    let middles: Vec<_> = named("middle").collect();
    // A task may be aborted before its first poll, and then it did nothing.
    let expected = if way == Way::Join {
        2..=2
    } else if way == Way::Abort {
        0..=1
    } else {
        1..=1
    };
    assert!(expected.contains(&middles.len()), "call {call} ({way:?}): {} times", middles.len());
    let given_up = matches!(way, Way::Select | Way::Timeout | Way::Abort);
    for middle in &middles {
        assert_eq!(middle.parent_span_id_hex(), Some(outer.span_id_hex()), "call {call}");
        assert_eq!(is_cancelled(middle), given_up, "call {call} ({way:?})");
    }
    for inner in named("inner") {
        assert!(middles.iter().any(|middle| inner.parent_span_id_hex() == Some(middle.span_id_hex())), "call {call}");
        assert_eq!(is_cancelled(inner), given_up, "call {call} ({way:?})");
    }
    if !given_up {
        assert_eq!(named("inner").count(), middles.len(), "call {call} ({way:?})");
    }
    assert!(spans.iter().all(|span| span.trace_id_hex() == outer.trace_id_hex()), "call {call}");
}

#[test]
fn on_a_current_thread_runtime() {
    static STARTED: AtomicU64 = AtomicU64::new(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    every_span_arrives_once_under_its_parent(&runtime, Protocol::Http, &STARTED);
}

#[test]
fn on_two_workers() {
    static STARTED: AtomicU64 = AtomicU64::new(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be made");
    every_span_arrives_once_under_its_parent(&runtime, Protocol::Grpc, &STARTED);
}
