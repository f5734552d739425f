//! What an annotation costs where nothing records: no allocation, and no field is looked at.
//!
//! One test in a binary of its own, because it counts what the whole process allocates, and looks at which threads there are.

#![allow(unsafe_code, reason = "a global allocator that counts is an unsafe trait's implementation")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll, Waker};

use otel_runtime::opentelemetry::Context;
use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use otel_runtime::traced;
use tests::telemetry::isolated;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static FIELDS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: hands every call on to the system's allocator, unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn looked_at() -> u8 {
    FIELDS.set(FIELDS.get() + 1);
    1
}

#[traced(fields(looked.at = looked_at()))]
fn sync(n: u64) -> Result<u64, String> {
    Ok(n + 1)
}

#[traced(fields(looked.at = looked_at()))]
async fn asynchronous(n: u64) -> u64 {
    n + 1
}

#[traced(fields(looked.at = looked_at()))]
fn opaque(n: u64) -> impl Future<Output = u64> {
    std::future::ready(n + 1)
}

type Boxed = Pin<Box<dyn Future<Output = u64>>>;

#[traced(fields(looked.at = looked_at()))]
fn boxed(future: Boxed) -> Boxed {
    future
}

/// Allocations and looks at fields in a round of calls.
fn round() -> (usize, usize) {
    let made: Boxed = Box::pin(std::future::ready(1));
    ALLOCATIONS.set(0);
    FIELDS.set(0);
    let mut total = sync(1).unwrap_or_default();
    total += ready(pin!(asynchronous(1)));
    total += ready(pin!(opaque(1)));
    total += ready(pin!(boxed(made)));
    let counted = (ALLOCATIONS.get(), FIELDS.get());
    assert_eq!(total, 7);
    counted
}

fn ready<F: Future<Output = u64>>(future: Pin<&mut F>) -> u64 {
    match future.poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}

fn telemetry_threads() -> usize {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return 0 };
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("otel") || name.starts_with("OpenTelemetry")).count()
}

fn parent(flags: TraceFlags, is_remote: bool) -> Context {
    let span = SpanContext::new(TraceId::from(1), SpanId::from(1), flags, is_remote, TraceState::NONE);
    Context::current().with_remote_span_context(span)
}

#[test]
fn what_does_not_record_costs_nothing() {
    // The first call of a site enters it in a list.
    let _ = round();
    assert_eq!(round(), (0, 0), "nothing is installed");

    let disabled = isolated().set("OTEL_SDK_DISABLED", "true").build().expect("it can be disabled");
    assert_eq!(telemetry_threads(), 0, "disabled telemetry has no thread");
    let _attached = disabled.context().attach();
    let _ = round();
    assert_eq!(round(), (0, 0), "telemetry is disabled");

    let telemetry = isolated().set("OTEL_TRACES_EXPORTER", "console").console(std::io::sink()).build().expect("it can be built");
    let _attached = telemetry.context().attach();
    let _ = round();
    let (allocations, fields) = round();
    assert!(allocations > 0 && fields == 4, "with telemetry the same calls are recorded");
    {
        let _attached = parent(TraceFlags::NOT_SAMPLED, false).attach();
        assert_eq!(round(), (0, 0), "the local parent is not sampled");
    }
    {
        let _attached = Context::current().with_telemetry_suppressed().attach();
        assert_eq!(round(), (0, 0), "telemetry is suppressed");
    }
    {
        let _attached = parent(TraceFlags::NOT_SAMPLED, true).attach();
        assert_eq!(round().1, 0, "the fields of a span that cannot be sampled are not looked at");
    }
    telemetry.reload_filter("off").expect("it is a filter");
    let _ = round();
    assert_eq!(round(), (0, 0), "every place is switched off");
    telemetry.reload_filter("off::boxed=on,0").expect("it is a filter");
    let _ = round();
    assert_eq!(round().1, 1, "no field is looked at of a trace that cannot be sampled where it begins");
    telemetry.reload_filter("").expect("it is a filter");
    let _ = round();
    assert_eq!(round().1, 4, "nothing is switched off any more");
    telemetry.shutdown().expect("the console takes everything");
    let _ = round();
    assert_eq!(round(), (0, 0), "telemetry was shut down");

    let off = isolated().set("OTEL_TRACES_EXPORTER", "console").set("OTEL_TRACES_SAMPLER", "always_off").build().expect("it can be built");
    let _attached = off.context().attach();
    let _ = round();
    assert_eq!(round().1, 0, "no span is sampled, so no field is looked at");
}
