use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lambda_runtime::service_fn;

use super::*;
use crate::context::FutureExt;
use crate::middleware::faas::caught;
use crate::testing::{Capture, Captured};

/// An event for the function `checkout`.
fn event(payload: &str) -> LambdaEvent<String> {
    let mut context = Context::default();
    "7".clone_into(&mut context.request_id);
    context.env_config = Arc::new(Config { function_name: "checkout".to_owned(), ..Config::default() });
    LambdaEvent::new(payload.to_owned(), context)
}

/// What is recorded of a handler that is called once, in whatever way, and whether it was delivered.
async fn recorded<S>(service: S, run: impl AsyncFnOnce(Handler<S>)) -> (Captured, bool) {
    let capture = Capture::start();
    let mut handler = handler(capture.telemetry(), service);
    let delivered = Arc::new(AtomicBool::new(false));
    let flushed = Arc::clone(&delivered);
    handler.invocations.flush = Arc::new(move |_| flushed.store(true, Ordering::Relaxed));
    run(handler).with_context(capture.context()).await;
    (capture.finish(), delivered.load(Ordering::Relaxed))
}

#[tokio::test]
async fn one_that_is_dropped_was_cancelled_and_waits_for_the_next() {
    let service = service_fn(|_: LambdaEvent<String>| pending::<Result<(), fmt::Error>>());
    let (captured, delivered) = recorded(service, async |mut handler| {
        let mut invocation = handler.call(event("tea"));
        tokio::select! {
            biased;
            _ = &mut invocation => panic!("it has no end"),
            () = tokio::task::yield_now() => {}
        }
    })
    .await;
    assert_eq!(captured.tree(), "checkout (server) faas.trigger=other faas.coldstart=true faas.invocation_id=7 cancelled\n");
    assert!(!delivered);
}

#[tokio::test]
async fn a_call_that_panics_is_delivered_before_that_goes_on() {
    let service = service_fn(|event: LambdaEvent<String>| {
        assert_ne!(event.payload, "burn", "the printer is on fire");
        pending::<Result<(), fmt::Error>>()
    });
    let (captured, delivered) = recorded(service, async |mut handler| {
        assert!(caught(handler.call(event("burn"))).await.is_err());
    })
    .await;
    assert_eq!(captured.one("checkout").attribute("error.type"), Some(&"panic".into()), "{captured}");
    assert!(delivered);
}
