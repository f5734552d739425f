//! Backends that go away, come back, or cannot keep up.

use std::collections::HashSet;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use tests::receiver::{Arrival, Signal};

use crate::backend::{Backend, Protocol};
use crate::program::{Program, own_hosts};
use crate::{Folder, assert_nothing_lost, either, mebibytes, seconds, sleep, tell, together};

const MEBIBYTE: u64 = 1024;
/// Spans in a request, where nothing else is said.
const BATCH: u64 = 512;

/// Requests of a program under way together at most.
const IN_FLIGHT: u64 = 4;

fn a_receiver_that_is_killed(case: &str, protocol: Protocol) {
    let folder = Folder::new(case);
    let mut backend = Backend::start(&folder, &[]);
    let mut program = Program::new(&backend, protocol);
    program.at(5000, seconds(5.0, 60.0));
    let running = program.start();
    sleep(1.0, 15.0);
    backend.kill();
    sleep(2.0, 30.0);
    let back = backend.come_back(&[]);
    let end = running.end();
    let seen = backend.seen(Some(back), |_| true);
    tell(case, &end, &seen, &format!("rss after {} MiB", mebibytes(end.get("rss").saturating_sub(end.get("base")))));
    assert_nothing_lost(&end, &seen);
    // What was taken when the receiver was killed, and not acknowledged, is sent again, which cannot be helped; of all spans that is little.
    assert!(seen.duplicates <= BATCH + end.produced() / 1000, "{seen:?}");
    assert!(end.growth() <= 100 * MEBIBYTE, "{end:?}");
}

#[test]
#[ignore = "takes a minute"]
fn receiver_killed_http() {
    a_receiver_that_is_killed("receiver killed, http", Protocol::Http);
}

#[test]
#[ignore = "takes a minute"]
fn receiver_killed_grpc() {
    a_receiver_that_is_killed("receiver killed, grpc", Protocol::Grpc);
}

fn a_receiver_that_restarts(case: &str, protocol: Protocol) {
    const RESTARTS: u64 = 5;
    let folder = Folder::new(case);
    let mut backend = Backend::absent(&folder);
    let mut program = Program::new(&backend, protocol);
    program.at(5000, seconds(5.5, 31.0));
    let running = program.start();
    sleep(1.0, 5.0);
    backend.come_back(&[]);
    let mut back = 0;
    for _ in 0..RESTARTS {
        sleep(0.6, 4.0);
        backend.kill();
        sleep(0.2, 1.0);
        back = backend.come_back(&[]);
    }
    let end = running.end();
    let seen = backend.seen(Some(back), |_| true);
    tell(case, &end, &seen, "the program came first");
    assert_nothing_lost(&end, &seen);
    assert!(seen.duplicates <= RESTARTS * IN_FLIGHT * BATCH, "{seen:?}");
    assert!(end.growth() <= 100 * MEBIBYTE, "{end:?}");
}

#[test]
#[ignore = "takes half a minute"]
fn five_restarts_http() {
    a_receiver_that_restarts("five restarts, http", Protocol::Http);
}

#[test]
#[ignore = "takes half a minute"]
fn five_restarts_grpc() {
    a_receiver_that_restarts("five restarts, grpc", Protocol::Grpc);
}

/// The backend ends, and comes back at another address behind its name; so does what the program has connections to.
#[test]
#[ignore = "takes seconds"]
fn backend_that_moves() {
    let folder = Folder::new("moves");
    let hosts = folder.path("hosts");
    let points_to = |hosts: &Path, address: Ipv4Addr| fs::write(hosts, format!("{address} backend.test\n")).expect("it can be written");
    points_to(&hosts, Ipv4Addr::LOCALHOST);
    let mut probe = own_hosts(&hosts);
    if !probe.arg("true").output().is_ok_and(|output| output.status.success()) {
        return tests::skipped("a program cannot have names of hosts of its own here: a backend that moves");
    }
    together([("backend moves, http", Protocol::Http), ("backend moves, grpc", Protocol::Grpc)], |(case, protocol)| {
        let hosts = folder.path(&format!("hosts-{protocol:?}"));
        points_to(&hosts, Ipv4Addr::LOCALHOST);
        let mut backend = Backend::start(&folder, &[]);
        let mut program = Program::by_name(&hosts, &backend, protocol);
        program.at(2000, seconds(3.0, 10.0));
        let running = program.start();
        sleep(1.0, 3.0);
        backend.kill();
        // Written in place: it is the file itself that is mounted.
        points_to(&hosts, Ipv4Addr::new(127, 0, 0, 2));
        sleep(0.5, 2.0);
        backend.move_to(Ipv4Addr::new(127, 0, 0, 2));
        let back = backend.come_back(&[]);
        let end = running.end();
        let seen = backend.seen(Some(back), |_| true);
        tell(case, &end, &seen, "from 127.0.0.1 to 127.0.0.2");
        assert_nothing_lost(&end, &seen);
        assert!(seen.duplicates <= IN_FLIGHT * BATCH, "{seen:?}");
    });
}

/// Metrics, logs, and the spans of whoever uses the plain SDK take the same road as the rest.
#[test]
#[ignore = "takes seconds"]
fn all_signals() {
    let folder = Folder::new("all signals");
    together([("all signals, killed, http", Protocol::Http), ("all signals, killed, grpc", Protocol::Grpc)], |(case, protocol)| {
        let mut backend = Backend::start(&folder, &[]);
        let mut program = Program::new(&backend, protocol);
        program.set("OTEL_METRICS_EXPORTER", "otlp").set("OTEL_LOGS_EXPORTER", "otlp").set("OTEL_METRIC_EXPORT_INTERVAL", "100");
        program.argument("signals", true).at(1000, seconds(3.0, 10.0));
        let running = program.start();
        sleep(1.0, 3.0);
        backend.kill();
        sleep(1.0, 4.0);
        let back = backend.come_back(&[]);
        let end = running.end();
        let seen = backend.seen(Some(back), |arrival| arrival.run == 0);
        let (logs, points) = (backend.arrivals(Signal::Logs), backend.arrivals(Signal::Metrics));
        tell(case, &end, &seen, &format!("the same of plain spans and logs; {} data points", end.get("points_accepted")));
        let distinct = |arrivals: &[Arrival]| {
            let keys: HashSet<_> = arrivals.iter().map(|arrival| (arrival.run, arrival.sequence, arrival.ended)).collect();
            keys.len() as u64
        };
        let plain = backend.seen(None, |arrival| arrival.run == 1);
        // Each signal has an account of its own, and the spans of both kinds are in one.
        assert_eq!((end.dropped_in_all(), end.get("dropped_of_others")), (0, 0), "{end:?}");
        assert_eq!((seen.distinct, plain.distinct, distinct(&logs)), (end.produced(), end.produced(), end.produced()), "{end:?}");
        assert_eq!((end.get("accepted"), end.get("delivered")), (2 * end.produced(), 2 * end.produced()), "{end:?}");
        assert_eq!((end.get("logs_accepted"), end.get("logs_delivered")), (end.produced(), end.produced()), "{end:?}");
        assert_eq!((end.get("points_accepted"), end.get("points_delivered")), (distinct(&points), distinct(&points)), "{end:?}");
        let counted = points.iter().map(|point| point.sequence.unsigned_abs()).max();
        assert_eq!(counted, Some(end.produced()), "the last data point has them all");
    });
}

#[test]
#[ignore = "takes half a minute"]
fn large_attributes_and_no_backend() {
    let case = "256 KiB attributes, no backend";
    let folder = Folder::new(case);
    let backend = Backend::absent(&folder);
    let mut program = Program::new(&backend, Protocol::Http);
    program.at(1000, seconds(4.0, 30.0)).argument("payload", 256 * 1024).argument("drain", 0).argument("shutdown", 1000);
    let end = program.run();
    let seen = backend.seen(None, |_| true);
    tell(case, &end, &seen, &format!("{} accounts compared", end.get("samples")));
    assert_eq!((end.dropped_in_all(), end.get("delivered")), (end.produced(), 0), "{end:?}");
    assert_eq!(end.get("queue_full") + end.get("shutdown"), end.produced(), "{end:?}");
    assert!(end.growth() <= 80 * MEBIBYTE, "{end:?}");
}

/// What a program can do in a time, with a backend that answers at once and one that takes its time.
#[test]
#[ignore = "takes half a minute"]
fn throughput() {
    let case = "as many as can be made, 50 ms a reply";
    let (mut rates, mut last) = ([Vec::new(), Vec::new()], None);
    for round in 0..either(1, 3) {
        for (slow, behaviour) in [(0, "accept"), (1, "delay 50")] {
            let folder = Folder::new(case);
            let backend = Backend::start(&folder, &[behaviour]);
            let mut program = Program::new(&backend, Protocol::Http);
            program.at(0, seconds(1.0, 4.0)).argument("run", round);
            let end = program.run();
            let seen = backend.seen(None, |_| true);
            assert_eq!(end.produced(), seen.distinct + end.dropped_in_all(), "{end:?}");
            assert_eq!((end.get("queue_full"), seen.duplicates), (end.dropped_in_all(), 0), "{end:?}");
            rates[slow].push(end.produced() * 1000 / end.get("took").max(1));
            last = Some((end, seen));
        }
    }
    let [fast, slow] = rates.map(|mut rates| {
        rates.sort_unstable();
        rates[rates.len() / 2]
    });
    let (end, seen) = last.expect("there was a round");
    tell(case, &end, &seen, &format!("{slow}/s, {} % of {fast}/s with one that answers at once", slow * 100 / fast.max(1)));
}

/// What a program does at a rate of its own it does with a slow backend too: whoever had to wait for that would need longer for the same.
#[test]
#[ignore = "takes seconds"]
fn throughput_at_a_rate() {
    let rates = [("5000/s, a reply at once", "accept"), ("5000/s, 50 ms a reply", "delay 50")].map(|(case, behaviour)| {
        let folder = Folder::new(case);
        let backend = Backend::start(&folder, &[behaviour]);
        let mut program = Program::new(&backend, Protocol::Http);
        program.at(5000, seconds(2.0, 10.0));
        let end = program.run();
        let seen = backend.seen(None, |_| true);
        let rate = end.produced() * 1000 / end.get("took").max(1);
        tell(case, &end, &seen, &format!("{rate}/s"));
        assert_nothing_lost(&end, &seen);
        assert_eq!(seen.duplicates, 0);
        assert!(end.growth() <= 30 * MEBIBYTE, "{end:?}");
        rate
    });
    let [fast, slow] = rates;
    assert!(slow * 100 >= fast * 95, "{slow}/s with the slow one, {fast}/s with the fast one");
}

/// The line to the backend is narrower than what the program makes.
#[test]
#[ignore = "takes seconds"]
fn narrow_line() {
    let folder = Folder::new("narrow line");
    together([("narrow line, http", Protocol::Http), ("narrow line, grpc", Protocol::Grpc)], |(case, protocol)| {
        let mut backend = Backend::start(&folder, &[]);
        backend.say("bandwidth 300000");
        let mut program = Program::new(&backend, protocol);
        program.at(2000, seconds(2.0, 8.0));
        let running = program.start();
        running.wait_for("produced");
        backend.say("bandwidth 0");
        let end = running.end();
        let seen = backend.seen(None, |_| true);
        tell(case, &end, &seen, "300 kB/s a connection");
        assert_nothing_lost(&end, &seen);
    });
}
