//! The rows of metrics.

use std::hint::black_box;
use std::time::Instant;

use metrics_exporter_prometheus::PrometheusHandle;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use otel_runtime::Telemetry;

use crate::calls;
use crate::measure::{Case, Surroundings};
use crate::peers::{Parent, autometrics, instruments, metrics, ours, prometheus};
use crate::spans::{NOTHING, endpoint};
use crate::work::work;

const CALLS: u64 = 10_000;
/// And of a thread of two, enough for both to be at it at the same time.
const CALLS_OF_TWO: u64 = 100_000;

const COUNTER: [&str; 2] = ["counter, static", "counter, static, two threads"];
const COUNTER_DYNAMIC: [&str; 2] = ["counter, an attribute per call", "counter, an attribute per call, two threads"];
const HISTOGRAM: [&str; 2] = ["histogram, static", "histogram, static, two threads"];
const HISTOGRAM_DYNAMIC: [&str; 2] = ["histogram, an attribute per call", "histogram, an attribute per call, two threads"];

pub fn cases() -> Vec<Case> {
    let cached = |peer: &'static str, counter: fn(u64), histogram: fn(u64)| [(COUNTER, peer, counter), (HISTOGRAM, peer, histogram)];
    let dynamic =
        |peer: &'static str, counter: fn(u64), histogram: fn(u64)| [(COUNTER_DYNAMIC, peer, counter), (HISTOGRAM_DYNAMIC, peer, histogram)];
    let all = [
        cached(NOTHING, calls!(work), calls!(work)),
        dynamic(NOTHING, calls!(work), calls!(work)),
        cached(ours::PEER, ours::COUNTED, ours::TIMED),
        dynamic(ours::PEER, ours::COUNTED_DYNAMIC, ours::TIMED_DYNAMIC),
        cached(instruments::PEER, instruments::COUNTER, instruments::HISTOGRAM),
        dynamic(instruments::PEER, instruments::COUNTER_DYNAMIC, instruments::HISTOGRAM_DYNAMIC),
        cached(metrics::PEER, metrics::COUNTER, metrics::HISTOGRAM),
        dynamic(metrics::PEER, metrics::COUNTER_DYNAMIC, metrics::HISTOGRAM_DYNAMIC),
        cached(prometheus::PEER, prometheus::COUNTER, prometheus::HISTOGRAM),
        dynamic(prometheus::PEER, prometheus::COUNTER_DYNAMIC, prometheus::HISTOGRAM_DYNAMIC),
    ];
    let others = [(HISTOGRAM, "two clock readings", calls!(two_readings) as fn(u64)), (HISTOGRAM, autometrics::PEER, autometrics::CALLS)];
    let all = all.into_iter().flatten().chain(others);
    all.flat_map(|(rows, peer, run)| {
        [1, 2].into_iter().zip(rows).map(move |(threads, row)| Case {
            row,
            peer,
            run,
            parent: Parent::None,
            spans: 0,
            threads,
            calls: if threads == 1 { CALLS } else { CALLS_OF_TWO },
        })
    })
    .collect()
}

/// What every histogram of durations needs.
#[inline(never)]
fn two_readings(number: u64) -> u64 {
    let started = Instant::now();
    let returned = work(number);
    black_box(started.elapsed());
    returned
}

/// All peers in this process. What is collected goes to the sink.
pub struct Installed {
    _ours: Telemetry,
    _instruments: SdkMeterProvider,
    _metrics: PrometheusHandle,
}

impl Installed {
    pub fn new(port: u16) -> Self {
        let endpoint = endpoint(port, ours::PEER);
        Self { _ours: ours::install(&endpoint), _instruments: instruments::install(&endpoint), _metrics: metrics::install() }
    }
}

impl Surroundings for Installed {
    fn within(&self, _: &Case, batch: &mut dyn FnMut()) {
        batch();
    }

    fn settle(&self, _: &str) {}

    fn exported(&self, _: &str) -> u64 {
        0
    }

    fn extra(&self, _: &Case) -> u64 {
        0
    }
}
