//! Set-up and end inside and outside of every kind of tokio runtime, over both protocols: no "no reactor running", no dead lock.

use std::process::Command;
use std::time::Duration;

use otel_runtime::context::FutureExt;
use otel_runtime::traced;
use tests::process::Child;
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::{Watched, to};
use tokio::runtime::{Builder, Runtime};

/// A net under a program that hangs.
const LONG: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Flush,
    Shutdown,
    Drop,
}

#[traced]
async fn work() {
    tokio::task::yield_now().await;
}

#[traced]
fn sync_work() {}

fn end(telemetry: Watched, how: End, receiver: &Receiver) {
    match how {
        End::Flush => {
            telemetry.force_flush().expect("the receiver takes it");
            assert_eq!(receiver.spans().len(), 1);
        }
        End::Shutdown => telemetry.shutdown().expect("the receiver takes it"),
        End::Drop => {}
    }
    drop(telemetry);
    assert_eq!(receiver.spans().len(), 1, "{how:?}");
}

fn every_way(runtime: Option<&Runtime>) {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        for how in [End::Flush, End::Shutdown, End::Drop] {
            for inside in [false, true] {
                let receiver = Receiver::start();
                let set_up = || to(&receiver, protocol).build().expect("telemetry can be set up");
                match runtime {
                    // The end blocks the thread that drives the runtime, which must not be what the delivery waits for.
                    Some(runtime) if inside => runtime.block_on(async {
                        let telemetry = set_up();
                        work().with_context(telemetry.context()).await;
                        end(telemetry, how, &receiver);
                    }),
                    Some(runtime) => {
                        let telemetry = set_up();
                        runtime.block_on(work().with_context(telemetry.context()));
                        end(telemetry, how, &receiver);
                    }
                    None => {
                        let telemetry = set_up();
                        let attached = telemetry.context().attach();
                        sync_work();
                        drop(attached);
                        end(telemetry, how, &receiver);
                    }
                }
            }
        }
    }
}

#[test]
fn without_a_runtime() {
    every_way(None);
}

#[test]
fn on_a_current_thread_runtime() {
    every_way(Some(&Builder::new_current_thread().enable_all().build().expect("a runtime can be made")));
}

/// Neither its timers nor its I/O are switched on: the delivery has its own.
#[test]
fn on_a_runtime_without_drivers() {
    every_way(Some(&Builder::new_current_thread().build().expect("a runtime can be made")));
}

#[test]
fn on_a_single_worker() {
    every_way(Some(&Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be made")));
}

#[test]
fn on_two_workers() {
    every_way(Some(&Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be made")));
}

/// In a task, not in `block_on`: a worker of the runtime itself is blocked.
#[test]
fn in_a_task_of_a_single_worker() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be made");
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let receiver = Receiver::start();
        let telemetry = to(&receiver, protocol).build().expect("telemetry can be set up");
        let task = runtime.spawn(async move {
            work().with_context(telemetry.context()).await;
            telemetry.shutdown().expect("the receiver takes it");
        });
        runtime.block_on(task).expect("it does not panic");
        assert_eq!(receiver.spans().len(), 1);
    }
}

#[tokio::test]
async fn in_a_tokio_test() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Grpc).build().expect("telemetry can be set up");
    work().with_context(telemetry.context()).await;
    telemetry.shutdown().expect("the receiver takes it");
    assert_eq!(receiver.spans().len(), 1);
}

/// What a runtime leaves behind, a context of its own included, is gone with it.
#[test]
fn after_a_runtime() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be made");
    runtime.block_on(work());
    drop(runtime);
    every_way(None);
}

/// By `init`, which is for the whole of a process, and so in one of its own for each kind.
#[test]
fn for_a_whole_process() {
    for kind in ["none", "current thread", "without drivers", "one worker", "two workers", "task", "around"] {
        for protocol in [Protocol::Http, Protocol::Grpc] {
            let receiver = Receiver::start();
            let (name, endpoint) = match protocol {
                Protocol::Http => ("http/protobuf", receiver.http_endpoint()),
                Protocol::Grpc => ("grpc", receiver.grpc_endpoint()),
            };
            let mut command = Command::new(env!("CARGO_BIN_EXE_starting"));
            command.env_clear().arg(kind).env("OTEL_EXPORTER_OTLP_PROTOCOL", name).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
            let output = Child::spawn(command).wait_with_timeout(LONG);
            assert!(output.status.success(), "{kind}, {protocol:?}: {}", output.stderr);
            assert_eq!(receiver.spans().iter().map(|span| span.name().to_owned()).collect::<Vec<_>>(), ["work"], "{kind}, {protocol:?}");
        }
    }
}

/// Everything above, a hundred times.
#[test]
#[ignore = "takes a minute or two"]
fn a_hundred_times() {
    for _ in 0..100 {
        without_a_runtime();
        after_a_runtime();
        on_a_current_thread_runtime();
        on_a_runtime_without_drivers();
        on_a_single_worker();
        on_two_workers();
        in_a_task_of_a_single_worker();
        for_a_whole_process();
    }
}
