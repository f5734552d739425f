use std::future::pending;
use std::time::Duration;

use ::rdkafka::ClientConfig;
use ::rdkafka::consumer::StreamConsumer;
use ::rdkafka::error::RDKafkaErrorCode;
use ::rdkafka::message::OwnedMessage;
use ::rdkafka::mocking::MockCluster;

use super::*;
use crate::testing::{Captured, capture_async};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn headers_are_read_and_written_once() {
    let mut headers =
        OwnedHeaders::new().insert(Header { key: "baggage", value: Some("a=1") }).insert(Header { key: "x", value: Some("1") });
    headers = headers.insert(Header { key: "baggage", value: Some("b=2") }).insert(Header::<&[u8]> { key: "none", value: None });
    let extractor = HeaderExtractor(Some(&headers));
    assert_eq!(extractor.get_all("baggage"), Some(vec!["a=1", "b=2"]));
    assert_eq!((extractor.get("x"), extractor.get("none"), extractor.get_all("y")), (Some("1"), None, None));
    let mut injector = HeaderInjector(&mut headers);
    injector.set("baggage", "c=3".to_owned());
    assert_eq!((injector.get_all("baggage"), injector.keys()), (Some(vec!["c=3"]), vec!["x", "none", "baggage"]));
    assert_eq!(HeaderExtractor::<OwnedHeaders>(None).get("x"), None);
}

#[test]
fn classes_of_errors() {
    let cases = [
        (KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut), "MessageTimedOut"),
        (KafkaError::Canceled, "Canceled"),
        (KafkaError::Subscription("orders-17".to_owned()), "_OTHER"),
    ];
    for (error, expected) in cases {
        assert_eq!(class(&error), expected);
    }
}

/// The next of a consumer's messages.
async fn next(consumer: &StreamConsumer) -> BorrowedMessage<'_> {
    let received = tokio::time::timeout(LIMIT, consumer.recv()).await;
    received.unwrap_or(Err(KafkaError::NoMessageReceived)).unwrap_or_else(|error| panic!("no message comes: {error}"))
}

fn attribute(captured: &Captured, span: &str, key: &str) -> Option<String> {
    captured.one(span).attribute(key).map(ToString::to_string)
}

/// The broker is one that the library has for tests, in this process, behind real sockets.
#[tokio::test]
async fn one_trace_through_a_broker() {
    let cluster = MockCluster::new(1).expect("a cluster");
    cluster.create_topic("orders", 1, 1).expect("a topic");
    let ((), captured) = capture_async(async {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers()).set("group.id", "shipping").set("auto.offset.reset", "earliest");
        let consumer: StreamConsumer = config.create().expect("a consumer");
        consumer.subscribe(&["orders"]).expect("a subscription");
        let producer = crate::messaging::traced(config.create::<FutureProducer>().expect("a producer")).server("kafka.example", 9092);
        let sent = producer.send(FutureRecord::to("orders").key("17").payload("apples"), LIMIT).await;
        assert_eq!(sent.expect("it is delivered").offset, 0);
        producer.send(FutureRecord::<str, str>::to("orders").key("18"), LIMIT).await.expect("it is delivered");

        let message = next(&consumer).await;
        process(&message).consumer_group("shipping").run(async { commit(&consumer, &message, CommitMode::Sync) }).await.expect("committed");
        let both: [OwnedMessage; 2] = [message.detach(), next(&consumer).await.detach()];
        process_all(&both).named("pack").start().end(Outcome::OK);
        let never = process(&both[1]).named("ponder").run(pending::<()>());
        assert!(tokio::time::timeout(Duration::from_millis(10), never).await.is_err());
    })
    .await;
    let (sent, shipped) = (captured.named("send orders").next().expect("it was sent"), captured.one("process orders"));
    assert_eq!((shipped.trace_id, shipped.parent_span_id), (sent.trace_id, sent.span_id));
    assert_eq!(
        (shipped.links.as_slice(), captured.one("commit orders").parent_span_id),
        (&[(sent.trace_id, sent.span_id)][..], shipped.span_id)
    );
    let senders: Vec<_> = captured.named("send orders").map(|span| (span.trace_id, span.span_id)).collect();
    assert_eq!(captured.one("pack orders").links, senders);
    let attributes = [
        ("messaging.system", "kafka"),
        ("messaging.destination.name", "orders"),
        ("messaging.destination.partition.id", "0"),
        ("messaging.kafka.offset", "0"),
        ("messaging.kafka.message.key", "17"),
        ("messaging.consumer.group.name", "shipping"),
    ];
    for (key, value) in attributes {
        assert_eq!(attribute(&captured, "process orders", key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(sent.attribute("messaging.kafka.offset").map(ToString::to_string).as_deref(), Some("0"));
    assert_eq!(attribute(&captured, "ponder orders", "messaging.kafka.message.tombstone").as_deref(), Some("true"));
    assert_eq!(attribute(&captured, "ponder orders", "function.outcome").as_deref(), Some("cancelled"));
}
