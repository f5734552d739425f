use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{Error, ErrorKind};
use std::task::Poll;

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

use super::*;
use crate::context::{self, Carried};
use crate::semconv::DURATION_BUCKETS;
use crate::testing::{Captured, PointValue, capture, capture_async};
use crate::{Outcome, baggage};

const ORDERS: Destination = Destination::new("pulsar", "orders");

type Texts = HashMap<String, String>;

/// What the sender of a message writes into its headers.
fn sent() -> Texts {
    let mut headers = Texts::new();
    send(ORDERS).start(&mut headers).end(Outcome::OK);
    headers
}

fn parent_of<'a>(captured: &'a Captured, child: &str) -> Option<&'a str> {
    let parent = captured.one(child).parent_span_id;
    captured.all().iter().find(|span| span.span_id == parent).map(|span| span.name.as_str())
}

fn linked_by<'a>(captured: &'a Captured, name: &str) -> Vec<&'a str> {
    let links = &captured.one(name).links;
    let of = |id: SpanId| captured.all().iter().find(|span| span.span_id == id).map(|span| span.name.as_str());
    links.iter().filter_map(|(_, span)| of(*span)).collect()
}

fn kind_of(captured: &Captured, name: &str) -> SpanKind {
    captured.one(name).kind.clone()
}

fn in_a_span<T>(run: impl FnOnce() -> T) -> T {
    static AROUND: Operations = Operations::new("otel_runtime::around", SpanKind::Server, NOT_MEASURED);
    let mut around = AROUND.start(None, |beginning| _ = beginning.span().map(|span| span.named("around")));
    let returned = around.run(run);
    around.end(Outcome::OK);
    returned
}

#[test]
fn one_trace_from_sender_to_consumer() {
    let ((), captured) = capture(|| {
        let headers = sent();
        let processing = process(ORDERS).message(&headers).start();
        processing.call(|| settle(ORDERS, "ack").start().end(Outcome::OK));
    });
    assert_eq!(parent_of(&captured, "process orders"), Some("send orders"));
    assert_eq!(parent_of(&captured, "ack orders"), Some("process orders"));
    assert_eq!(linked_by(&captured, "process orders"), ["send orders"]);
    let kinds = [("send orders", SpanKind::Producer), ("process orders", SpanKind::Consumer), ("ack orders", SpanKind::Client)];
    for (name, kind) in kinds {
        assert_eq!(kind_of(&captured, name), kind, "{name}");
    }
    assert_eq!(
        captured.metrics(),
        "messaging.client.consumed.messages{messaging.destination.name=orders,messaging.operation.name=process,messaging.system=pulsar} 1\n\
         messaging.client.operation.duration{messaging.destination.name=orders,messaging.operation.name=ack,messaging.operation.type=settle,messaging.system=pulsar} 1\n\
         messaging.client.operation.duration{messaging.destination.name=orders,messaging.operation.name=send,messaging.operation.type=send,messaging.system=pulsar} 1\n\
         messaging.client.sent.messages{messaging.destination.name=orders,messaging.operation.name=send,messaging.system=pulsar} 1\n\
         messaging.process.duration{messaging.destination.name=orders,messaging.operation.name=process,messaging.system=pulsar} 1\n"
    );
    let duration = captured.points("messaging.process.duration").next().unwrap();
    assert!(matches!(&duration.value, PointValue::Histogram { bounds, .. } if bounds == DURATION_BUCKETS), "{duration:?}");
}

#[test]
fn inside_another_span_it_is_a_child_of_that_and_links_to_the_sender() {
    let ((), captured) = capture(|| {
        let headers = sent();
        in_a_span(|| process(ORDERS).message(&headers).start().end(Outcome::OK));
    });
    assert_eq!(parent_of(&captured, "process orders"), Some("around"));
    assert_eq!(linked_by(&captured, "process orders"), ["send orders"]);
}

#[test]
fn or_it_is_a_child_of_the_sender_and_links_to_both() {
    let ((), captured) = capture(|| {
        let headers = sent();
        in_a_span(|| process(ORDERS).message(&headers).under_message().start().end(Outcome::OK));
    });
    assert_eq!(parent_of(&captured, "process orders"), Some("send orders"));
    assert_eq!(linked_by(&captured, "process orders"), ["send orders", "around"]);
}

#[test]
fn a_message_without_a_context_changes_nothing() {
    let ((), captured) = capture(|| {
        in_a_span(|| process(ORDERS).message(&Texts::new()).under_message().start().end(Outcome::OK));
    });
    assert_eq!(parent_of(&captured, "process orders"), Some("around"));
    assert_eq!(linked_by(&captured, "process orders"), [""; 0]);
}

#[test]
fn baggage_comes_from_the_message() {
    let (seen, _) = capture(|| {
        let mut headers = Texts::new();
        {
            let _tenant = baggage::with("tenant.id", "acme").attach();
            send(ORDERS).start(&mut headers).end(Outcome::OK);
        }
        let tenant = || process(ORDERS).message(&headers).start().0.run(|| baggage::get("tenant.id"));
        let of_here = || process(ORDERS).message(&Texts::new()).start().0.run(|| baggage::get("shop"));
        let _here = baggage::with("shop", "here").attach();
        [tenant(), in_a_span(tenant), of_here()]
    });
    assert_eq!(seen.map(Option::unwrap_or_default), ["acme", "acme", "here"]);
}

#[test]
fn a_batch_links_and_has_no_parent_among_its_messages() {
    let ((), captured) = capture(|| {
        let mut batch = [Texts::new(), Texts::new()];
        let created: Vec<_> = batch.iter_mut().map(|headers| create(ORDERS).write(headers)).collect();
        send(ORDERS).start_batch(&created).end(Outcome::OK);
        process(ORDERS).messages(batch.iter().chain([&Texts::new()])).start().end(Outcome::OK);
    });
    assert_eq!(captured.named("create orders").count(), 2);
    for name in ["send orders", "process orders"] {
        let span = captured.one(name);
        let created: Vec<_> = captured.named("create orders").map(|created| (created.trace_id, created.span_id)).collect();
        assert_eq!((parent_of(&captured, name), &span.links), (None, &created), "{name}");
    }
    let count = |name: &str| captured.one(name).attribute("messaging.batch.message_count").map(ToString::to_string);
    assert_eq!((count("send orders").as_deref(), count("process orders").as_deref()), (Some("2"), Some("3")));
    assert_eq!(kind_of(&captured, "send orders"), SpanKind::Client);
    let counted = |metric: &str| captured.points(metric).next().map(|point| point.value.clone());
    assert_eq!(counted("messaging.client.sent.messages"), Some(PointValue::Sum(2.0)));
    assert_eq!(counted("messaging.client.consumed.messages"), Some(PointValue::Sum(3.0)));
}

#[test]
fn what_is_received_is_linked_and_counted_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (received, captured) = runtime.block_on(capture_async(async {
        let messages = vec![sent(), Texts::new()];
        let receiving = receive(ORDERS).named("poll").run(async { Ok::<_, Error>(messages) }, |messages, batch| {
            for headers in messages {
                batch.message(headers);
            }
        });
        let messages = receiving.await.unwrap();
        process(ORDERS).message(&messages[0]).after_receive().run(async {}).await;
        messages.len()
    }));
    assert_eq!(received, 2);
    assert_eq!(linked_by(&captured, "poll orders"), ["send orders"]);
    assert_eq!(captured.one("poll orders").attribute("messaging.batch.message_count").map(ToString::to_string).as_deref(), Some("2"));
    let consumed: Vec<_> = captured.points("messaging.client.consumed.messages").map(|point| point.value.clone()).collect();
    assert_eq!(consumed, [PointValue::Sum(2.0)]);
}

#[test]
fn headers_that_have_a_context_keep_it() {
    let ((), captured) = capture(|| {
        let made = sent();
        let mut passed_on = made.clone();
        send(Destination::new("pulsar", "dead-letters")).start(&mut passed_on).end(Outcome::OK);
        assert_eq!(passed_on, made);
        assert_eq!(create(ORDERS).write(&mut passed_on).span_id().to_string(), made["traceparent"][36..52]);
    });
    assert_eq!(linked_by(&captured, "send dead-letters"), ["send orders"]);
    assert_eq!(kind_of(&captured, "send dead-letters"), SpanKind::Client);
    assert_eq!(captured.named("create orders").count(), 0);
}

#[test]
fn failed_cancelled_and_panicked() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let ((), captured) = runtime.block_on(capture_async(async {
        let failed = send(ORDERS).named("fail").run(Texts::new(), |_| async { Err::<(), _>(Error::from(ErrorKind::TimedOut)) }).await;
        assert!(failed.is_err());
        let timed_out = |(): &()| Outcome::error("timed_out", "");
        settle(ORDERS, "judge").start().run_as(std::future::ready(()), timed_out).await;
        drop(send(ORDERS).named("cancel").run(Texts::new(), |_| std::future::pending::<()>()));
        let polled = tokio::time::timeout(std::time::Duration::ZERO, process(ORDERS).named("give up").run(std::future::pending::<()>()));
        assert!(polled.await.is_err());
        let panicking = tokio::spawn(context::FutureExt::with_current_context(
            process(ORDERS).named("panic").run(poll_fn(|_| -> Poll<()> { panic!("spilt") })),
        ));
        assert!(panicking.await.unwrap_err().is_panic());
    }));
    let shown = |name: &str| {
        let span = captured.one(&format!("{name} orders"));
        let text = |key: &str| span.attribute(key).map(ToString::to_string).unwrap_or_default();
        (text("error.type"), text("function.outcome"))
    };
    assert_eq!(shown("fail"), ("std::io::error::Error".to_owned(), String::new()));
    assert_eq!(shown("judge"), ("timed_out".to_owned(), String::new()));
    assert_eq!(shown("cancel"), (String::new(), "cancelled".to_owned()));
    assert_eq!(shown("give up"), (String::new(), "cancelled".to_owned()));
    assert_eq!(shown("panic"), ("panic".to_owned(), String::new()));
    let sent = captured.metrics().lines().filter(|line| line.starts_with("messaging.client.sent.messages")).count();
    assert_eq!(sent, 2, "an attempt counts:\n{}", captured.metrics());
}

#[test]
fn what_came_through_a_channel_is_a_message_too() {
    let ((), captured) = capture(|| {
        let order = in_a_span(|| Carried::new(7));
        process(ORDERS).message_from(&order).start().end(Outcome::OK);
    });
    assert_eq!(parent_of(&captured, "process orders"), Some("around"));
}

#[test]
fn without_anything_installed_the_context_goes_through() {
    let span = SpanContext::new(TraceId::from(0x11), SpanId::from(0x22), TraceFlags::SAMPLED, true, TraceState::NONE);
    let _attached = Context::new().with_remote_span_context(span.clone()).attach();
    let guard = send(ORDERS).start(&mut Texts::new());
    assert_eq!(guard.context().span().span_context(), &span);
    let seen = RefCell::new(None);
    process(ORDERS).start().call(|| *seen.borrow_mut() = Some(Context::current().span().span_context().clone()));
    assert_eq!(seen.into_inner(), Some(span));
}

#[test]
fn what_a_client_is_told_of_its_destinations() {
    let client = traced(()).server("broker.example", 4222).templates(["orders.*.new", "orders.>"]);
    let many = Destination::new("nats", "").of_many_names();
    let name = |subject: &str| {
        let destination = client.known(many, subject);
        format!("{destination:?}")
    };
    assert!(name("orders.7.new").contains("template: Some(\"orders.*.new\")"));
    assert!(name("orders.7").contains("template: Some(\"orders.>\")"));
    let other = name("customers");
    assert!(other.contains("template: None") && other.contains("broker.example"), "{other}");
}
