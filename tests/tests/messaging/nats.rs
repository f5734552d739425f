//! NATS, with and without JetStream.

use std::future::{pending, poll_fn};
use std::io::Error;
use std::pin::Pin;
use std::time::Duration;

use async_nats::Client;
use async_nats::client::RequestErrorKind;
use async_nats::jetstream::{self, consumer, stream};
use futures_core::Stream;
use otel_runtime::messaging::async_nats::jetstream::ack;
use otel_runtime::messaging::async_nats::{process, process_all};
use otel_runtime::messaging::traced;
use otel_runtime::opentelemetry::trace::SpanKind;
use otel_runtime::testing::capture_async;
use tests::brokers::Broker;

use super::{LIMIT, assert_one_trace, between_processes, text};

async fn connect(broker: &Broker) -> Client {
    async_nats::connect(format!("127.0.0.1:{}", broker.port)).await.expect("the broker listens")
}

async fn next<S: Stream + Unpin>(stream: &mut S) -> S::Item {
    let next = poll_fn(|polling| Pin::new(&mut *stream).poll_next(polling));
    tokio::time::timeout(LIMIT, next).await.expect("a message comes").expect("the stream goes on")
}

#[test]
fn one_trace_from_process_to_process() {
    let Some(broker) = Broker::nats() else { return };
    let captured = between_processes("nats", broker.port);
    let chain = [
        ("messenger.order", SpanKind::Internal),
        ("publish orders.17", SpanKind::Producer),
        ("process orders.*", SpanKind::Consumer),
        ("messenger.ship", SpanKind::Internal),
    ];
    assert_one_trace(&captured, &chain);
    let sender = captured.one("publish orders.17");
    assert_eq!(captured.one("process orders.*").links, [(sender.trace_id, sender.span_id)]);
    for span in ["publish orders.17", "process orders.*"] {
        assert_eq!(text(&captured, span, "messaging.destination.name").as_deref(), Some("orders.17"));
        assert_eq!(text(&captured, span, "server.port"), Some(broker.port.to_string()));
    }
}

#[tokio::test]
async fn requests_end_with_the_reply_or_with_the_kind_of_the_error() {
    let Some(broker) = Broker::nats() else { return };
    let ((), captured) = capture_async(Box::pin(async {
        let client = traced(connect(&broker).await);
        let mut prices = client.subscribe("prices").await.expect("a subscription");
        let replying = async {
            let request = next(&mut prices).await;
            let reply = request.reply.clone().expect("a request has an inbox for the reply");
            let replying = process(&request).start();
            replying.run(client.publish(reply, "100".into())).await
        };
        let (reply, replied) = tokio::join!(client.request("prices", "apple".into()), replying);
        assert_eq!(reply.expect("a reply").payload, "100");
        replied.expect("it is sent");
        let nobody = client.request("nobody.there", "apple".into()).await.expect_err("nobody answers");
        assert_eq!(nobody.kind(), RequestErrorKind::NoResponders);
        let cancelled = tokio::time::timeout(Duration::from_millis(10), client.request("prices", "pear".into()));
        assert!(cancelled.await.is_err());
    }))
    .await;
    let chain = [("process prices", SpanKind::Consumer), ("publish", SpanKind::Producer)];
    assert_one_trace(&captured, &chain);
    assert_eq!(text(&captured, "publish", "messaging.destination.temporary").as_deref(), Some("true"));
    assert_eq!(text(&captured, "request nobody.there", "error.type").as_deref(), Some("NoResponders"));
    let outcomes: Vec<_> =
        captured.named("request prices").map(|span| span.attribute("function.outcome").map(ToString::to_string)).collect();
    assert!(outcomes.contains(&None) && outcomes.contains(&Some("cancelled".to_owned())), "{outcomes:?}");
    assert!(captured.metrics().contains("error.type=NoResponders"), "{}", captured.metrics());
    assert!(!captured.metrics().contains("messaging.destination.name"), "nobody said that subjects are few:\n{}", captured.metrics());
}

#[tokio::test]
async fn a_batch_of_jetstream_s_links() {
    let Some(broker) = Broker::nats() else { return };
    let ((), captured) = capture_async(Box::pin(async {
        let context = traced(jetstream::new(connect(&broker).await)).templates(["orders.>"]);
        let config = stream::Config { name: "ORDERS".to_owned(), subjects: vec!["orders.>".to_owned()], ..Default::default() };
        let stream = context.create_stream(config).await.expect("a stream");
        for order in ["orders.1", "orders.2"] {
            context.publish(order, "apples".into()).await.expect("sent").await.expect("stored");
        }
        let config = consumer::pull::Config { durable_name: Some("shipping".to_owned()), ..Default::default() };
        let consumer = stream.create_consumer(config).await.expect("a consumer");
        let mut fetched = consumer.fetch().max_messages(2).messages().await.expect("messages");
        let messages = [next(&mut fetched).await.expect("a message"), next(&mut fetched).await.expect("a message")];
        let shipping = process_all(messages.iter().map(|message| &message.message)).template("orders.>").start();
        let shipped = shipping.run(async {
            for message in &messages {
                ack(message).await.expect("acknowledged");
            }
            Ok::<_, Error>(())
        });
        shipped.await.expect("it is shipped");
        let never = process(&messages[0]).template("orders.>").named("ponder").run(pending::<()>());
        assert!(tokio::time::timeout(Duration::from_millis(10), never).await.is_err());
    }))
    .await;
    let sent: Vec<_> = captured.named("publish orders.>").map(|span| (span.trace_id, span.span_id)).collect();
    let shipped = captured.one("process orders.>");
    assert_eq!((sent.len(), &shipped.links), (2, &sent));
    assert_eq!(shipped.attribute("messaging.batch.message_count").map(ToString::to_string).as_deref(), Some("2"));
    for order in ["ack orders.1", "ack orders.2"] {
        assert_eq!(captured.one(order).parent_span_id, shipped.span_id);
    }
    assert_eq!(text(&captured, "ponder orders.>", "function.outcome").as_deref(), Some("cancelled"));
    assert!(captured.metrics().contains("messaging.destination.template=orders.>"), "{}", captured.metrics());
}
