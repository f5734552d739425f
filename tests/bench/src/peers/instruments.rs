//! Instruments of the plain API: with attributes at every call, and bound to them once.

use std::sync::{LazyLock, OnceLock};
use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Histogram, Meter, MeterProvider};
use opentelemetry_otlp::{MetricExporter, Protocol, WithExportConfig};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};

use super::sdk;
use crate::calls;
use crate::work::work;

pub const PEER: &str = super::plain::PEER;

pub const COUNTER: fn(u64) = calls!(counted);
pub const COUNTER_DYNAMIC: fn(u64) = calls!(counted_dynamic);
pub const HISTOGRAM: fn(u64) = calls!(timed);
pub const HISTOGRAM_DYNAMIC: fn(u64) = calls!(timed_dynamic);

static METER: OnceLock<Meter> = OnceLock::new();
static CALLS: LazyLock<Counter<u64>> = LazyLock::new(|| meter().u64_counter("calls").build());
static DURATION: LazyLock<Histogram<f64>> =
    LazyLock::new(|| meter().f64_histogram("duration").with_boundaries(otel_runtime::__private::Time::DEFAULT.buckets.to_vec()).build());
static BOUND_CALLS: LazyLock<BoundCounter<u64>> = LazyLock::new(|| CALLS.bind(&attributes("counted")));
static BOUND_DURATION: LazyLock<BoundHistogram<f64>> = LazyLock::new(|| DURATION.bind(&attributes("timed")));

fn meter() -> &'static Meter {
    METER.get().expect("it is installed")
}

fn attributes(function: &'static str) -> [KeyValue; 2] {
    [KeyValue::new("function", function), KeyValue::new("outcome", "ok")]
}

fn with_even(function: &'static str, number: u64) -> [KeyValue; 3] {
    let [function, outcome] = attributes(function);
    [KeyValue::new("even", number.is_multiple_of(2)), function, outcome]
}

#[inline(never)]
fn counted(number: u64) -> u64 {
    let returned = work(number);
    BOUND_CALLS.add(1);
    returned
}

#[inline(never)]
fn counted_dynamic(number: u64) -> u64 {
    let returned = work(number);
    CALLS.add(1, &with_even("counted", number));
    returned
}

#[inline(never)]
fn timed(number: u64) -> u64 {
    let started = Instant::now();
    let returned = work(number);
    BOUND_DURATION.record(started.elapsed().as_secs_f64());
    returned
}

#[inline(never)]
fn timed_dynamic(number: u64) -> u64 {
    let started = Instant::now();
    let returned = work(number);
    DURATION.record(started.elapsed().as_secs_f64(), &with_even("timed", number));
    returned
}

pub fn provider(endpoint: &str) -> SdkMeterProvider {
    let exporter = MetricExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    let exporter = exporter.with_endpoint(format!("{endpoint}/v1/metrics")).build().expect("it can be built");
    let reader = PeriodicReader::builder(exporter).build();
    SdkMeterProvider::builder().with_resource(sdk::resource()).with_reader(reader).build()
}

/// Its own provider, beside that of ours.
pub fn install(endpoint: &str) -> SdkMeterProvider {
    let provider = provider(endpoint);
    METER.set(provider.meter("bench")).expect("once");
    provider
}
