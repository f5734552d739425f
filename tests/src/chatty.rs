//! The program `chatty`, which hears everything at the lowest level and then does nothing, and what it says of that.

use std::process::Command;
use std::time::Duration;

use crate::process::Child;
use crate::receiver::{Protocol, Receiver};

/// A net under a program that hangs: it idles for a minute at most.
const LONG: Duration = Duration::from_secs(180);

/// What a program says at its end.
#[derive(Debug)]
pub struct Chatty {
    /// How often its threads of telemetry spoke.
    pub heard: u64,
    /// The hundredths of a second that it spent on the processor while it was idle.
    pub spent: u64,
}

/// Runs the program, which is idle for so many seconds, with its bridges as a `layer` or by `install`; `meanwhile` is run when it has delivered what
/// it recorded, and begins to idle.
///
/// # Panics
///
/// If it fails, or says anything of itself.
pub fn run(
    program: &str,
    receiver: &Receiver,
    protocol: Protocol,
    arguments: [&str; 2],
    environment: &[(&str, &str)],
    meanwhile: impl FnOnce(),
) -> Chatty {
    let (name, endpoint) = match protocol {
        Protocol::Http => ("http/protobuf", receiver.http_endpoint()),
        // By its name, so that it must be looked up.
        Protocol::Grpc => ("grpc", format!("http://localhost:{}", receiver.grpc_port())),
    };
    let mut command = Command::new(program);
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
    let mut numbers = line.split(' ').filter_map(|word| word.parse().ok());
    let mut number = || numbers.next().expect("it says two numbers");
    Chatty { heard: number(), spent: number() }
}

/// What the log records say that arrived, for a test that fails.
#[must_use]
pub fn records(receiver: &Receiver) -> String {
    let lines = receiver.logs().into_iter().map(|log| format!("{}: {} {:?}\n", log.scope.name, log.data.event_name, log.body()));
    lines.collect()
}
