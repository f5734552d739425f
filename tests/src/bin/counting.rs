//! A program that counts and times on many threads, for `tests/cells.rs`: `counting NAME…`, with its telemetry set up by the environment.
//!
//! Threads come and end, tasks move between threads, and metrics are collected meanwhile. In the end it prints what it has called, and, where metrics
//! are scraped, what is read there. With `views`, some say what becomes of its metrics; with `capture`, captures come and end meanwhile, as in tests;
//! with `fork`, a child is forked in between, which uses its parent's telemetry and then its own.

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::panic;
use std::process;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use fork::Fork;
use otel_runtime::opentelemetry::Context;
use otel_runtime::opentelemetry_sdk::metrics::Aggregation;
use otel_runtime::testing::capture;
use otel_runtime::{Telemetry, View, counted, timed, traced};
use tokio::task::yield_now;

const THREADS: u64 = 8;
/// How many threads there are one after the other in the place of each.
const ROUNDS: u64 = 5;
const CALLS: u64 = 400;
const TASKS: u64 = 200;

/// How often each function was called, to each end.
static CALLED: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

#[counted]
fn count(number: u64) -> u64 {
    number
}

#[timed]
fn time(number: u64) -> u64 {
    number
}

#[counted]
#[timed]
fn fail(number: u64) -> Result<u64, io::Error> {
    match number % 4 {
        0 => Err(io::ErrorKind::NotFound.into()),
        1 => Err(io::ErrorKind::TimedOut.into()),
        _ => Ok(number),
    }
}

#[counted]
fn unwind(number: u64) -> u64 {
    // Without what a panic says.
    if number.is_multiple_of(100) { panic::resume_unwind(Box::new(())) } else { number }
}

#[traced]
#[counted(in_flight)]
#[timed]
async fn wander(steps: u64) {
    for _ in 0..steps {
        yield_now().await;
    }
}

#[counted("counting.waits", in_flight)]
async fn wait(steps: u64) {
    for _ in 0..steps {
        yield_now().await;
    }
}

fn main() {
    let is_asked = |name: &str| env::args().skip(1).any(|argument| argument == name);
    let builder = otel_runtime::builder();
    let builder = if is_asked("views") { views().into_iter().fold(builder, otel_runtime::Builder::view) } else { builder };
    let telemetry = builder.init().expect("telemetry can be set up");
    let is_running = AtomicBool::new(true);
    thread::scope(|scope| {
        scope.spawn(|| {
            on_threads();
            on_tasks();
            is_running.store(false, Ordering::Release);
        });
        while is_running.load(Ordering::Acquire) {
            telemetry.force_flush().expect("the receiver takes it");
            if is_asked("capture") {
                in_a_capture();
            }
        }
    });
    uncounted(&telemetry);
    if is_asked("fork") {
        fork(&telemetry);
        // After it was, too.
        on_threads();
    }
    if let Some(address) = telemetry.prometheus_address() {
        let answer = tests::http::get(&address.to_string(), "/metrics").expect("it is served");
        answer.text().lines().filter(|line| line.starts_with("function_")).for_each(|line| println!("scraped {line}"));
    }
    telemetry.shutdown().expect("the receiver takes it");
    print_called("called");
}

fn views() -> Vec<View> {
    let buckets = Aggregation::ExplicitBucketHistogram { boundaries: vec![1.0, 60.0], record_min_max: true };
    vec![
        View::of("function.calls").name("calls").except_attributes(["function.outcome"]).cardinality_limit(4),
        View::of("function.duration").aggregation(buckets).attributes(["code.function.name"]),
        View::of("counting.waits").aggregation(Aggregation::Drop),
    ]
}

fn called(function: &str, outcome: &str, calls: u64) {
    *CALLED.lock().expect("nothing panics meanwhile").entry(format!("{function} {outcome}")).or_default() += calls;
}

fn print_called(what: &str) {
    for (end, calls) in CALLED.lock().expect("nothing panics meanwhile").iter() {
        println!("{what} {calls} {end}");
    }
}

fn on_threads() {
    let line = |_| {
        for _ in 0..ROUNDS {
            thread::spawn(calls).join().expect("what panics is caught");
        }
    };
    thread::scope(|scope| (0..THREADS).for_each(|number| drop(scope.spawn(move || line(number)))));
}

/// The calls of one thread.
fn calls() {
    for number in 0..CALLS {
        count(number);
        time(number);
        drop(fail(number));
        drop(panic::catch_unwind(|| unwind(number)));
    }
    called("count", "ok", CALLS);
    called("time", "ok", CALLS);
    called("fail", "ok", CALLS / 2);
    called("fail", "not_found", CALLS / 4);
    called("fail", "timed_out", CALLS / 4);
    called("unwind", "panicked", CALLS / 100);
    called("unwind", "ok", CALLS - CALLS / 100);
}

fn on_tasks() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().expect("there are threads");
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|number| {
                tokio::spawn(async move {
                    wander(number % 7).await;
                    wait(number % 7).await;
                    // One that is dropped before it is done.
                    let mut cancelled = Box::pin(wait(1_000_000));
                    tokio::select! {
                        () = &mut cancelled => unreachable!("it takes longer"),
                        () = yield_now() => {}
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no task panics");
        }
    });
    called("wander", "ok", TASKS);
    called("wait", "ok", TASKS);
    called("wait", "cancelled", TASKS);
}

/// Calls that nobody is to hear of, and such as everybody is.
fn uncounted(telemetry: &Telemetry) {
    telemetry.reload_filter("off").expect("it is a filter");
    drop((count(1), time(1), fail(1)));
    telemetry.reload_filter("").expect("it is a filter");
    // Where spans are suppressed, what is counted by hand goes on too.
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    calls();
}

/// What is captured is not the process's, and what is the process's is not captured.
fn in_a_capture() {
    let ((), captured) = capture(|| (0..3).for_each(|number| drop(fail(number + 1))));
    let points: Vec<_> = captured.points("function.calls").collect();
    assert_eq!(points.len(), 2, "{}", captured.metrics());
}

/// Forks a child that calls with its parent's telemetry, which goes nowhere, and with its own.
fn fork(telemetry: &Telemetry) {
    // There is something that nobody has collected.
    calls();
    match fork::fork().expect("this process can be forked") {
        Fork::Parent(child) => assert_eq!(fork::waitpid(child).expect("it was forked here"), 0, "a child delivers what is its own"),
        Fork::Child => {
            // A net under a child that hangs, which nobody else would end.
            thread::spawn(|| {
                thread::sleep(Duration::from_secs(30));
                process::exit(2);
            });
            calls();
            on_threads();
            drop(telemetry.force_flush());
            drop(telemetry.shutdown());
            CALLED.lock().expect("nothing panics meanwhile").clear();
            let own = otel_runtime::builder().service_name("child").init().expect("a child can set up telemetry of its own");
            on_threads();
            calls();
            let is_delivered = own.shutdown().is_ok();
            print_called("child");
            process::exit(i32::from(!is_delivered))
        }
    }
}
