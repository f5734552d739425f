//! Backends that go away, come back, or cannot keep up.

use crate::backend::{Backend, Protocol};
use crate::program::Program;
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

#[test]
#[ignore = "takes seconds"]
fn throughput_at_a_rate() {
    let case = "5000/s, 50 ms a reply";
    let folder = Folder::new(case);
    let backend = Backend::start(&folder, &["delay 50"]);
    let mut program = Program::new(&backend, Protocol::Http);
    program.at(5000, seconds(2.0, 10.0));
    let end = program.run();
    let seen = backend.seen(None, |_| true);
    tell(case, &end, &seen, "");
    assert_nothing_lost(&end, &seen);
    assert_eq!(seen.duplicates, 0);
    assert!(end.growth() <= 30 * MEBIBYTE, "{end:?}");
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
