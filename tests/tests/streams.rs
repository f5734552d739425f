//! Functions that return streams: the span lives as long as the stream, and counts its items.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll, Waker};

use futures_core::Stream;
use otel_runtime::opentelemetry::Value;
use otel_runtime::opentelemetry::trace::SpanId;
use otel_runtime::testing::{capture, capture_async};
use otel_runtime::{current, traced};

/// Gives what a function gives, waiting before every item.
struct Each<F> {
    next: F,
    waited: bool,
}

impl<T, F: FnMut() -> Option<T> + Unpin> Stream for Each<F> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<T>> {
        self.waited = !self.waited;
        if self.waited {
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready((self.next)())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (2, Some(5))
    }
}

fn each<T, F: FnMut() -> Option<T> + Unpin>(next: F) -> Each<F> {
    Each { next, waited: false }
}

fn counting_to(last: u8) -> impl FnMut() -> Option<u8> + Unpin + Send + 'static {
    let mut items = 1..=last;
    move || {
        noted();
        items.next()
    }
}

async fn next<S: Stream>(mut stream: Pin<&mut S>) -> Option<S::Item> {
    poll_fn(|task| stream.as_mut().poll_next(task)).await
}

async fn all<S: Stream>(stream: S) -> Vec<S::Item> {
    let mut stream = pin!(stream);
    let mut items = Vec::new();
    while let Some(item) = next(stream.as_mut()).await {
        items.push(item);
    }
    items
}

#[traced]
fn noted() {}

#[traced(fields(last))]
fn opaque(last: u8) -> impl Stream<Item = u8> + Unpin + Send + 'static {
    noted();
    each(counting_to(last))
}

#[traced]
fn boxed<'a>(items: &'a [u8]) -> Pin<Box<dyn Stream<Item = &'a u8> + Send + 'a>> {
    let mut items = items.iter();
    Box::pin(each(move || items.next()))
}

#[traced("shop.plain_box")]
fn boxed_and_not_send(name: std::rc::Rc<str>) -> Pin<Box<dyn Stream<Item = usize>>> {
    Box::pin(each(move || (name.len() > 9).then_some(1)))
}

#[tokio::test]
async fn the_span_of_a_stream_begins_with_the_call_and_ends_with_its_last_item() {
    let (items, spans) = capture_async(async { all(opaque(2)).await }).await;
    assert_eq!(items, [1, 2]);
    assert_eq!(spans.tree(), "opaque last=2 function.items=2\n  noted\n  noted\n  noted\n  noted\n");
}

#[tokio::test]
async fn boxed_streams_borrow_and_need_not_be_send() {
    let ((), spans) = capture_async(async {
        assert_eq!(all(boxed(&[3, 4])).await, [&3, &4]);
        assert_eq!(all(boxed_and_not_send("tea".into())).await, [0; 0]);
    })
    .await;
    assert_eq!(spans.tree(), "boxed function.items=2\nshop.plain_box function.items=0\n");
}

struct Shelf(Vec<u8>);

#[traced]
impl Shelf {
    fn items(&self) -> impl Stream<Item = u8> + '_ {
        let mut items = self.0.iter().copied();
        each(move || items.next())
    }
}

#[tokio::test]
async fn a_method_of_an_annotated_block_may_return_a_stream() {
    let shelf = Shelf(vec![1, 2, 3]);
    let (items, spans) = capture_async(async { all(shelf.items()).await }).await;
    assert_eq!(items, [1, 2, 3]);
    assert_eq!(spans.tree(), "Shelf::items function.items=3\n");
}

#[traced(item_events)]
fn with_events() -> impl Stream<Item = u8> {
    each(counting_to(3))
}

#[tokio::test]
async fn every_item_may_be_an_event() {
    let (_, spans) = capture_async(async { all(with_events()).await }).await;
    let span = spans.one("with_events");
    assert_eq!(span.events, vec![("item".to_owned(), vec![]); 3]);
    assert_eq!(span.attribute("function.items"), Some(&Value::I64(3)));
}

#[traced]
#[otel_runtime::counted]
#[otel_runtime::timed]
fn may_fail(answers: &'static [Result<u8, std::fmt::Error>]) -> impl Stream<Item = Result<u8, std::fmt::Error>> {
    let mut answers = answers.iter().copied();
    each(move || answers.next())
}

#[tokio::test]
async fn an_item_that_is_an_error_makes_the_stream_an_error_when_it_ends() {
    let ((), captured) = capture_async(async {
        all(may_fail(&[Ok(1), Err(std::fmt::Error), Ok(2)])).await;
        all(may_fail(&[Ok(1)])).await;
    })
    .await;
    let text = std::fmt::Error.to_string();
    assert_eq!(captured.tree(), format!("may_fail function.items=3 error=core::fmt::Error {text:?}\nmay_fail function.items=1\n"));
    let line = |metric: &str, outcome: &str| format!("{metric}{{code.function.name=streams::may_fail,{outcome}}} 1\n");
    let (error, ok) = ("error.type=core::fmt::Error,function.outcome=error", "function.outcome=ok");
    let lines =
        [line("function.calls", error), line("function.calls", ok), line("function.duration", error), line("function.duration", ok)];
    assert_eq!(captured.metrics(), lines.concat());
}

#[traced]
#[otel_runtime::counted(in_flight)]
fn endless() -> impl Stream<Item = u8> {
    each(|| Some(1))
}

#[tokio::test]
async fn a_stream_dropped_before_its_end_is_cancelled_and_keeps_its_count() {
    let ((), captured) = capture_async(async {
        let mut stream = pin!(endless());
        assert_eq!(next(stream.as_mut()).await, Some(1));
        assert_eq!(next(stream.as_mut()).await, Some(1));
        drop(endless());
    })
    .await;
    assert_eq!(captured.tree(), "endless function.items=2 cancelled\nendless function.items=0 cancelled\n");
    let name = "code.function.name=streams::endless";
    let metrics = format!("function.active_calls{{{name}}} 0\nfunction.calls{{{name},function.outcome=cancelled}} 2\n");
    assert_eq!(captured.metrics(), metrics);
}

#[traced]
#[otel_runtime::counted(in_flight)]
fn breaks() -> impl Stream<Item = u8> {
    let mut items = 0;
    each(move || {
        items += 1;
        assert!(items < 2, "the shelf broke");
        Some(items)
    })
}

#[traced]
fn breaks_at_once() -> impl Stream<Item = u8> {
    assert!(current().is_recording());
    let refuses = || -> Each<fn() -> Option<u8>> { panic!("there is no shelf") };
    refuses()
}

#[test]
fn a_stream_that_panics_ends_as_panicked() {
    let ((), captured) = capture(|| {
        let mut stream = pin!(breaks());
        let mut task = TaskContext::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let _ = stream.as_mut().poll_next(&mut task);
            }
        }));
        assert!(polled.is_err());
        assert!(catch_unwind(|| drop(breaks_at_once())).is_err());
    });
    let span = captured.one("breaks");
    assert_eq!(span.attribute("error.type"), Some(&Value::from("panic")));
    assert_eq!(captured.one("breaks_at_once").attribute("error.type"), Some(&Value::from("panic")));
    let name = "code.function.name=streams::breaks";
    let metrics = format!("function.active_calls{{{name}}} 0\nfunction.calls{{{name},error.type=panic,function.outcome=panicked}} 1\n");
    assert_eq!(captured.metrics(), metrics);
}

#[traced]
fn tells_its_span() -> impl Stream<Item = SpanId> {
    each(|| Some(current().span_id()))
}

#[test]
fn the_span_is_current_at_every_poll_of_a_stream_and_only_then() {
    let (seen, spans) = capture(|| {
        let mut task = TaskContext::from_waker(Waker::noop());
        let mut stream = pin!(tells_its_span());
        let mut seen = Vec::new();
        for _ in 0..4 {
            if let Poll::Ready(Some(id)) = stream.as_mut().poll_next(&mut task) {
                seen.push(id);
            }
            assert!(!current().is_recording());
        }
        seen
    });
    let own = spans.one("tells_its_span").span_id;
    assert_eq!(seen, [own, own]);
}

struct OnDrop;

impl Drop for OnDrop {
    fn drop(&mut self) {
        noted();
    }
}

#[traced]
fn holds() -> impl Stream<Item = u8> {
    let held = OnDrop;
    each(move || {
        let _ = &held;
        Some(1)
    })
}

#[test]
fn what_a_stream_holds_is_dropped_under_its_span() {
    let ((), spans) = capture(|| drop(holds()));
    assert_eq!(spans.tree(), "holds function.items=0 cancelled\n  noted\n");
}

#[tokio::test]
async fn a_stream_says_how_long_it_is() {
    assert_eq!(opaque(5).size_hint(), (2, Some(5)));
    let ((), _) = capture_async(async {
        assert_eq!(opaque(5).size_hint(), (2, Some(5)));
        assert_eq!(boxed(&[]).size_hint(), (2, Some(5)));
    })
    .await;
}

#[tokio::test]
async fn a_stream_may_be_made_in_one_task_and_read_in_another() {
    let (items, spans) = capture_async(async {
        let stream = opaque(2);
        tokio::spawn(all(stream)).await.expect("the task does not panic")
    })
    .await;
    assert_eq!(items, [1, 2]);
    assert_eq!(spans.one("opaque").attribute("function.items"), Some(&Value::I64(2)));
}

#[tokio::test]
async fn a_stream_that_is_polled_after_its_end_is_ended_once() {
    let ((), spans) = capture_async(async {
        let mut stream = opaque(0);
        assert_eq!(next(Pin::new(&mut stream)).await, None);
        assert_eq!(next(Pin::new(&mut stream)).await, None);
    })
    .await;
    assert_eq!(spans.named("opaque").count(), 1);
}

#[traced]
async fn reads(stream: impl Stream<Item = u8>) -> usize {
    all(stream).await.len()
}

#[tokio::test]
async fn a_stream_keeps_the_span_of_its_making_as_parent() {
    let (count, spans) = capture_async(async { reads(with_events()).await }).await;
    assert_eq!(count, 3);
    assert_eq!(spans.one("with_events").parent_span_id, SpanId::INVALID, "it was made before `reads` began");
}

#[tokio::test]
async fn nothing_installed_leaves_a_stream_as_it_is() {
    assert_eq!(all(opaque(3)).await, [1, 2, 3]);
    assert_eq!(all(boxed(&[1])).await, [&1]);
    let never = each(|| None::<u8>);
    tokio::select! {
        biased;
        items = all(never) => assert_eq!(items, [0; 0]),
        () = pending() => {}
    }
}

#[derive(Debug)]
struct Unspeakable;

impl std::fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no words")
    }
}

#[traced]
fn gives_an_unspeakable_error() -> impl Stream<Item = Result<u8, Unspeakable>> + Unpin {
    Once(Some(Err(Unspeakable)))
}

/// One item, and then the end.
struct Once<T>(Option<T>);

impl<T: Unpin> Stream for Once<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<T>> {
        Poll::Ready(self.0.take())
    }
}

#[test]
fn an_item_that_panics_when_it_is_shown_is_still_only_an_error() {
    let ((), spans) = capture(|| {
        let mut stream = gives_an_unspeakable_error();
        let mut poll = || Pin::new(&mut stream).poll_next(&mut TaskContext::from_waker(Waker::noop()));
        assert!(matches!(poll(), Poll::Ready(Some(Err(Unspeakable)))));
        assert!(matches!(poll(), Poll::Ready(None)));
    });
    assert_eq!(spans.tree(), "gives_an_unspeakable_error function.items=1 error=streams::Unspeakable\n");
}
