//! Sets itself up by `init` on a runtime of a kind, does a piece of work there and ends: for `tests/runtimes.rs`, because `init` is for a whole process.

use std::env;

use otel_runtime::traced;
use tokio::runtime::{Builder, Runtime};

#[traced]
async fn work() {
    tokio::task::yield_now().await;
}

#[traced("work")]
fn sync_work() {}

fn main() {
    let kind = env::args().nth(1).expect("the kind of the runtime is the argument");
    match kind.as_str() {
        "none" => {
            let telemetry = otel_runtime::init().expect("telemetry starts");
            sync_work();
            telemetry.shutdown().expect("telemetry ends");
        }
        "current thread" => made(Builder::new_current_thread().enable_all()).block_on(all()),
        "without drivers" => made(&mut Builder::new_current_thread()).block_on(all()),
        "one worker" => made(Builder::new_multi_thread().worker_threads(1).enable_all()).block_on(all()),
        "two workers" => made(Builder::new_multi_thread().worker_threads(2).enable_all()).block_on(all()),
        // A worker of the runtime itself is blocked.
        "task" => {
            let runtime = made(Builder::new_multi_thread().worker_threads(1).enable_all());
            runtime.block_on(runtime.spawn(all())).expect("it does not panic");
        }
        // Set up and ended where there is none.
        "around" => {
            let telemetry = otel_runtime::init().expect("telemetry starts");
            made(Builder::new_current_thread().enable_all()).block_on(work());
            telemetry.shutdown().expect("telemetry ends");
        }
        kind => panic!("there is no {kind}"),
    }
}

fn made(builder: &mut Builder) -> Runtime {
    builder.build().expect("a runtime can be made")
}

async fn all() {
    let telemetry = otel_runtime::init().expect("telemetry starts");
    work().await;
    telemetry.shutdown().expect("telemetry ends");
}
