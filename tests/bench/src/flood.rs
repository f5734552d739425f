//! End to end, without a pause: as many spans as can be made at once, or for ten seconds, with queues as they are by default.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Runtime;

use crate::peers::{self, Parent, emit, fastrace, ours, plain, sdk, tracing};
use crate::sink::{self, Sink};
use crate::spans::{endpoint, path};
use crate::table::Row;
use crate::{child, spans};

/// How many spans are made at once.
const SPANS: u64 = 200_000;
/// How many of them are below one parent.
const BATCH: u64 = 1000;
/// How many spans a second are asked of who makes them for a time, and how long.
const A_SECOND: u64 = 2_000_000;
const LONG: Duration = Duration::from_secs(10);

const PEERS: [&str; 6] = [ours::PEER, plain::PEER, plain::PEER_AS_OURS, tracing::PEER, fastrace::PEER, emit::PEER];

/// What a process of a peer says.
struct Said {
    caller: f64,
    process: f64,
    started: f64,
    exported: f64,
    peak: f64,
    accounts: String,
}

fn said(how: &str, peer: &str, protocol: &str, sink: &Sink) -> Said {
    let said = child(&["flood", how, peer, protocol, &sink.port().to_string(), &sink.grpc_port().to_string()]);
    let (numbers, accounts) = said.trim_end_matches('\n').split_once(';').expect("numbers, and what a peer knows");
    let mut numbers = numbers.split(' ').map(|number| number.parse().expect("a number"));
    let mut next = || numbers.next().expect("five numbers");
    Said { caller: next(), process: next(), started: next(), exported: next(), peak: next(), accounts: accounts.to_owned() }
}

fn row(row: &'static str, peer: &str, said: &Said, note: String) -> Row {
    Row {
        row,
        peer: peer.to_owned(),
        caller: Some(said.caller),
        process: Some(said.process),
        exported: Some(said.exported),
        note,
        ..Row::default()
    }
}

/// A process for each.
pub fn at_once(sink: &Sink) -> Vec<Row> {
    let rows =
        [("200,000 spans with three attributes at once, HTTP", "http"), ("200,000 spans with three attributes at once, gRPC", "grpc")];
    let peers = rows.into_iter().flat_map(|row| PEERS.map(|peer| (row, peer)));
    peers
        .map(|((name, protocol), peer)| {
            let said = said("at-once", peer, protocol, sink);
            row(name, peer, &said, format!("peak RSS {:.0} MiB", said.peak / 1024.0))
        })
        .collect()
}

/// The same for ten seconds, with one attribute.
pub fn sustained(sink: &Sink) -> Vec<Row> {
    let peers = PEERS.into_iter().filter(|peer| *peer != plain::PEER_AS_OURS);
    peers
        .map(|peer| {
            let said = said("sustained", peer, "http", sink);
            let a_second = said.started / LONG.as_secs_f64() / 1e6;
            let note = format!("{a_second:.2} M spans/s, peak RSS {:.0} MiB{}", said.peak / 1024.0, said.accounts);
            row("2,000,000 spans/s for 10 s, HTTP", peer, &said, note)
        })
        .collect()
}

/// In the process of a peer: prints nanoseconds of the caller for a span, of the process for one that arrived, how many were started, the part that
/// arrived, and KiB; and after a semicolon what the peer says of what it dropped.
#[allow(clippy::cast_precision_loss, reason = "they are small")]
pub fn run(how: &str, peer: &str, protocol: &str, port: u16, grpc_port: u16) {
    let (to, arrives_as) = match protocol {
        "grpc" => (format!("http://127.0.0.1:{grpc_port}"), sink::GRPC),
        _ => (endpoint(port, peer), path(peer)),
    };
    // For those that need one. Their exporters' connections live in it.
    let runtime = Runtime::new().expect("a runtime can be built");
    let _entered = runtime.enter();
    let (three, one, finish) = install(peer, protocol, &to);
    let before = sink::received(port, arrives_as);
    let (process, thread) = (seconds(ClockId::ProcessCPUTime), seconds(ClockId::ThreadCPUTime));
    let batches = if how == "at-once" { batches_at_once(peer, three) } else { batches_for_long(peer, one) };
    let thread = seconds(ClockId::ThreadCPUTime) - thread;
    let accounts = finish();
    // An answer may be on its way still.
    thread::sleep(Duration::from_millis(200));
    let process = seconds(ClockId::ProcessCPUTime) - process;
    let arrived = sink::received(port, arrives_as) - before;
    let (started, extra) = (batches * BATCH, if spans::has_own_parent(peer) { batches } else { 0 });
    let nanoseconds = |seconds: f64, spans: u64| seconds * 1e9 / spans as f64;
    let share = arrived as f64 / (started + extra) as f64;
    // What is said to have been dropped, and what is missing, are to be one.
    let accounts = accounts.map_or_else(String::new, |dropped| {
        let missing = started + extra - arrived;
        match (missing, dropped) {
            (0, 0) => ", none dropped".to_owned(),
            _ if dropped == missing => format!(", each of {dropped} drops counted"),
            _ => format!(", {missing} missing and {dropped} counted as dropped"),
        }
    });
    println!("{} {} {started} {share} {};{accounts}", nanoseconds(thread, started), nanoseconds(process, arrived), peak());
}

fn batches_at_once(peer: &str, run: fn(u64)) -> u64 {
    let batches = SPANS / BATCH;
    (0..batches).for_each(|_| peers::below(peer, Parent::Sampled, &mut || run(BATCH)));
    batches
}

/// As many as are asked for by now, or as can be made.
fn batches_for_long(peer: &str, run: fn(u64)) -> u64 {
    let (began, mut batches) = (Instant::now(), 0);
    while began.elapsed() < LONG {
        let due = began.elapsed().as_micros() * u128::from(A_SECOND) / u128::from(BATCH) / 1_000_000;
        if u128::from(batches) > due {
            thread::sleep(Duration::from_micros(100));
            continue;
        }
        peers::below(peer, Parent::Sampled, &mut || run(BATCH));
        batches += 1;
    }
    batches
}

/// Delivers what is left, and says how many spans were dropped, where a peer knows.
type Finish = Box<dyn FnOnce() -> Option<u64>>;

/// What makes spans with three attributes, and with one.
fn install(peer: &str, protocol: &str, endpoint: &str) -> (fn(u64), fn(u64), Finish) {
    let exporter = || if protocol == "grpc" { sdk::grpc_exporter(endpoint) } else { sdk::exporter(endpoint) };
    let quietly = |finish: Box<dyn FnOnce()>| -> Finish {
        Box::new(move || {
            finish();
            None
        })
    };
    match peer {
        plain::PEER | plain::PEER_AS_OURS => {
            let provider = plain::install(exporter());
            let run = if peer == plain::PEER { plain::THREE_ATTRIBUTES } else { plain::THREE_ATTRIBUTES_AS_OURS };
            (run, plain::CALLS.sync, quietly(Box::new(move || provider.shutdown().expect("the sink takes everything"))))
        }
        tracing::PEER => {
            let provider = tracing::install(exporter());
            let finish = Box::new(move || provider.shutdown().expect("the sink takes everything"));
            (tracing::THREE_ATTRIBUTES, tracing::CALLS.sync, quietly(finish))
        }
        fastrace::PEER => {
            fastrace::install(exporter());
            (fastrace::THREE_ATTRIBUTES, fastrace::CALLS.sync, quietly(Box::new(::fastrace::flush)))
        }
        emit::PEER => {
            let transport = if protocol == "grpc" { emit_otlp::grpc(endpoint) } else { emit::http(endpoint) };
            (emit::THREE_ATTRIBUTES, emit::CALLS.sync, quietly(Box::new(emit::install(transport))))
        }
        _ => {
            let telemetry = ours::install_with(if protocol == "grpc" { "grpc" } else { "http/protobuf" }, endpoint);
            let finish = move || {
                // What was dropped is counted, and is no surprise here.
                let _ = telemetry.shutdown();
                Some(telemetry.health().traces.dropped_in_all())
            };
            (ours::THREE_ATTRIBUTES, ours::CALLS.sync, Box::new(finish))
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
