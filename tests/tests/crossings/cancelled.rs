//! Futures that are given up, and guards and futures that are dropped in whatever order.

use std::pin::Pin;
use std::task::{Context as TaskContext, Waker};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use otel_runtime::context::{Context, FutureExt};
use otel_runtime::opentelemetry::trace::TraceContextExt;
use otel_runtime::{current, traced};
use tests::chance::Numbers;
use tests::receiver::Received;
use tokio::task::yield_now;

use crate::{number, parent, recorded};

#[traced(fields(call))]
async fn outer(call: usize) {
    inner(call).await;
}

#[traced(fields(call))]
async fn inner(call: usize) {
    loop {
        yield_now().await;
        leaf(call);
    }
}

#[traced(fields(call))]
fn leaf(call: usize) {}

/// Made while what it is in is dropped.
#[traced(fields(call))]
fn last_will(call: usize) {}

struct Willing(usize);

impl Drop for Willing {
    fn drop(&mut self) {
        last_will(self.0);
    }
}

fn poll(future: Pin<&mut impl Future>) {
    assert!(future.poll(&mut TaskContext::from_waker(Waker::noop())).is_pending());
}

/// An order without a pattern, the same in every run.
fn shuffled(count: usize) -> Vec<usize> {
    let mut numbers = Numbers(1);
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        let other = numbers.below(last as u64 + 1);
        order.swap(last, usize::try_from(other).unwrap_or(0));
    }
    order
}

#[test]
fn a_hundred_thousand_futures_are_cancelled() {
    const FUTURES: usize = 100_000;
    let spans = recorded(|context| {
        for call in 0..FUTURES {
            let mut future = Box::pin(outer(call).with_context(context.clone()));
            poll(future.as_mut());
        }
    });
    assert_eq!(spans.len(), 2 * FUTURES);
    for span in spans.values() {
        assert_eq!(span.attribute("function.outcome"), Some(&Value::StringValue("cancelled".to_owned())), "{}", span.name());
        let parent = parent(&spans, span);
        assert_eq!(parent.map(Received::<Span>::name), (span.name() == "inner").then_some("outer"));
        assert!(parent.is_none_or(|parent| number(parent, "call") == number(span, "call")));
    }
}

#[test]
fn futures_that_are_polled_and_dropped_in_any_order_keep_apart() {
    const FUTURES: usize = 1_000;
    let spans = recorded(|context| {
        let mut futures: Vec<_> = (0..FUTURES)
            .map(|call| {
                Some(Box::pin(
                    async move {
                        let _willing = Willing(call);
                        outer(call).await;
                    }
                    .with_context(context.clone()),
                ))
            })
            .collect();
        for _ in 0..3 {
            for call in shuffled(FUTURES) {
                poll(futures[call].as_mut().expect("it is there").as_mut());
                assert!(!current().trace_id().to_string().contains(|digit| digit != '0'), "no span is current between polls");
            }
        }
        for call in shuffled(FUTURES) {
            futures[call] = None;
        }
    });
    let count = |name| spans.values().filter(|span| span.name() == name).count();
    assert_eq!((count("outer"), count("inner"), count("leaf"), count("last_will")), (FUTURES, FUTURES, 2 * FUTURES, FUTURES));
    for span in spans.values() {
        let parent = parent(&spans, span);
        let expected = match span.name() {
            "inner" => Some("outer"),
            "leaf" => Some("inner"),
            _ => None,
        };
        assert_eq!(parent.map(Received::<Span>::name), expected);
        assert!(parent.is_none_or(|parent| number(parent, "call") == number(span, "call")));
    }
}

#[test]
fn guards_that_are_dropped_in_any_order_leave_nothing_behind() {
    const GUARDS: usize = 1_000;
    struct Place(usize);
    let before = Context::current();
    let mut guards: Vec<_> = (0..GUARDS).map(|place| Some(Context::current_with_value(Place(place)).attach())).collect();
    let mut left: Vec<usize> = (0..GUARDS).collect();
    for place in shuffled(GUARDS) {
        guards[place] = None;
        left.retain(|other| *other != place);
        let current = Context::map_current(|context| context.get::<Place>().map(|place| place.0));
        assert_eq!(current, left.last().copied(), "the current one is the last that is attached");
    }
    assert_eq!(Context::current().has_active_span(), before.has_active_span());
}
