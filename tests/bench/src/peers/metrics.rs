//! The crate `metrics`, with its recorder for Prometheus; as ours, with the function and the outcome as labels.

use std::sync::LazyLock;
use std::time::Instant;

use metrics::{Counter, Histogram, counter, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::calls;
use crate::work::work;

pub const PEER: &str = "metrics";

pub const COUNTER: fn(u64) = calls!(counted);
pub const COUNTER_DYNAMIC: fn(u64) = calls!(counted_dynamic);
pub const HISTOGRAM: fn(u64) = calls!(timed);
pub const HISTOGRAM_DYNAMIC: fn(u64) = calls!(timed_dynamic);

static CALLS: LazyLock<Counter> = LazyLock::new(|| counter!("calls", "function" => "counted", "outcome" => "ok"));
static DURATION: LazyLock<Histogram> = LazyLock::new(|| histogram!("duration", "function" => "timed", "outcome" => "ok"));

#[inline(never)]
fn counted(number: u64) -> u64 {
    let returned = work(number);
    CALLS.increment(1);
    returned
}

#[inline(never)]
fn counted_dynamic(number: u64) -> u64 {
    let returned = work(number);
    counter!("calls", "function" => "counted", "outcome" => "ok", "even" => even(number)).increment(1);
    returned
}

#[inline(never)]
fn timed(number: u64) -> u64 {
    let started = Instant::now();
    let returned = work(number);
    DURATION.record(started.elapsed());
    returned
}

#[inline(never)]
fn timed_dynamic(number: u64) -> u64 {
    let started = Instant::now();
    let returned = work(number);
    histogram!("duration", "function" => "timed", "outcome" => "ok", "even" => even(number)).record(started.elapsed());
    returned
}

pub fn even(number: u64) -> &'static str {
    if number.is_multiple_of(2) { "true" } else { "false" }
}

/// With buckets, as many as ours: without, it keeps every value until somebody asks for them.
pub fn install() -> PrometheusHandle {
    let builder = PrometheusBuilder::new();
    let buckets = otel_runtime::__private::Time::DEFAULT.buckets;
    let builder = builder.set_buckets_for_metric(Matcher::Full("duration".to_owned()), buckets).expect("there are buckets");
    builder.install_recorder().expect("once")
}
