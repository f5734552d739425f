//! A program that hears everything at the lowest level exports nothing about its own telemetry, and sleeps where it has nothing to do.

#![cfg(target_os = "linux")]

use std::time::Duration;

use tests::chatty::{self, Chatty};
use tests::receiver::{Protocol, Receiver, Request, Signal};

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(60);

const PROGRAM: &str = env!("CARGO_BIN_EXE_chatty");

#[test]
fn an_idle_program_that_hears_everything_sends_nothing_about_itself() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let receiver = Receiver::start();
        let mut before = 0;
        let Chatty { heard, spent } = chatty::run(PROGRAM, &receiver, protocol, ["5", "layer"], &[], || before = receiver.requests().len());
        assert!(heard > 0, "there was something to hear");
        let since = receiver.requests().split_off(before);
        // The last collection of metrics comes with the shutdown.
        assert_eq!(since.iter().map(Request::signal).collect::<Vec<_>>(), [Signal::Metrics], "{}", chatty::records(&receiver));
        assert_eq!((receiver.spans().len(), receiver.logs().len()), (2, 2), "{}", chatty::records(&receiver));
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
        let Chatty { heard, .. } = chatty::run(PROGRAM, &receiver, protocol, ["2", "layer"], &environment, || {
            receiver.wait_for(LONG, |requests| requests.len() > 20);
        });
        assert!(heard > 20, "{heard}: there was something to hear");
        assert_eq!((receiver.spans().len(), receiver.logs().len()), (2, 2), "{}", chatty::records(&receiver));
        std::fs::remove_dir_all(spool).expect("it is there");
    }
}

#[test]
fn bridges_that_are_installed_hear_the_program_and_not_its_telemetry() {
    let receiver = Receiver::start();
    chatty::run(PROGRAM, &receiver, Protocol::Http, ["0", "install"], &[], || {});
    assert_eq!((receiver.spans().len(), receiver.logs().len()), (2, 2), "{}", chatty::records(&receiver));
}

fn tests_folder(protocol: Protocol) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("otel-quiet-{}-{protocol:?}", std::process::id()))
}
