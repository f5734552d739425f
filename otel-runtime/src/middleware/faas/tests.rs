use std::future::pending;

use super::*;
use crate::context::FutureExt;
use crate::testing::{Capture, Captured};

/// What is recorded of invocations.
async fn recorded(run: impl AsyncFnOnce(Invocations)) -> Captured {
    let capture = Capture::start();
    let invocations = Invocations::new(capture.telemetry(), "checkout").trigger(Trigger::Timer);
    run(invocations).with_context(capture.context()).await;
    capture.finish()
}

#[tokio::test]
async fn the_first_is_cold_and_clones_are_of_the_same_function() {
    let captured = recorded(async |invocations| {
        for id in ["a", "b"] {
            let answer = invocations.clone().run(Invocation::new().id(id), async { Ok::<_, fmt::Error>(7) }).await;
            assert_eq!(answer, Ok(7));
        }
        let failed = invocations.run(Invocation::new(), async { Err::<(), _>(fmt::Error) }).await;
        assert_eq!(failed, Err(fmt::Error));
    })
    .await;
    assert_eq!(
        captured.tree(),
        "checkout (server) faas.trigger=timer faas.coldstart=true faas.invocation_id=a\n\
         checkout (server) faas.trigger=timer faas.coldstart=false faas.invocation_id=b\n\
         checkout (server) faas.trigger=timer faas.coldstart=false error=core::fmt::Error \
         \"an error occurred when formatting an argument\"\n"
    );
    assert_eq!(
        captured.metrics(),
        "faas.coldstarts{faas.trigger=timer} 1\n\
         faas.invoke_duration{error.type=core::fmt::Error,faas.trigger=timer} 1\n\
         faas.invoke_duration{faas.trigger=timer} 2\n"
    );
}

#[tokio::test]
async fn one_that_is_dropped_was_cancelled() {
    let captured = recorded(async |invocations| {
        let mut invocation = Box::pin(invocations.run(Invocation::new(), pending::<Result<(), fmt::Error>>()));
        tokio::select! {
            biased;
            _ = &mut invocation => panic!("it has no end"),
            () = tokio::task::yield_now() => {}
        }
    })
    .await;
    assert_eq!(captured.tree(), "checkout (server) faas.trigger=timer faas.coldstart=true cancelled\n");
}

#[tokio::test]
async fn one_that_panics_has_panicked_and_is_delivered_before_that_goes_on() {
    let delivered = Arc::new(AtomicBool::new(false));
    let captured = recorded(async |mut invocations| {
        let flush = Arc::clone(&delivered);
        invocations.flush = Arc::new(move |_| flush.store(true, Ordering::Relaxed));
        let was_delivered = Arc::clone(&delivered);
        let panicking = async move {
            let panic = async { panic!("the printer is on fire") };
            let run = caught(invocations.run(Invocation::new(), panic)).await;
            let panic = run.map(|answer: Result<(), fmt::Error>| answer).expect_err("it goes on");
            assert_eq!(panic.downcast_ref(), Some(&"the printer is on fire"));
            assert!(was_delivered.load(Ordering::Relaxed));
        };
        tokio::spawn(panicking.with_current_context()).await.expect("all of that is so");
    })
    .await;
    assert_eq!(
        captured.tree(),
        "checkout (server) faas.trigger=timer faas.coldstart=true error=panic \"the printer is on fire\"\n",
        "{captured}"
    );
}

#[test]
fn it_waits_without_a_runtime_too_and_a_deadline_that_has_passed_waits_for_nothing() {
    let capture = Capture::start();
    let _attached = capture.context().attach();
    let invocations = Invocations::new(capture.telemetry(), "checkout").flush_at_most(Duration::from_secs(60));
    let invocation = Invocation::new().deadline(SystemTime::UNIX_EPOCH).parent(Context::current());
    let mut run = pin!(invocations.run(invocation, async { Ok::<_, fmt::Error>(()) }));
    let polled = run.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(polled.is_ready());
    assert_eq!(capture.finish().named("checkout").count(), 1);
}
