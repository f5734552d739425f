//! RabbitMQ: one server, which takes its time to start.

use std::future::pending;
use std::time::Duration;

use lapin::options::{BasicGetOptions, BasicNackOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use otel_runtime::messaging::lapin::{nack, process, process_all};
use otel_runtime::messaging::traced;
use otel_runtime::opentelemetry::trace::SpanKind;
use otel_runtime::testing::{Captured, capture_async};
use tests::brokers::Broker;

use super::{assert_one_trace, between_processes, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the server takes ten seconds to start"]
async fn messages_of_rabbitmq_s() {
    let Some(broker) = tokio::task::block_in_place(Broker::rabbitmq) else { return };
    one_trace_from_process_to_process(&tokio::task::block_in_place(|| between_processes("rabbitmq", broker.port)));
    let ((), captured) = capture_async(received_together(broker.port)).await;
    got_and_linked(&captured);
}

fn one_trace_from_process_to_process(captured: &Captured) {
    let chain = [
        ("messenger.order", SpanKind::Internal),
        ("publish orders", SpanKind::Producer),
        ("process orders", SpanKind::Consumer),
        ("ack orders", SpanKind::Client),
    ];
    assert_one_trace(captured, &chain);
    assert_eq!(captured.one("messenger.ship").parent_span_id, captured.one("process orders").span_id);
    let sender = captured.one("publish orders");
    assert_eq!(captured.one("process orders").links, [(sender.trace_id, sender.span_id)]);
    for span in ["publish orders", "process orders"] {
        assert_eq!(text(captured, span, "messaging.message.id").as_deref(), Some("m1"));
        assert_eq!(text(captured, span, "messaging.rabbitmq.destination.routing_key").as_deref(), Some("orders"));
    }
}

async fn received_together(port: u16) {
    let connection = Connection::connect(&format!("amqp://127.0.0.1:{port}/%2f"), ConnectionProperties::default()).await;
    let connection = connection.expect("the broker listens");
    let channel = traced(connection.create_channel().await.expect("a channel"));
    channel.queue_declare("fruit".into(), QueueDeclareOptions::default(), FieldTable::default()).await.expect("a queue");
    let mut got = Vec::new();
    for _ in 0..2 {
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        channel.basic_publish("".into(), "fruit".into(), options, b"pears", properties).await.expect("it is sent");
        // On one channel, what was sent first is done first.
        let message = channel.basic_get("fruit".into(), BasicGetOptions::default()).await.expect("an answer").expect("a message");
        got.push(message.delivery);
    }
    process_all("fruit", &got).after_receive().run(async { nack(&got[0], BasicNackOptions::default()).await }).await.expect("told");
    let never = process("fruit", &got[1]).named("ponder").run(pending::<()>());
    assert!(tokio::time::timeout(Duration::from_millis(10), never).await.is_err());
    let refused = channel.basic_get("no-such-queue".into(), BasicGetOptions::default()).await;
    assert!(refused.is_err());
}

fn got_and_linked(captured: &Captured) {
    let sent: Vec<_> = captured.named("publish fruit").map(|span| (span.trace_id, span.span_id)).collect();
    assert_eq!((sent.len(), &captured.one("process fruit").links), (2, &sent));
    let linked: Vec<_> = captured.named("get fruit").flat_map(|span| span.links.clone()).collect();
    assert_eq!(linked, sent);
    assert_eq!(captured.one("nack fruit").parent_span_id, captured.one("process fruit").span_id);
    assert_eq!(text(captured, "ponder fruit", "function.outcome").as_deref(), Some("cancelled"));
    assert_eq!(text(captured, "get no-such-queue", "error.type").as_deref(), Some("NOTFOUND"));
    let consumed = captured.points("messaging.client.consumed.messages");
    assert!(consumed.count() >= 2, "{}", captured.metrics());
}
