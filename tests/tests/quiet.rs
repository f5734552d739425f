//! A program that hears everything at the lowest level exports nothing about its own telemetry, and sleeps where it has nothing to do.

#![cfg(target_os = "linux")]

use std::process::Command;
use std::time::Duration;

use tests::process::Child;
use tests::receiver::{Protocol, Receiver, Request, Signal};

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(60);

/// What the program says at its end: how often its threads of telemetry spoke, and the hundredths of a second that it spent idle.
fn chatty(
    receiver: &Receiver,
    protocol: Protocol,
    arguments: [&str; 2],
    environment: &[(&str, &str)],
    meanwhile: impl FnOnce(),
) -> (u64, u64) {
    let (name, endpoint) = match protocol {
        Protocol::Http => ("http/protobuf", receiver.http_endpoint()),
        // By its name, so that it must be looked up.
        Protocol::Grpc => ("grpc", format!("http://localhost:{}", receiver.grpc_port())),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatty"));
    command.args(arguments).env_clear().envs(environment.iter().copied());
    command.envs([("OTEL_EXPORTER_OTLP_PROTOCOL", name), ("RUST_LOG", "trace")]).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    let child = Child::spawn(command);
    child.wait_for_line("idle", LONG);
    meanwhile();
    let output = child.wait_with_timeout(LONG);
    assert!(output.status.success(), "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.contains("there is a subscriber of `tracing` already"), "{}", output.stdout);
    assert_eq!(output.stderr, "", "nothing came too late either");
    let line = output.stdout.lines().find(|line| line.starts_with("heard ")).expect("it says so");
    let numbers: Vec<u64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    (numbers[0], numbers[1])
}

#[test]
fn an_idle_program_that_hears_everything_sends_nothing_about_itself() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let receiver = Receiver::start();
        let mut before = 0;
        let (heard, spent) = chatty(&receiver, protocol, ["5", "layer"], &[], || before = receiver.requests().len());
        assert!(heard > 0, "there was something to hear");
        let since = receiver.requests().split_off(before);
        // The last collection of metrics comes with the shutdown.
        assert_eq!(since.iter().map(Request::signal).collect::<Vec<_>>(), [Signal::Metrics], "{}", bodies(&receiver));
        assert_eq!((receiver.spans().len(), receiver.logs().len()), (2, 2), "{}", bodies(&receiver));
        assert!(spent <= 10, "{spent} hundredths of a second on the processor in five seconds of doing nothing");
    }
}

#[test]
fn exports_that_go_on_all_the_time_are_not_recorded() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let receiver = Receiver::start();
        let spool = tests_folder(protocol);
        let spool = spool.to_str().expect("its name is text");
        let environment = [("OTEL_METRIC_EXPORT_INTERVAL", "20"), ("OTEL_BLRP_SCHEDULE_DELAY", "10"), ("OTEL_RUST_SPOOL_DIR", spool)];
        let (heard, _) = chatty(&receiver, protocol, ["2", "layer"], &environment, || {
            receiver.wait_for(LONG, |requests| requests.len() > 20);
        });
        assert!(heard > 20, "{heard}: there was something to hear");
        assert_eq!((receiver.spans().len(), receiver.logs().len()), (2, 2), "{}", bodies(&receiver));
        std::fs::remove_dir_all(spool).expect("it is there");
    }
}

#[test]
fn bridges_that_are_installed_hear_the_program_and_not_its_telemetry() {
    let receiver = Receiver::start();
    chatty(&receiver, Protocol::Http, ["0", "install"], &[], || {});
    assert_eq!((receiver.spans().len(), receiver.logs().len()), (2, 2), "{}", bodies(&receiver));
}

fn tests_folder(protocol: Protocol) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("otel-quiet-{}-{protocol:?}", std::process::id()))
}

/// What the log records say, for a test that fails.
fn bodies(receiver: &Receiver) -> String {
    let lines = receiver.logs().into_iter().map(|log| format!("{}: {} {:?}\n", log.scope.name, log.data.event_name, log.body()));
    lines.collect()
}
