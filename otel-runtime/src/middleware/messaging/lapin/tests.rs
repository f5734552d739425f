use ::lapin::protocol::{AMQPError, AMQPSoftError};
use opentelemetry::Context;

use super::*;
use crate::testing::capture;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn delivery(exchange: &str, routing_key: &str) -> Delivery {
    let mut delivery = Delivery::mock(7, exchange.into(), routing_key.into(), false, Vec::new());
    let mut headers = FieldTable::default();
    HeaderInjector(&mut headers).set("traceparent", PARENT.to_owned());
    delivery.properties = BasicProperties::default().with_headers(headers).with_message_id("m1".into()).with_correlation_id("c1".into());
    delivery
}

#[test]
fn headers_are_read_and_written_as_texts() {
    let mut headers = FieldTable::default();
    headers.insert("count".into(), AMQPValue::LongInt(3));
    headers.insert("short".into(), AMQPValue::ShortString("text".into()));
    let mut injector = HeaderInjector(&mut headers);
    injector.set("baggage", "a=1".to_owned());
    injector.set("baggage", "b=2".to_owned());
    injector.set(&"x".repeat(300), "too long a name".to_owned());
    assert_eq!((injector.get("baggage"), injector.keys()), (Some("b=2"), vec!["baggage", "count", "short"]));
    let extractor = HeaderExtractor(Some(&headers));
    assert_eq!((extractor.get("count"), extractor.get("short"), extractor.keys().len()), (None, Some("text"), 3));
    assert_eq!(HeaderExtractor(None).get("short"), None);
}

#[test]
fn destinations() {
    // Exchange, routing key, queue; the names where it is sent and where it is consumed; whether these are in metrics.
    let cases = [
        ("shop", "orders", "q", "send shop:orders", "process shop:orders:q", false, false),
        ("shop", "orders", "orders", "send shop:orders", "process shop:orders", false, false),
        ("", "q", "q", "send q", "process q", true, true),
        ("logs", "", "q", "send logs", "process logs:q", true, true),
        ("", "", "", "send amq.default", "process", true, false),
        ("", "amq.gen-x", "amq.gen-x", "send", "process", false, false),
        ("logs", "", "amq.gen-x", "send logs", "process", true, false),
    ];
    for (exchange, routing_key, queue, sent, consumed, sent_is_measured, consumed_is_measured) in cases {
        let delivery = delivery(exchange, routing_key);
        let ((), captured) = capture(|| {
            crate::messaging::send(published(exchange, routing_key)).start_batch(&Vec::<Context>::new()).end(Outcome::OK);
            process(queue, &delivery).start().end(Outcome::OK);
        });
        assert_eq!((captured.named(sent).count(), captured.named(consumed).count()), (1, 1), "{}", captured.tree());
        let is_measured =
            |metric: &str| captured.metrics().lines().any(|line| line.starts_with(metric) && line.contains("destination.name"));
        assert_eq!(is_measured("messaging.client.operation.duration"), sent_is_measured, "{exchange} {routing_key}");
        assert_eq!(is_measured("messaging.process.duration"), consumed_is_measured, "{exchange} {routing_key} {queue}");
    }
}

#[test]
fn what_is_recorded_of_a_delivery() {
    let delivery = delivery("shop", "orders");
    let ((), captured) = capture(|| process("q", &delivery).template("shop:*").start().end(Outcome::OK));
    let span = captured.one("process shop:*");
    assert_eq!((span.trace_id.to_string(), span.links.len()), (PARENT[3..35].to_owned(), 1));
    let attributes = [
        ("messaging.destination.name", "shop:orders:q"),
        ("messaging.rabbitmq.destination.routing_key", "orders"),
        ("messaging.rabbitmq.message.delivery_tag", "7"),
        ("messaging.message.id", "m1"),
        ("messaging.message.conversation_id", "c1"),
    ];
    for (key, value) in attributes {
        assert_eq!(span.attribute(key).map(ToString::to_string).as_deref(), Some(value), "{key}");
    }
}

#[test]
fn classes_of_errors() {
    let not_found = AMQPError::new(AMQPSoftError::NOTFOUND.into(), "no queue 'orders-17'".into());
    let io = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    let cases = [(Error::from(ErrorKind::ProtocolError(not_found)), "NOTFOUND"), (Error::from(io), "IOError")];
    for (error, expected) in cases {
        assert_eq!(class(&error), expected);
    }
}
