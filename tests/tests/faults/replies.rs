//! Backends that do not answer, or answer something else.

use std::time::Duration;

use crate::backend::{Backend, Protocol, Seen};
use crate::program::{End, Program};
use crate::{Folder, assert_nothing_lost, assert_only, tell, together};

const LENGTH: Duration = Duration::from_millis(1500);

/// A program at a backend whose first requests are answered as said, and the rest properly. It has a request four times a second, as batches
/// are full, and more where some wait.
fn run(folder: &Folder, case: &str, protocol: Protocol, times: usize, behaviour: &str) -> (End, Seen) {
    let mut behaviours = vec![behaviour; times];
    behaviours.push("accept");
    let backend = Backend::start(folder, &behaviours);
    let mut program = Program::new(&backend, protocol);
    program.at(2000, LENGTH).set("OTEL_EXPORTER_OTLP_TIMEOUT", "1000");
    let end = program.run();
    let seen = backend.seen(None, |_| true);
    tell(case, &end, &seen, "");
    (end, seen)
}

#[test]
#[ignore = "takes seconds"]
fn no_reply() {
    let folder = Folder::new("replies");
    let cases = [
        ("no reply to 6 requests, http", Protocol::Http, "hang"),
        ("no reply to 6 requests, grpc", Protocol::Grpc, "hang"),
        ("reset of 6 requests, http", Protocol::Http, "reset"),
        ("reset of 6 requests, grpc", Protocol::Grpc, "reset"),
    ];
    together(cases, |(case, protocol, behaviour)| {
        let (end, seen) = run(&folder, case, protocol, 6, behaviour);
        assert_nothing_lost(&end, &seen);
        assert_eq!(seen.duplicates, 0, "{case}");
    });
}

#[test]
#[ignore = "takes seconds"]
fn retryable_statuses() {
    let folder = Folder::new("replies");
    let cases = [
        ("429 with Retry-After", Protocol::Http, "status 429 14 retry-after=1"),
        ("503 with Retry-After", Protocol::Http, "status 503 14 retry-after=1"),
        ("UNAVAILABLE, grpc", Protocol::Grpc, "status 503 14"),
    ];
    together(cases, |(case, protocol, behaviour)| {
        let (end, seen) = run(&folder, case, protocol, 2, behaviour);
        assert_nothing_lost(&end, &seen);
        assert_eq!(seen.duplicates, 0, "{case}");
    });
}

/// What is refused for good, or answered by something that is no answer, is dropped, counted, and not tried again.
#[test]
#[ignore = "takes seconds"]
fn replies_that_are_final() {
    let folder = Folder::new("replies");
    let elsewhere = Backend::start(&folder, &[]);
    let redirect = format!("status 307 2 location={}/v1/traces", elsewhere.endpoint(Protocol::Http));
    let redirect_grpc = format!("proxy 307 location={}", elsewhere.endpoint(Protocol::Grpc));
    let cases = [
        ("400", Protocol::Http, "status 400 3"),
        ("redirect, http", Protocol::Http, &redirect),
        ("redirect, grpc", Protocol::Grpc, &redirect_grpc),
        ("INVALID_ARGUMENT, grpc", Protocol::Grpc, "status 400 3"),
        ("RESOURCE_EXHAUSTED without RetryInfo, grpc", Protocol::Grpc, "status 503 8"),
        ("garbage, http", Protocol::Http, "garbage"),
        ("garbage, grpc", Protocol::Grpc, "garbage"),
    ];
    together(cases, |(case, protocol, behaviour)| {
        let (end, seen) = run(&folder, case, protocol, 2, behaviour);
        assert_only("refused", &end, &seen);
        assert!(seen.distinct < end.produced() && seen.distinct > 0, "{case}: {end:?}");
    });
    assert_eq!(elsewhere.seen(None, |_| true).distinct, 0, "redirects are not followed");
}

/// A backend that says by its status that it took a request is believed, whatever it sends beside that; and none of it fills the memory.
#[test]
#[ignore = "takes seconds"]
fn replies_that_are_too_much() {
    let folder = Folder::new("replies");
    let cases = [
        ("gzip bomb of 2 GiB, http", Protocol::Http, "bomb"),
        ("gzip bomb of 2 GiB, grpc", Protocol::Grpc, "bomb"),
        ("reply of 64 MiB, http", Protocol::Http, "long 67108864"),
        ("reply of 64 MiB, grpc", Protocol::Grpc, "long 67108864"),
    ];
    together(cases, |(case, protocol, behaviour)| {
        let (end, seen) = run(&folder, case, protocol, 2, behaviour);
        assert_eq!((seen.distinct, seen.duplicates), (end.produced(), 0), "{case}: {end:?}");
        // Replies of 4 MiB are read, of four requests at a time.
        assert!(end.growth() <= 40 * 1024, "{case}: {end:?}");
        match (protocol, behaviour) {
            // Over gRPC the status comes after the reply, and so is not known.
            (Protocol::Grpc, "long 67108864") => assert!(matches!(end.dropped().as_slice(), [("refused", 1..)]), "{case}: {end:?}"),
            _ => assert_nothing_lost(&end, &seen),
        }
    });
}

#[test]
#[ignore = "takes seconds"]
fn partial_success() {
    let folder = Folder::new("replies");
    let cases = [("3 spans of a request rejected, http", Protocol::Http), ("3 spans of a request rejected, grpc", Protocol::Grpc)];
    together(cases, |(case, protocol)| {
        let (end, seen) = run(&folder, case, protocol, 2, "partial 3");
        assert_eq!(end.dropped(), [("rejected", 6)], "{end:?}");
        assert_eq!((end.get("delivered"), seen.distinct, seen.duplicates), (end.produced() - 6, end.produced(), 0), "{end:?}");
        assert_eq!(end.stderr.matches("rejected").count(), 1, "said once: {}", end.stderr);
    });
}
