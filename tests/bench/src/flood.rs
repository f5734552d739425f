//! End to end, without a pause: as many spans as can be made at once, with queues as they are by default.

use std::fs;
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::peers::{self, Parent, emit, fastrace, ours, plain, tracing};
use crate::spans::{endpoint, path};
use crate::table::Row;
use crate::{child, sink};

/// How many spans are made.
const SPANS: u64 = 200_000;
/// How many of them are below one parent.
const BATCH: u64 = 1000;

const PEERS: [&str; 6] = [ours::PEER, plain::PEER, plain::PEER_AS_OURS, tracing::PEER, fastrace::PEER, emit::PEER];

/// A process for each.
pub fn rows(port: u16) -> Vec<Row> {
    let row = |peer: &'static str| {
        let said = child(&["flood", peer, &port.to_string()]);
        let mut numbers = said.trim().split(' ').map(|number| number.parse().expect("a number"));
        let mut next = || numbers.next().expect("four numbers");
        let (caller, process, exported, peak) = (next(), next(), next(), next());
        Row {
            row: "200,000 spans with three attributes at once",
            peer: peer.to_owned(),
            caller: Some(caller),
            process: Some(process),
            exported: Some(exported),
            note: format!("peak RSS {:.0} MiB", peak / 1024.0),
            ..Row::default()
        }
    };
    PEERS.map(row).into()
}

/// In the process of a peer: prints nanoseconds of the caller for a span, of the process for one that arrived, the part that arrived, and KiB.
#[allow(clippy::cast_precision_loss, reason = "they are small")]
pub fn run(peer: &str, port: u16) {
    let (run, finish) = install(peer, &endpoint(port, peer));
    let before = sink::received(port, path(peer));
    let (process, thread) = (seconds(ClockId::ProcessCPUTime), seconds(ClockId::ThreadCPUTime));
    for _ in 0..SPANS / BATCH {
        peers::below(peer, Parent::Sampled, &mut || run(BATCH));
    }
    let thread = seconds(ClockId::ThreadCPUTime) - thread;
    finish();
    // An answer may be on its way still.
    thread::sleep(Duration::from_millis(200));
    let process = seconds(ClockId::ProcessCPUTime) - process;
    let arrived = sink::received(port, path(peer)) - before;
    let extra = if matches!(peer, tracing::PEER | fastrace::PEER | emit::PEER) { SPANS / BATCH } else { 0 };
    let nanoseconds = |seconds: f64, spans: u64| seconds * 1e9 / spans as f64;
    let share = arrived as f64 / (SPANS + extra) as f64;
    println!("{} {} {share} {}", nanoseconds(thread, SPANS), nanoseconds(process, arrived), peak());
}

type Finish = Box<dyn FnOnce()>;

fn install(peer: &str, endpoint: &str) -> (fn(u64), Finish) {
    match peer {
        plain::PEER | plain::PEER_AS_OURS => {
            let provider = plain::install(endpoint);
            let run = if peer == plain::PEER { plain::THREE_ATTRIBUTES } else { plain::THREE_ATTRIBUTES_AS_OURS };
            (run, Box::new(move || provider.shutdown().expect("the sink takes everything")))
        }
        tracing::PEER => {
            let provider = tracing::install(endpoint);
            (tracing::THREE_ATTRIBUTES, Box::new(move || provider.shutdown().expect("the sink takes everything")))
        }
        fastrace::PEER => {
            fastrace::install(endpoint);
            (fastrace::THREE_ATTRIBUTES, Box::new(::fastrace::flush))
        }
        emit::PEER => (emit::THREE_ATTRIBUTES, Box::new(emit::install(endpoint))),
        _ => {
            let telemetry = ours::install(endpoint);
            (ours::THREE_ATTRIBUTES, Box::new(move || telemetry.shutdown().expect("the sink takes everything")))
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "they are small")]
fn seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The most memory that this process had, in KiB, where the system says so.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
