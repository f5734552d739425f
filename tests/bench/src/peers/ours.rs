//! This project.

use otel_runtime::{Telemetry, counted, timed, traced};

use super::Calls;
use crate::work::{three_yields as yields, work};
use crate::{awaits, calls, ten_deep};

pub const PEER: &str = "ours";

pub const CALLS: Calls =
    Calls { peer: PEER, sync: calls!(sync), ten_deep: Some(calls!(deep_0)), root: Some(calls!(sync)), three_yields: awaits!(three_yields) };

pub const TRACED: fn(u64) = calls!(only_traced);
pub const ALL_THREE: fn(u64) = calls!(all_three);
pub const COUNTED: fn(u64) = calls!(only_counted);
pub const COUNTED_DYNAMIC: fn(u64) = calls!(counted_dynamic);
pub const TIMED: fn(u64) = calls!(only_timed);
pub const TIMED_DYNAMIC: fn(u64) = calls!(timed_dynamic);

#[traced(fields(bench.number = number))]
#[inline(never)]
fn sync(number: u64) -> u64 {
    work(number)
}

#[traced(fields(bench.number = number))]
async fn three_yields(number: u64) -> u64 {
    yields(number).await
}

ten_deep! {
    number: #[traced(fields(bench.number = number))]
    deep_0 deep_1, deep_1 deep_2, deep_2 deep_3, deep_3 deep_4, deep_4 deep_5, deep_5 deep_6, deep_6 deep_7, deep_7 deep_8, deep_8 deep_9,
    deep_9 work
}

#[traced]
#[inline(never)]
fn only_traced(number: u64) -> u64 {
    work(number)
}

#[traced]
#[counted]
#[timed]
#[inline(never)]
fn all_three(number: u64) -> u64 {
    work(number)
}

#[counted]
#[inline(never)]
fn only_counted(number: u64) -> u64 {
    work(number)
}

#[counted("bench.calls", fields(bench.even = number % 2 == 0))]
#[inline(never)]
fn counted_dynamic(number: u64) -> u64 {
    work(number)
}

#[timed]
#[inline(never)]
fn only_timed(number: u64) -> u64 {
    work(number)
}

#[timed("bench.duration", fields(bench.even = number % 2 == 0))]
#[inline(never)]
fn timed_dynamic(number: u64) -> u64 {
    work(number)
}

#[traced(fields(bench.number = number, bench.name = "a name", bench.share = 0.5))]
#[inline(never)]
fn three_attributes(number: u64) -> u64 {
    work(number)
}

pub const THREE_ATTRIBUTES: fn(u64) = calls!(three_attributes);

/// As a program sets it up.
pub fn install(endpoint: &str) -> Telemetry {
    install_with("http/protobuf", endpoint)
}

pub fn install_with(protocol: &str, endpoint: &str) -> Telemetry {
    otel_runtime::builder()
        .environment(|_| None)
        .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .set("OTEL_LOGS_EXPORTER", "none")
        .init()
        .expect("it can be set up")
}
