use super::*;
use crate::testing::capture;

fn message(subject: &str, headers: &[(&str, &str)]) -> Message {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, *value);
    }
    let headers = (!headers.is_empty()).then_some(map);
    Message { subject: subject.into(), reply: None, payload: Bytes::new(), headers, status: None, description: None, length: 0 }
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn headers_are_read_whatever_their_case_and_written_once() {
    let received = message("orders", &[("Traceparent", PARENT), ("baggage", "a=1"), ("baggage", "b=2")]);
    let mut headers = received.headers.unwrap();
    let extractor = HeaderExtractor(Some(&headers));
    assert_eq!((extractor.get("traceparent"), extractor.get_all("baggage")), (Some(PARENT), Some(vec!["a=1", "b=2"])));
    assert_eq!((extractor.get("b3"), extractor.keys().len()), (None, 2));
    let mut injector = HeaderInjector(&mut headers);
    injector.set("baggage", "c=3".to_owned());
    injector.set("not a\r\nname", "x".to_owned());
    injector.set("x", "not a\r\nvalue".to_owned());
    assert_eq!((injector.get_all("baggage"), injector.keys().len()), (Some(vec!["c=3"]), 2));
}

#[test]
fn what_is_recorded_of_messages() {
    let labels = "messaging.operation.name=process,messaging.system=nats";
    // The subject; the name of the span, and what is measured.
    let cases = [
        ("orders.17", None, "process orders.17", labels.to_owned()),
        ("orders.17", Some("orders.*"), "process orders.*", format!("messaging.destination.template=orders.*,{labels}")),
        ("_INBOX.abc.1", None, "process", labels.to_owned()),
    ];
    for (subject, template, name, labels) in cases {
        let message = message(subject, &[("traceparent", PARENT), ("Nats-Msg-Id", "m1")]);
        let ((), captured) = capture(|| {
            let draft = process(&message);
            let draft = template.into_iter().fold(draft, Draft::template);
            draft.start().end(Outcome::OK);
        });
        let span = captured.one(name);
        assert_eq!((span.trace_id.to_string(), span.links.len()), (PARENT[3..35].to_owned(), 1));
        let attribute = |key: &str| span.attribute(key).map(ToString::to_string);
        assert_eq!(attribute("messaging.destination.name").as_deref(), Some(subject));
        assert_eq!(attribute("messaging.message.id").as_deref(), Some("m1"));
        assert_eq!(attribute("messaging.destination.temporary").is_some(), subject.starts_with("_INBOX"));
        assert!(captured.metrics().contains(&format!("messaging.process.duration{{{labels}}} 1")), "{}", captured.metrics());
    }
}

#[test]
fn a_batch_has_a_name_if_all_messages_have_it() {
    let messages = [message("orders", &[("traceparent", PARENT)]), message("orders", &[])];
    let mixed = [message("orders", &[]), message("customers", &[])];
    let ((), captured) = capture(|| {
        process_all(&messages).start().end(Outcome::OK);
        process_all(&mixed).start().end(Outcome::OK);
    });
    assert_eq!(captured.one("process orders").links.len(), 1);
    assert_eq!(captured.one("process").attribute("messaging.batch.message_count").map(ToString::to_string).as_deref(), Some("2"));
}
