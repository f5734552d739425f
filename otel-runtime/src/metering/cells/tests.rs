//! Many threads at once, and readers that read meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

use super::thread::own_cells;
use super::*;
use crate::diagnostics::Diagnostics;
use crate::metering::{Defaults, Meters, Views};

const THREADS: u64 = 8;

/// What was exported by a collection, by the names of metrics; what has no point is not there.
#[derive(Clone, Debug, Default, PartialEq)]
struct Read {
    sums: BTreeMap<String, i128>,
    histograms: BTreeMap<String, Recorded>,
}

/// A histogram, as it was exported.
#[derive(Clone, Debug, Default, PartialEq)]
struct Recorded {
    count: u64,
    sum: f64,
    min: Option<f64>,
    max: Option<f64>,
    counts: Vec<u64>,
}

impl Read {
    fn of(metrics: &ResourceMetrics) -> Self {
        let mut read = Self::default();
        for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
            let name = metric.name().to_owned();
            match metric.data() {
                AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                    read.sums.insert(name, sum.data_points().map(|point| i128::from(point.value())).sum());
                }
                AggregatedMetrics::I64(MetricData::Sum(sum)) => {
                    read.sums.insert(name, sum.data_points().map(|point| i128::from(point.value())).sum());
                }
                AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                    read.histograms.extend(histogram.data_points().map(|point| {
                        let (count, sum, counts) = (point.count(), point.sum(), point.bucket_counts().collect());
                        (name.clone(), Recorded { count, sum, min: point.min(), max: point.max(), counts })
                    }));
                }
                _ => panic!("nothing else is measured here: {name}"),
            }
        }
        read
    }

    fn sum(&self, name: &str) -> i128 {
        self.sums.get(name).copied().unwrap_or_default()
    }

    fn histogram(&self, name: &str) -> Recorded {
        self.histograms.get(name).cloned().unwrap_or_default()
    }
}

/// Keeps what was exported last.
#[derive(Clone)]
struct Kept {
    temporality: Temporality,
    read: Arc<Mutex<Read>>,
}

impl Kept {
    fn new(temporality: Temporality) -> Self {
        Self { temporality, read: Arc::default() }
    }

    fn take(&self) -> Read {
        std::mem::take(&mut *self.read.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl PushMetricExporter for Kept {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Read::of(metrics);
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

/// A provider that collects cells, with two readers: of sums from the start, and of differences.
struct World {
    meters: Meters,
    meter: Meter,
    cumulative: Kept,
    delta: Kept,
}

impl World {
    fn new() -> Self {
        let (cumulative, delta) = (Kept::new(Temporality::Cumulative), Kept::new(Temporality::Delta));
        let reader = |kept: &Kept| PeriodicReader::builder(kept.clone()).with_interval(Duration::from_secs(3_600)).build();
        let provider = SdkMeterProvider::builder().with_reader(reader(&cumulative)).with_reader(reader(&delta)).build();
        let views = Views::new(&[]).beside(Defaults::default());
        let meters = Meters::new([(provider, views)], Diagnostics::new(|_| ()));
        meters.collect_cells();
        Self { meter: meters.meter("cells"), meters, cumulative, delta }
    }

    /// Has both readers collect. Gives what there is from the start, and since the last time.
    fn read(&self) -> (Read, Read) {
        self.meters.force_flush();
        (self.cumulative.take(), self.delta.take())
    }

    fn counter(&self, name: &'static str) -> CellCounter {
        CellCounter::new(self.meter.u64_counter(name).build().bind(&attributes()), true)
    }

    fn up_down_counter(&self, name: &'static str) -> CellUpDownCounter {
        let counter = self.meter.i64_up_down_counter(name).build();
        CellUpDownCounter::new(|| counter.bind(&attributes()), true)
    }

    fn histogram(&self, name: &'static str, in_cells: bool) -> CellHistogram {
        let histogram = self.meter.f64_histogram(name).with_boundaries(vec![0.25, 0.5, 1.0, 4.0]).build();
        CellHistogram::new(histogram.bind(&attributes()), in_cells)
    }
}

fn attributes() -> [KeyValue; 1] {
    [KeyValue::new("function.outcome", "ok")]
}

/// Runs `work` on threads of which each ends and is followed by another, some times, and `look` on this one as long as they run.
fn on_many_threads(rounds: u64, work: impl Fn(u64) + Sync, mut look: impl FnMut()) {
    let is_running = AtomicBool::new(true);
    thread::scope(|scope| {
        let (work, is_running) = (&work, &is_running);
        scope.spawn(move || {
            let line = |line: u64| {
                for round in 0..rounds {
                    let number = line * rounds + round;
                    thread::scope(|scope| drop(scope.spawn(move || work(number)).join()));
                }
            };
            thread::scope(|scope| (0..THREADS).for_each(|number| drop(scope.spawn(move || line(number)))));
            is_running.store(false, Ordering::Release);
        });
        while is_running.load(Ordering::Acquire) {
            look();
        }
    });
}

#[test]
fn counts_are_never_more_than_was_counted_and_exact_in_the_end() {
    let world = World::new();
    let counter = world.counter("calls");
    let begun = AtomicU64::new(0);
    let (mut last, mut of_deltas) = (0, 0);
    let work = |_| {
        (0..500).for_each(|_| {
            begun.fetch_add(1, Ordering::AcqRel);
            counter.count();
        });
    };
    on_many_threads(20, work, || {
        let (read, since) = world.read();
        of_deltas += since.sum("calls");
        let read = read.sum("calls");
        let most = i128::from(begun.load(Ordering::Acquire));
        assert!((last..=most).contains(&read) && of_deltas <= most, "{last}, then {read}, or {of_deltas}, of {most}");
        last = read;
    });
    let all = i128::from(THREADS) * 20 * 500;
    let (read, since) = world.read();
    assert_eq!((read.sum("calls"), of_deltas + since.sum("calls")), (all, all));
    assert_eq!(world.read().1, Read::default(), "nothing was counted since");
}

#[test]
fn nothing_is_seen_to_end_before_it_began_wherever_it_did_so() {
    let world = World::new();
    let active = Arc::new(world.up_down_counter("active"));
    // What begins on one thread ends on the next one, as tasks do that move.
    let (senders, mut receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| mpsc::channel::<()>()).unzip();
    receivers.rotate_right(1);
    let threads: Vec<_> = senders
        .into_iter()
        .zip(receivers)
        .map(|(next, before)| {
            let active = Arc::clone(&active);
            thread::spawn(move || {
                for _ in 0..5_000 {
                    active.begin();
                    next.send(()).expect("it is waited for");
                }
                drop(next);
                for () in before {
                    active.end();
                }
            })
        })
        .collect();
    let mut most = 0;
    while !threads.iter().all(thread::JoinHandle::is_finished) {
        let read = world.read().0.sum("active");
        assert!((0..=i128::from(THREADS) * 5_000).contains(&read), "{read} are under way");
        most = most.max(read);
    }
    assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
    assert_eq!(world.read().0.sums["active"], 0, "at most {most} were");
}

#[test]
fn durations_are_what_the_instrument_would_have_recorded() {
    let world = World::new();
    let (kept, direct) = (world.histogram("kept", true), world.histogram("direct", false));
    // Sums of these are exact in whatever order.
    let seconds = |number: u64| f64::from(u32::try_from(number % 5_000).expect("it is small")) / 1_024.0;
    let (mut last, mut of_deltas) = (0, 0);
    let work = |number| {
        (0..300).for_each(|value| {
            kept.record(seconds(number * 17 + value));
            direct.record(seconds(number * 17 + value));
        });
    };
    on_many_threads(10, work, || {
        let (read, since) = world.read();
        of_deltas += since.histogram("kept").count;
        let read = read.histogram("kept").count;
        assert!(last <= read && read <= THREADS * 10 * 300, "{last} and then {read}");
        last = read;
    });
    let (read, since) = world.read();
    assert_eq!(read.histogram("kept"), read.histogram("direct"));
    let all = THREADS * 10 * 300;
    assert_eq!((read.histogram("kept").count, of_deltas + since.histogram("kept").count), (all, all));
}

#[test]
fn what_nothing_is_measured_of_has_no_point() {
    let world = World::new();
    let (counter, _histogram) = (world.counter("calls"), world.histogram("durations", true));
    assert_eq!(world.read().1, Read::default());
    counter.count();
    let one_call = Read { sums: BTreeMap::from([("calls".to_owned(), 1)]), ..Read::default() };
    assert_eq!(world.read().1, one_call);
}

#[test]
fn a_thread_that_ended_leaves_its_cells_to_others() {
    const ONE_AFTER_ANOTHER: u64 = 500;
    let world = World::new();
    let (counter, histogram) = (world.counter("calls"), world.histogram("durations", true));
    let cells: BTreeSet<_> = (0..ONE_AFTER_ANOTHER)
        .filter_map(|number| {
            // Some may end while another test collects, or have none because another thread gets some just then.
            if number % 10 == 0 {
                collect();
            }
            thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    counter.count();
                    histogram.record(0.5);
                    own_cells()
                });
                thread.join().expect("it does not panic")
            })
        })
        .collect();
    // Threads of other tests have some too.
    assert!((1..200).contains(&cells.len()), "{} threads had {} cells", ONE_AFTER_ANOTHER, cells.len());
    let (read, _) = world.read();
    assert_eq!((read.sum("calls"), read.histogram("durations").count), (i128::from(ONE_AFTER_ANOTHER), ONE_AFTER_ANOTHER));
}

#[test]
fn a_thread_that_counts_more_than_it_has_room_for_gets_more() {
    let world = World::new();
    // More than a thread has at first, whatever other tests have.
    let counters: Vec<_> = (0..300).map(|_| world.counter("calls")).collect();
    let histogram = world.histogram("durations", true);
    let work = |_| {
        for (number, counter) in counters.iter().enumerate() {
            (0..number).for_each(|_| counter.count());
            histogram.record(0.5);
        }
    };
    on_many_threads(3, work, || drop(world.read()));
    let (read, _) = world.read();
    let threads = THREADS * 3;
    assert_eq!(read.sum("calls"), i128::from(threads) * (0..300).sum::<i128>());
    assert_eq!(read.histogram("durations").count, threads * 300);
}

#[test]
fn in_the_destructor_of_a_thread_local_too_it_counts() {
    struct Last(Option<Arc<(CellCounter, CellHistogram)>>);
    impl Drop for Last {
        fn drop(&mut self) {
            let Some(instruments) = self.0.take() else { return };
            instruments.0.count();
            instruments.1.record(0.5);
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Last> = const { std::cell::RefCell::new(Last(None)) };
    }
    let world = World::new();
    let instruments = Arc::new((world.counter("calls"), world.histogram("durations", true)));
    for counts_before in [false, true] {
        let instruments = Arc::clone(&instruments);
        let thread = thread::spawn(move || {
            // What is used first is destroyed last.
            LAST.with_borrow_mut(|last| last.0 = Some(Arc::clone(&instruments)));
            if counts_before {
                instruments.0.count();
            }
        });
        assert!(thread.join().is_ok());
    }
    let (read, _) = world.read();
    assert_eq!((read.sum("calls"), read.histogram("durations").count), (3, 2));
}
