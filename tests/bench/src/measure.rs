//! How calls are measured: batches of all cases take turns, so that what disturbs the machine disturbs all of them, and the median of a case's
//! batches counts.
//!
//! The clocks are those of the processor: a thread's own for what a call costs the caller, and that of the process for what is done behind it. Other
//! programs on the machine do not show in either, but for what they push out of its caches.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;

use rustix::time::{ClockId, clock_gettime};

use crate::peers::Parent;

/// How many batches of each case count.
const ROUNDS: usize = 21;

/// One thing to measure.
#[derive(Clone)]
pub struct Case {
    pub row: &'static str,
    pub peer: &'static str,
    /// Makes so many calls.
    pub run: fn(u64),
    /// What the calls are made below, and whether a span is made of them.
    pub parent: Parent,
    /// How many spans a call is that are to be exported.
    pub spans: u64,
    pub threads: u64,
    /// How many calls a thread makes in a batch.
    pub calls: u64,
}

/// What was measured of a case.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    /// Nanoseconds of the calling thread, for a call.
    pub caller: f64,
    /// Nanoseconds of the process, for a span that was exported.
    pub process: f64,
    /// Spans that were exported, of those that were started.
    pub exported: f64,
}

/// What is needed around the batches of a peer.
pub trait Surroundings: Sync {
    /// Runs a batch where it is to be run, such as below a parent.
    fn within(&self, case: &Case, batch: &mut dyn FnMut());

    /// Returns when what the peer recorded is delivered.
    fn settle(&self, peer: &str);

    /// How many spans of the peer were delivered so far.
    fn exported(&self, peer: &str) -> u64;

    /// How many spans the peer makes for a batch beside those of the calls.
    fn extra(&self, case: &Case) -> u64;
}

/// Of every case, in its place. The first batch of each warms up, and does not count.
pub fn measure(cases: &[Case], surroundings: &dyn Surroundings) -> Vec<Measured> {
    let mut batches: Vec<Vec<Measured>> = cases.iter().map(|_| Vec::new()).collect();
    for round in 0..=ROUNDS {
        for (case, batches) in cases.iter().zip(&mut batches) {
            let batch = measure_one(case, surroundings);
            if round > 0 {
                batches.push(batch);
            }
        }
    }
    batches.iter().map(|batches| Measured::median(batches)).collect()
}

impl Measured {
    fn median(batches: &[Self]) -> Self {
        let of = |of: fn(&Self) -> f64| {
            let mut values: Vec<f64> = batches.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        Self { caller: of(|batch| batch.caller), process: of(|batch| batch.process), exported: of(|batch| batch.exported) }
    }
}

#[allow(clippy::cast_precision_loss, reason = "they are small")]
fn measure_one(case: &Case, surroundings: &dyn Surroundings) -> Measured {
    let count = || if case.spans > 0 { surroundings.exported(case.peer) } else { 0 };
    let (exported, process) = (count(), nanoseconds(ClockId::ProcessCPUTime));
    let caller = batch_of_a_case(case, surroundings);
    let process = nanoseconds(ClockId::ProcessCPUTime) - process;
    let exported = count() - exported;
    let calls = case.calls * case.threads;
    let started = calls * case.spans + surroundings.extra(case);
    Measured { caller: caller as f64 / calls as f64, process: process as f64 / exported as f64, exported: exported as f64 / started as f64 }
}

/// One batch, and what comes of it behind the calls. What callgrind is told to count, by this name. Returns the nanoseconds of the callers.
#[inline(never)]
pub fn batch_of_a_case(case: &Case, surroundings: &dyn Surroundings) -> u64 {
    let timed = || {
        let mut took = 0;
        surroundings.within(case, &mut || {
            let before = nanoseconds(ClockId::ThreadCPUTime);
            calls_of_a_case(case);
            took = nanoseconds(ClockId::ThreadCPUTime) - before;
        });
        took
    };
    let took = if case.threads == 1 {
        timed()
    } else {
        let start = Barrier::new(usize::try_from(case.threads).expect("they are few"));
        let at_once = || {
            start.wait();
            timed()
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..case.threads).map(|_| scope.spawn(at_once)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no case panics")).sum()
        })
    };
    if case.spans > 0 {
        surroundings.settle(case.peer);
    }
    took
}

/// What callgrind is told to count, by this name.
#[inline(never)]
fn calls_of_a_case(case: &Case) {
    (black_box(case.run))(case.calls);
}

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    u64::try_from(time.tv_sec).expect("it is positive") * 1_000_000_000 + u64::try_from(time.tv_nsec).expect("it is positive")
}

/// Calls a function so many times.
#[macro_export]
macro_rules! calls {
    ($function:path) => {
        |calls| {
            for number in 0..calls {
                std::hint::black_box($function(std::hint::black_box(number)));
            }
        }
    };
}

/// Awaits a function so many times, as a task of a runtime.
#[macro_export]
macro_rules! awaits {
    ($function:path) => {
        |calls| {
            $crate::work::block_on(async move {
                for number in 0..calls {
                    std::hint::black_box($function(std::hint::black_box(number)).await);
                }
            })
        }
    };
}
