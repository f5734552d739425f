use super::*;

const ORDERS: Destination = Destination::new("kafka", "orders");

fn described<'a>(of_type: OperationType, name: &'static str, destination: &'a Destination<'a>) -> Described<'a> {
    Described { of_type, name, destination, batch: None, message_id: None, conversation_id: None }
}

fn text(attributes: &[KeyValue]) -> Vec<String> {
    attributes.iter().map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect()
}

#[test]
fn names_of_spans_and_what_of_a_destination_is_measured() {
    let many = Destination::new("nats", "orders.17").of_many_names();
    // The destination; the name of the span, the name and the template among the labels.
    let cases = [
        (ORDERS, "send orders", Some("orders"), None),
        (ORDERS.template("orders-{id}"), "send orders-{id}", None, Some("orders-{id}")),
        (many, "send", None, None),
        (many.template("orders.*"), "send orders.*", None, Some("orders.*")),
        (many.with_cardinality(Cardinality::Unknown), "send orders.17", None, None),
        (ORDERS.temporary(), "send", None, None),
        (ORDERS.anonymous(), "send", None, None),
        (ORDERS.temporary().template("replies"), "send replies", None, Some("replies")),
        (ORDERS.server("broker", 9092), "send orders", Some("orders"), None),
        (ORDERS.temporary().server("broker", 9092), "send", None, None),
        (Destination::new("kafka", ""), "send", None, None),
        (Destination::new("kafka", "").server("broker", 9092), "send broker:9092", None, None),
        (Destination::joined("rabbitmq", ["shop", "orders", ""]), "send shop:orders", Some("shop:orders"), None),
        (Destination::joined("rabbitmq", ["", "orders", ""]), "send orders", Some("orders"), None),
        (Destination::joined("rabbitmq", ["shop", "new", "orders"]), "send shop:new:orders", Some("shop:new:orders"), None),
    ];
    for (destination, span_name, name, template) in cases {
        let described = described(OperationType::Send, "send", &destination);
        assert_eq!(described.span_name(), span_name, "{destination:?}");
        let labels = described.labels();
        let label = |key: &str| labels.iter().find(|label| label.key.as_str() == key).map(|label| label.value.to_string());
        assert_eq!(label("messaging.destination.name").as_deref(), name, "{destination:?}");
        assert_eq!(label("messaging.destination.template").as_deref(), template, "{destination:?}");
    }
}

#[test]
fn types_of_operations() {
    let types = [
        (OperationType::Create, "create"),
        (OperationType::Send, "send"),
        (OperationType::Receive, "receive"),
        (OperationType::Process, "process"),
        (OperationType::Settle, "settle"),
    ];
    for (of_type, name) in types {
        assert_eq!(
            text(&described(of_type, "do", &ORDERS).attributes())[..3],
            ["messaging.operation.name=do".to_owned(), format!("messaging.operation.type={name}"), "messaging.system=kafka".to_owned()]
        );
        let is_label = text(&described(of_type, "do", &ORDERS).labels()).contains(&format!("messaging.operation.type={name}"));
        assert_eq!(is_label, name != "process", "{name}");
    }
}

#[test]
fn all_that_can_be_said() {
    let destination = Destination::new("kafka", "orders")
        .template("{shop}-orders")
        .temporary()
        .anonymous()
        .partition("3")
        .subscription("mail")
        .consumer_group("workers")
        .client_id("worker-7")
        .server("broker.example", 9092);
    let described = Described {
        batch: Some(2),
        message_id: Some("m1"),
        conversation_id: Some("c1"),
        ..described(OperationType::Receive, "poll", &destination)
    };
    assert_eq!(
        text(&described.attributes()),
        [
            "messaging.operation.name=poll",
            "messaging.operation.type=receive",
            "messaging.system=kafka",
            "messaging.destination.name=orders",
            "messaging.destination.temporary=true",
            "messaging.destination.anonymous=true",
            "messaging.destination.partition.id=3",
            "messaging.client.id=worker-7",
            "messaging.destination.template={shop}-orders",
            "messaging.destination.subscription.name=mail",
            "messaging.consumer.group.name=workers",
            "server.address=broker.example",
            "server.port=9092",
            "messaging.batch.message_count=2",
            "messaging.message.id=m1",
            "messaging.message.conversation_id=c1",
        ]
    );
    assert_eq!(
        text(&described.labels()),
        [
            "messaging.operation.name=poll",
            "messaging.system=kafka",
            "messaging.operation.type=receive",
            "messaging.destination.template={shop}-orders",
            "messaging.destination.subscription.name=mail",
            "messaging.consumer.group.name=workers",
            "server.address=broker.example",
            "server.port=9092",
        ]
    );
}

#[test]
fn patterns() {
    let cases = [
        ("orders", "orders", true),
        ("orders", "orders.new", false),
        ("orders.*", "orders.new", true),
        ("orders.*", "orders", false),
        ("orders.*", "orders.new.red", false),
        ("*.new", "orders.new", true),
        ("*.new", "orders.old", false),
        ("orders.>", "orders.new.red", true),
        ("orders.>", "orders", false),
        (">", "orders", true),
        ("orders.#", "orders", true),
        ("orders.#", "orders.new.red", true),
        ("#.red", "orders.new.red", true),
        ("#.red", "red", true),
        ("a.#.a", "a", false),
        ("a.#.a", "a.a", true),
        ("#", "", true),
    ];
    for (pattern, name, expected) in cases {
        assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
    }
}
