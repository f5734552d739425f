//! The crate `prometheus`, with the function and the outcome as labels, as ours has them.

use std::sync::LazyLock;
use std::time::Instant;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, register};

use super::metrics::even;
use crate::calls;
use crate::work::work;

pub const PEER: &str = "prometheus";

pub const COUNTER: fn(u64) = calls!(counted);
pub const COUNTER_DYNAMIC: fn(u64) = calls!(counted_dynamic);
pub const HISTOGRAM: fn(u64) = calls!(timed);
pub const HISTOGRAM_DYNAMIC: fn(u64) = calls!(timed_dynamic);

static CALLS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let calls = IntCounterVec::new(Opts::new("calls", "Calls."), &["function", "outcome", "even"]).expect("it is well formed");
    register(Box::new(calls.clone())).expect("once");
    calls
});

static DURATION: LazyLock<HistogramVec> = LazyLock::new(|| {
    let options = HistogramOpts::new("duration", "Durations.").buckets(otel_runtime::__private::Time::DEFAULT.buckets.to_vec());
    let duration = HistogramVec::new(options, &["function", "outcome", "even"]).expect("it is well formed");
    register(Box::new(duration.clone())).expect("once");
    duration
});

static CACHED_CALLS: LazyLock<IntCounter> = LazyLock::new(|| CALLS.with_label_values(&["counted", "ok", ""]));
static CACHED_DURATION: LazyLock<Histogram> = LazyLock::new(|| DURATION.with_label_values(&["timed", "ok", ""]));

#[inline(never)]
fn counted(number: u64) -> u64 {
    let returned = work(number);
    CACHED_CALLS.inc();
    returned
}

#[inline(never)]
fn counted_dynamic(number: u64) -> u64 {
    let returned = work(number);
    CALLS.with_label_values(&["counted", "ok", even(number)]).inc();
    returned
}

#[inline(never)]
fn timed(number: u64) -> u64 {
    let started = Instant::now();
    let returned = work(number);
    CACHED_DURATION.observe(started.elapsed().as_secs_f64());
    returned
}

#[inline(never)]
fn timed_dynamic(number: u64) -> u64 {
    let started = Instant::now();
    let returned = work(number);
    DURATION.with_label_values(&["timed", "ok", even(number)]).observe(started.elapsed().as_secs_f64());
    returned
}
