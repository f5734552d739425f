//! A process that ends by a panic that aborts delivers what it has before, if it was told to.

#![cfg(unix)]

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use tests::process::Child;
use tests::receiver::{Receiver, captured};

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(30);

fn aborts(endpoint: &str, argument: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aborting"));
    command.arg(argument);
    command.env_clear().envs([
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
    ]);
    let output = Child::spawn(command).wait_with_timeout(LONG);
    assert_eq!(output.status.signal(), Some(6), "it aborts: {}", output.stderr);
    output.stderr
}

#[test]
fn what_was_recorded_is_delivered_before_a_panic_aborts() {
    for (argument, tree) in [("flush", "aborting.work\n"), ("nothing", "")] {
        let receiver = Receiver::start();
        let said = aborts(&format!("http://127.0.0.1:{}", receiver.http_port()), argument);
        assert_eq!(captured(&receiver.spans()).tree(), tree, "{said}");
        assert!(said.contains("the end"), "the panic is said as ever: {said}");
    }
}

#[test]
fn what_cannot_be_delivered_before_a_panic_aborts_is_said() {
    // A port that was free a moment ago.
    let port = Receiver::start().http_port();
    let said = aborts(&format!("http://127.0.0.1:{port}"), "flush");
    assert!(said.contains("telemetry was not delivered within 5000 ms"), "{said}");
}

/// The panic is on the thread that collects, which cannot wait for itself to collect.
#[test]
fn a_callback_that_panics_holds_up_no_collection() {
    let receiver = Receiver::start();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aborting"));
    command.arg("callback").env_clear().envs([
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "50"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint().as_str()),
    ]);
    let child = Child::spawn(command);
    // A flush that waited for it would take five seconds a collection, and the net is passed.
    receiver.wait_for(LONG, |requests| requests.len() >= 10);
    drop(child);
}
