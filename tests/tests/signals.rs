//! A process that is ended by a signal delivers what it has before.

#![cfg(unix)]

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use tests::process::Child;
use tests::receiver::Receiver;

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(30);

fn ended_by(signal: &str, number: i32, endpoint: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_waiting"));
    command.args(arguments);
    command.env_clear().envs([
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
    ]);
    let child = Child::spawn(command);
    child.wait_for_line("waiting", LONG);
    let kill = Child::spawn({
        let mut kill = Command::new("kill");
        kill.args([&format!("-{signal}"), &child.id().to_string()]);
        kill
    });
    assert!(kill.wait_with_timeout(LONG).status.success());
    let output = child.wait_with_timeout(LONG);
    assert_eq!(output.status.signal(), Some(number), "it ends as without a handler: {}", output.stderr);
    output.stderr
}

#[test]
fn what_was_recorded_is_delivered_before_a_signal_ends_the_process() {
    for (signal, number) in [("TERM", 15), ("INT", 2)] {
        let receiver = Receiver::start();
        let said = ended_by(signal, number, &format!("http://127.0.0.1:{}", receiver.http_port()), &[]);
        assert_eq!(receiver.spans().len(), 1, "{signal}: {said}");
        assert_eq!(said, "");
    }
}

#[test]
fn what_cannot_be_delivered_before_a_signal_ends_the_process_is_said() {
    // A port that was free a moment ago.
    let port = Receiver::start().http_port();
    let said = ended_by("TERM", 15, &format!("http://127.0.0.1:{port}"), &[]);
    assert!(said.contains("1 span not delivered to http://127.0.0.1"), "{said}");
}

#[test]
fn a_signal_ends_a_process_whose_telemetry_has_ended() {
    let receiver = Receiver::start();
    let said = ended_by("INT", 2, &format!("http://127.0.0.1:{}", receiver.http_port()), &["without-telemetry"]);
    assert_eq!((receiver.spans().len(), said.as_str()), (1, ""));
}
