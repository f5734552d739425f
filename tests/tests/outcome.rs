//! How calls end: ok, error, cancelled, panicked; each exactly once, whatever happens to the call.

use std::borrow::Cow;
use std::fmt;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll, Waker};

use otel_runtime::context::FutureExt;
use otel_runtime::opentelemetry::trace::Status;
use otel_runtime::opentelemetry::{Context, Value};
use otel_runtime::testing::{Span, capture, capture_async};
use otel_runtime::{ErrorType, traced};

#[derive(Debug)]
enum OrderError {
    CardDeclined,
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bank said no")
    }
}

impl ErrorType for OrderError {
    fn error_type(&self) -> Cow<'static, str> {
        match self {
            Self::CardDeclined => "card_declined".into(),
        }
    }
}

type Answer<T> = Result<T, OrderError>;

#[traced]
fn fails() -> Answer<u8> {
    Err(OrderError::CardDeclined)
}

#[traced]
fn succeeds() -> Answer<u8> {
    Ok(1)
}

#[traced]
async fn fails_late(with: Result<u8, std::io::Error>) -> Result<u8, std::io::Error> {
    tokio::task::yield_now().await;
    let value = with?;
    Ok(value)
}

fn error_type(span: &Span) -> Option<String> {
    span.attribute("error.type").map(ToString::to_string)
}

#[test]
fn an_ok_value_leaves_no_trace_of_an_outcome() {
    let (_, spans) = capture(succeeds);
    let span = spans.one("succeeds");
    assert_eq!(span.status, Status::Unset);
    assert_eq!((error_type(span), span.attribute("function.outcome")), (None, None));
}

#[test]
fn an_error_is_told_by_its_type_and_its_text() {
    let (_, spans) = capture(fails);
    let span = spans.one("fails");
    assert_eq!(span.status, Status::error("the bank said no"));
    assert_eq!(error_type(span).as_deref(), Some("card_declined"));
    assert_eq!(span.events, []);
}

#[tokio::test]
async fn an_error_through_the_question_mark() {
    let (_, spans) = capture_async(fails_late(Err(std::io::Error::new(std::io::ErrorKind::NotFound, "gone")))).await;
    let span = spans.one("fails_late");
    assert_eq!(span.status, Status::error("gone"));
    assert_eq!(error_type(span).as_deref(), Some("not_found"));
}

#[traced]
async fn waits_for_ever() {
    inner().await;
}

#[traced]
async fn inner() {
    let _held = OnDrop(noted);
    pending::<()>().await;
}

#[traced]
fn noted() {}

/// Runs a function when it is dropped.
struct OnDrop(fn());

impl Drop for OnDrop {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut TaskContext::from_waker(Waker::noop()))
}

#[test]
fn a_future_dropped_before_it_is_ready_is_cancelled_and_what_it_held_is_dropped_under_it() {
    let ((), spans) = capture(|| {
        let mut future = Box::pin(waits_for_ever());
        assert!(poll_once(future.as_mut()).is_pending());
        drop(future);
    });
    assert_eq!(spans.tree(), "waits_for_ever cancelled\n  inner cancelled\n    noted\n");
    assert!(spans.all().iter().all(|span| span.status == Status::Unset));
}

#[test]
fn a_future_that_was_never_polled_did_nothing() {
    let ((), spans) = capture(|| drop(waits_for_ever()));
    assert_eq!(spans.all(), []);
}

#[traced]
fn panics(message: &str) {
    panics_inside(message);
}

#[traced]
fn panics_inside(message: &str) {
    panic!("{message}")
}

#[traced]
async fn panics_late() {
    tokio::task::yield_now().await;
    panic!("late")
}

fn quiet<T>(run: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

#[test]
fn a_panic_ends_every_span_that_it_unwinds_through() {
    let (caught, spans) = capture(|| quiet(|| panics("no tea left")));
    assert!(caught);
    assert_eq!(spans.tree(), "panics error=panic \"no tea left\"\n  panics_inside error=panic \"no tea left\"\n");
    for span in spans.all() {
        assert_eq!(error_type(span).as_deref(), Some("panic"));
        let (name, attributes) = &span.events[0];
        assert_eq!(name, "exception");
        assert!(
            attributes
                .iter()
                .any(|attribute| attribute.key.as_str() == "exception.message" && attribute.value == Value::from("no tea left"))
        );
    }
}

#[tokio::test]
async fn a_panic_in_a_task_is_an_outcome_like_any_other() {
    let (caught, spans) = capture_async(async { tokio::spawn(panics_late().with_current_context()).await }).await;
    assert!(caught.is_err());
    assert_eq!(spans.tree(), "panics_late error=panic \"late\"\n");
}

#[test]
fn a_panic_elsewhere_cancels_a_future_that_it_only_drops() {
    let (caught, spans) = capture(|| {
        quiet(|| {
            let mut future = Box::pin(waits_for_ever());
            assert!(poll_once(future.as_mut()).is_pending());
            panic!("not the future's fault")
        })
    });
    assert!(caught);
    assert_eq!(spans.tree(), "waits_for_ever cancelled\n  inner cancelled\n    noted\n");
}

#[test]
fn a_span_that_starts_while_a_panic_unwinds_ends_as_it_deserves() {
    let (caught, spans) = capture(|| {
        quiet(|| {
            let _cleanup = OnDrop(noted);
            panic!("cleanup follows")
        })
    });
    assert!(caught);
    assert_eq!(spans.tree(), "noted\n");
}

#[traced]
async fn checks_context(polls: usize) -> usize {
    let mut seen = 0;
    let own = otel_runtime::current().span_id();
    assert_ne!(own.to_string(), "0000000000000000");
    poll_fn(|task| {
        assert_eq!(otel_runtime::current().span_id(), own);
        seen += 1;
        if seen == polls {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    assert_eq!(otel_runtime::current().span_id(), own);
    seen
}

#[test]
fn the_span_is_current_at_every_poll_and_only_then() {
    let (seen, spans) = capture(|| {
        let outside = Context::current();
        let same = || assert_eq!(format!("{outside:?}"), format!("{:?}", Context::current()));
        let mut future = pin!(checks_context(3));
        same();
        for _ in 0..2 {
            assert!(poll_once(future.as_mut()).is_pending());
            same();
        }
        let ready = poll_once(future.as_mut());
        same();
        ready
    });
    assert_eq!(seen, Poll::Ready(3));
    assert_eq!(spans.tree(), "checks_context\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_may_move_between_threads() {
    let ((), spans) = capture_async(async {
        let tasks: Vec<_> = (0..50).map(|_| tokio::spawn(checks_context(20).with_current_context())).collect();
        for task in tasks {
            assert_eq!(task.await.expect("no task panics"), 20);
        }
    })
    .await;
    assert_eq!(spans.named("checks_context").count(), 50);
}

#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no words")
    }
}

#[traced]
fn fails_unspeakably() -> Result<(), Unspeakable> {
    Err(Unspeakable)
}

#[test]
fn an_error_that_panics_when_it_is_shown_is_still_only_an_error() {
    let (caught, spans) = capture(|| quiet(|| assert!(fails_unspeakably().is_err())));
    assert!(!caught);
    assert_eq!(spans.tree(), "fails_unspeakably error=outcome::Unspeakable\n");
}

#[traced]
async fn holds_what_panics_when_it_is_dropped() {
    let _held = OnDrop(|| panic!("dropped"));
    pending::<()>().await;
}

#[test]
fn a_panic_while_a_future_is_dropped_is_its_outcome() {
    let (caught, spans) = capture(|| {
        quiet(|| {
            let mut future = Box::pin(holds_what_panics_when_it_is_dropped());
            assert!(poll_once(future.as_mut()).is_pending());
        })
    });
    assert!(caught);
    assert_eq!(spans.tree(), "holds_what_panics_when_it_is_dropped error=panic \"dropped\"\n");
}

#[traced]
fn goes_on_unwinding() {
    std::panic::resume_unwind(Box::new("not told to any hook"));
}

#[test]
fn the_message_of_an_earlier_panic_is_not_taken_for_this_one_s() {
    let (caught, spans) = capture(|| quiet(|| panics("an earlier one")) && quiet(goes_on_unwinding));
    assert!(caught);
    assert_eq!(spans.one("goes_on_unwinding").status, Status::error("panicked, with a message that was not seen"));
}
