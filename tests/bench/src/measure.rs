//! How calls are measured: batches of all cases take turns, so that what disturbs the machine disturbs all of them, and the median of a case's
//! batches counts.
//!
//! The clocks are those of the processor: a thread's own for what a call costs the caller, and that of the process for what is done behind it. Other
//! programs on the machine do not show in either, but for what they push out of its caches.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// How much of it the threads did at the same time, which alone counts for the caller.
    pub at_once: f64,
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
            // A batch that did not have it does not count; if none had it, there is none.
            let mut values: Vec<f64> = batches.iter().map(of).filter(|value| value.is_finite()).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Self {
            caller: of(|batch| batch.caller),
            process: of(|batch| batch.process),
            exported: of(|batch| batch.exported),
            at_once: of(|batch| batch.at_once),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "they are small")]
fn measure_one(case: &Case, surroundings: &dyn Surroundings) -> Measured {
    let count = || if case.spans > 0 { surroundings.exported(case.peer) } else { 0 };
    let (exported, process) = (count(), nanoseconds(ClockId::ProcessCPUTime));
    let batch = batch_of_a_case(case, surroundings);
    let process = nanoseconds(ClockId::ProcessCPUTime) - process;
    let exported = count() - exported;
    let calls = case.calls * case.threads;
    let started = calls * case.spans + surroundings.extra(case);
    Measured {
        caller: batch.nanoseconds as f64 / batch.calls as f64,
        process: process as f64 / exported as f64,
        exported: exported as f64 / started as f64,
        at_once: batch.at_once as f64 / batch.windows as f64,
    }
}

/// What the threads of a batch took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch {
    /// Nanoseconds of the threads' own, and in how many calls.
    nanoseconds: u64,
    calls: u64,
    /// Windows in which the threads were at work at the same time, and all of them.
    at_once: u64,
    windows: u64,
}

impl Batch {
    fn and(self, other: Self) -> Self {
        Self {
            nanoseconds: self.nanoseconds + other.nanoseconds,
            calls: self.calls + other.calls,
            at_once: self.at_once + other.at_once,
            windows: self.windows + other.windows,
        }
    }
}

/// How far a thread is, in chunks; alone on its cache line, or it would be what the threads meet on.
#[derive(Default)]
#[repr(align(128))]
struct Progress(AtomicU64);

/// In how many windows a batch of two threads is looked at, as long as none has fewer calls than it takes for the clock not to show; and in how many
/// chunks it is told that the other has come on in one.
const WINDOWS: u64 = 50;
const CALLS_OF_A_WINDOW: u64 = 100;
const CHUNKS: u64 = 4;

/// One batch, and what comes of it behind the calls. What callgrind is told to count, by this name.
#[inline(never)]
pub fn batch_of_a_case(case: &Case, surroundings: &dyn Surroundings) -> Batch {
    let progress: Vec<Progress> = (0..case.threads).map(|_| Progress::default()).collect();
    let timed = |thread: usize| {
        let mut batch = Batch::default();
        surroundings.within(case, &mut || batch = calls_of_a_thread(case, &progress, thread));
        batch
    };
    let batch = if case.threads == 1 {
        timed(0)
    } else {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..progress.len()).map(|thread| scope.spawn(move || timed(thread))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no case panics")).fold(Batch::default(), Batch::and)
        })
    };
    if case.spans > 0 {
        surroundings.settle(case.peer);
    }
    batch
}

/// The calls of one thread, in windows. Of two threads, a window counts if the other has come on in it about as far: on a machine with other work, threads
/// that were started together take turns for much of the time, and do not meet.
fn calls_of_a_thread(case: &Case, progress: &[Progress], thread: usize) -> Batch {
    let own = &progress[thread].0;
    let others = || progress.iter().map(|progress| progress.0.load(Ordering::Acquire)).sum::<u64>() - own.load(Ordering::Relaxed);
    // A thread that sleeps takes longer to wake than a batch takes, so that nobody sleeps here.
    own.fetch_add(1, Ordering::AcqRel);
    while others() < case.threads - 1 {
        thread::yield_now();
    }
    let windows = if case.threads > 1 { (case.calls / CALLS_OF_A_WINDOW).clamp(1, WINDOWS) } else { 1 };
    let chunk = (case.calls / windows / CHUNKS).max(1);
    let (mut batch, mut left) = (Batch::default(), case.calls);
    while left > 0 {
        let (before, others_before) = (nanoseconds(ClockId::ThreadCPUTime), others());
        let mut calls = 0;
        while left > 0 && calls < chunk * CHUNKS {
            let next = if case.threads > 1 { chunk.min(left) } else { left };
            calls_of_a_case(case, next);
            own.fetch_add(1, Ordering::Release);
            (calls, left) = (calls + next, left - next);
        }
        let took = nanoseconds(ClockId::ThreadCPUTime) - before;
        let at_once = case.threads == 1 || (CHUNKS / 2..=CHUNKS * 2).contains(&(others() - others_before));
        let counted = if at_once { (took, calls) } else { (0, 0) };
        batch = batch.and(Batch { nanoseconds: counted.0, calls: counted.1, at_once: u64::from(at_once), windows: 1 });
    }
    batch
}

/// What callgrind is told to count, by this name.
#[inline(never)]
fn calls_of_a_case(case: &Case, calls: u64) {
    (black_box(case.run))(calls);
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
