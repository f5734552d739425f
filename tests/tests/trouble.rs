//! What goes wrong a thousand times is said when it begins and when it is over, with how much it cost.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::{DropReason, Telemetry, traced};
use tests::receiver::{Behaviour, Protocol, Receiver};
use tests::telemetry::{Said, Watched, isolated, to};
use tonic::Code;

const TIMES: usize = 1000;

#[traced]
fn work() {}

fn work_often(telemetry: &Telemetry, times: usize) {
    let _attached = telemetry.context().attach();
    (0..times).for_each(|_| work());
}

/// Waits until everything is delivered or lost.
fn settle(telemetry: &Telemetry) {
    while telemetry.health().traces.queued + telemetry.health().traces.spooled > 0 {
        // What it was that is lost, the accounts say.
        let _ = telemetry.force_flush();
    }
}

/// Telemetry of traces, each of which is a request.
fn one_by_one(receiver: &Receiver, said: &Said, more: &[(&str, &str)]) -> Watched {
    let mut builder = to(receiver, Protocol::Http).set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1").set("OTEL_BSP_SCHEDULE_DELAY", "1");
    for (variable, value) in more {
        builder = builder.set(*variable, *value);
    }
    said.listen(builder).build().expect("telemetry can be set up")
}

#[test]
fn what_a_backend_refuses_or_rejects() {
    let cases = [
        (Behaviour::status(400, Code::InvalidArgument), DropReason::Refused, "cannot deliver traces to http://"),
        (Behaviour::PartialSuccess { rejected: 1, message: String::new() }, DropReason::Rejected, "the backend rejected 1 of 1 span"),
    ];
    for (behaviour, reason, begins) in cases {
        let (receiver, said) = (Receiver::start(), Said::default());
        let telemetry = one_by_one(&receiver, &said, &[]);
        receiver.respond_with(behaviour);
        work_often(&telemetry, TIMES);
        settle(&telemetry);
        assert_eq!(telemetry.health().traces.dropped(reason), 1000, "{reason}");
        receiver.respond_with(Behaviour::Accept);
        work_often(&telemetry, 1);
        settle(&telemetry);
        let lines = said.lines();
        assert!(lines.len() == 2 && lines[0].starts_with(begins), "{reason}: {lines:?}");
        assert_eq!(lines[1], "traces are delivered again; dropped meanwhile: 1000 spans", "{reason}");
    }
}

#[test]
fn a_queue_that_is_full() {
    let (receiver, said) = (Receiver::start(), Said::default());
    let telemetry = one_by_one(&receiver, &said, &[("OTEL_RUST_QUEUE_MAX_BYTES", "8192"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "300")]);
    receiver.respond_with(Behaviour::Hang);
    work_often(&telemetry, TIMES);
    receiver.respond_with(Behaviour::Accept);
    // Whatever was lost before, everything that waits is delivered.
    settle(&telemetry);
    let dropped = telemetry.health().traces.dropped(DropReason::QueueFull);
    assert!(dropped > 900, "{dropped}");
    let lines = said.lines();
    let begins = |with: &str| lines.iter().filter(|line| line.starts_with(with)).count();
    assert_eq!(begins("the queue for telemetry is full (8192 bytes, OTEL_RUST_QUEUE_MAX_BYTES)"), 1, "{lines:?}");
    assert_eq!(lines.last(), Some(&format!("traces are delivered again; dropped meanwhile: {dropped} spans")), "{lines:?}");
    assert!(lines.len() <= 3, "besides, that the backend does not answer: {lines:?}");
}

#[test]
fn a_spool_that_is_full() {
    let (receiver, said) = (Receiver::start(), Said::default());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trouble-spool");
    let folder = folder.to_str().expect("its name is text");
    let variables = [("OTEL_RUST_SPOOL_DIR", folder), ("OTEL_RUST_SPOOL_MAX_BYTES", "65536"), ("OTEL_RUST_QUEUE_MAX_BYTES", "8192")];
    receiver.respond_with(Behaviour::Hang);
    let telemetry = one_by_one(&receiver, &said, &[&variables[..], &[("OTEL_EXPORTER_OTLP_TIMEOUT", "300")]].concat());
    for _ in 0..100 {
        work_often(&telemetry, TIMES / 100);
        // In the pace of a disk.
        std::thread::sleep(Duration::from_millis(10));
    }
    receiver.respond_with(Behaviour::Accept);
    settle(&telemetry);
    assert!(telemetry.health().traces.dropped_in_all() > 0);
    drop(telemetry);
    std::fs::remove_dir_all(folder).expect("it is there");
    let lines = said.lines();
    for kind in ["the spool is full (65536 bytes", "the spool is full (OTEL_RUST", "the queue for telemetry is full", "cannot deliver"] {
        assert!(lines.iter().filter(|line| line.starts_with(kind)).count() <= 1, "{kind}: {lines:?}");
    }
    assert!(lines.iter().any(|line| line.starts_with("the spool is full")), "{lines:?}");
    assert!(lines.len() <= 8, "{lines:?}");
}

#[test]
fn a_callback_that_panics() {
    let (receiver, said) = (Receiver::start(), Said::default());
    let builder = to(&receiver, Protocol::Http).set("OTEL_TRACES_EXPORTER", "none").set("OTEL_METRICS_EXPORTER", "otlp");
    let telemetry = said.listen(builder).build().expect("telemetry can be set up");
    let calls = Arc::new(AtomicUsize::new(0));
    let called = Arc::clone(&calls);
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("shop");
    meter
        .u64_observable_gauge("shop.stock")
        .with_callback(move |observer| {
            // Without a message of the hook's, a thousand times.
            if called.fetch_add(1, Ordering::Relaxed) < TIMES {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            observer.observe(7, &[]);
        })
        .build();
    while calls.load(Ordering::Relaxed) <= TIMES {
        telemetry.force_flush().expect("there is little to take");
    }
    let expected = [
        "a callback of the instrument `shop.stock` panicked; what it would have observed is missing",
        "the callback of the instrument `shop.stock` observes again; it panicked 1000 times",
    ];
    assert_eq!(said.lines(), expected);
    telemetry.shutdown().expect("the receiver takes everything");
    assert!(receiver.metrics().iter().any(|metric| metric.data.name == "shop.stock"));
}

/// A console that is closed for a while.
struct Closed(usize);

impl Write for Closed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_sub(1);
        if self.0 > 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_console_that_cannot_write() {
    let said = Said::default();
    let builder = said.listen(isolated().set("OTEL_TRACES_EXPORTER", "console")).console(Closed(TIMES + 1));
    let telemetry = builder.build().expect("telemetry can be set up");
    work_often(&telemetry, TIMES);
    assert_eq!(said.lines(), ["the console cannot write: broken pipe; what it would show is lost"]);
    work_often(&telemetry, 1);
    telemetry.shutdown().expect("nothing is delivered");
    assert_eq!(said.lines()[1..], ["the console writes again; it could not 1000 times"]);
}
