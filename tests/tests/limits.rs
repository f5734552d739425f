//! Limits of what is kept, and of what is sent together, from the variables to the bytes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue as ProtoValue, ArrayValue, KeyValue as ProtoKeyValue};
use otel_runtime::opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider};
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::opentelemetry::trace::{Link, Span, SpanContext, SpanId, TraceFlags, TraceId, TraceState, Tracer, TracerProvider};
use otel_runtime::opentelemetry::{Array, KeyValue, StringValue, Value as ApiValue};
use otel_runtime::{DropReason, Telemetry, traced};
use prost::Message;
use tests::points::points;
use tests::receiver::{Behaviour, Body, Protocol, Received, Receiver};
use tests::telemetry::{Builder, Printed, Said, Watched, to};

const MAX_REQUEST: usize = 4 * 1024 * 1024;

/// Variables with their values.
type Set<'a> = &'a [(&'a str, &'a str)];

/// How many are kept, and how many were dropped.
type Kept = (usize, u32);

/// All three signals.
fn builder(receiver: &Receiver, limits: Set<'_>) -> Builder {
    let builder = to(receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp").set("OTEL_LOGS_EXPORTER", "otlp");
    limits.iter().fold(builder, |builder, (variable, limit)| builder.set(*variable, *limit))
}

fn start(receiver: &Receiver, limits: Set<'_>) -> Watched {
    builder(receiver, limits).build().expect("telemetry can be set up")
}

fn some(number: usize) -> Vec<KeyValue> {
    (0..number).map(|index| KeyValue::new(format!("shop.key.{index}"), "語😀語😀語")).collect()
}

fn linked() -> SpanContext {
    SpanContext::new(TraceId::from(7), SpanId::from(7), TraceFlags::SAMPLED, false, TraceState::NONE)
}

/// A span by the plain API: attributes at its start and later, events and links with attributes of their own.
fn record_span(telemetry: &Telemetry, number: usize) {
    let tracer = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
    let links = vec![Link::new(linked(), some(number), 0)];
    let builder = tracer.span_builder("plain").with_attributes(some(number - 1)).with_links(links);
    let mut span = builder.start(&tracer);
    span.set_attribute(KeyValue::new("shop.last", "語😀語😀語"));
    for _ in 0..number {
        span.add_event("paid", some(number));
        span.add_link(linked(), some(number));
    }
    span.end();
}

fn record_log(telemetry: &Telemetry, values: impl IntoIterator<Item = AnyValue>) {
    let logger = telemetry.logger_provider().expect("logs are exported").logger("plain");
    let mut record = logger.create_log_record();
    record.set_body("a long body".into());
    record.add_attributes(values.into_iter().enumerate().map(|(index, value)| (format!("shop.key.{index}"), value)));
    logger.emit(record);
}

fn only<T>(items: Vec<T>) -> T {
    let [item] = <[T; 1]>::try_from(items).unwrap_or_else(|items| panic!("one was recorded, and {} arrived", items.len()));
    item
}

/// What is kept of a span, its events and its links, and what was dropped: attributes, events, links, attributes of an event, of a link.
fn counts(span: &Received) -> [Kept; 5] {
    let span = &span.data;
    let event = span.events.first().map_or((0, 0), |event| (event.attributes.len(), event.dropped_attributes_count));
    let link = span.links.first().map_or((0, 0), |link| (link.attributes.len(), link.dropped_attributes_count));
    assert!(span.events.iter().all(|each| (each.attributes.len(), each.dropped_attributes_count) == event));
    assert!(span.links.iter().all(|each| (each.attributes.len(), each.dropped_attributes_count) == link));
    [
        (span.attributes.len(), span.dropped_attributes_count),
        (span.events.len(), span.dropped_events_count),
        (span.links.len(), span.dropped_links_count),
        event,
        link,
    ]
}

#[test]
fn what_is_dropped_of_a_span_is_counted() {
    let all: Set<'_> = &[
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "2"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "3"),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "4"),
        ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "5"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "6"),
    ];
    // One link more than events: that of the start.
    let cases: [(Set<'_>, usize, [Kept; 5]); 5] = [
        (&[], 130, [(128, 2), (128, 2), (128, 3), (128, 2), (128, 2)]),
        (all, 10, [(1, 9), (2, 8), (3, 8), (4, 6), (5, 5)]),
        (&all[5..], 10, [(6, 4), (10, 0), (11, 0), (6, 4), (6, 4)]),
        (&[("OTEL_ATTRIBUTE_COUNT_LIMIT", "0")], 10, [(0, 10), (10, 0), (11, 0), (0, 10), (0, 10)]),
        (&[("OTEL_SPAN_EVENT_COUNT_LIMIT", "0"), ("OTEL_SPAN_LINK_COUNT_LIMIT", "0")], 10, [(10, 0), (0, 10), (0, 11), (0, 0), (0, 0)]),
    ];
    for (limits, number, expected) in cases {
        let receiver = Receiver::start();
        let telemetry = start(&receiver, limits);
        record_span(&telemetry, number);
        telemetry.shutdown().expect("everything is delivered");
        let span = only(receiver.spans());
        assert_eq!(counts(&span), expected, "{limits:?}");
        let kept: Vec<_> = span.data.attributes.iter().map(|attribute| attribute.key.clone()).collect();
        let first: Vec<_> = some(number - 1).iter().map(|attribute| attribute.key.to_string()).chain(["shop.last".to_owned()]).collect();
        assert_eq!(kept, first[..kept.len()], "the first are kept");
    }
}

#[traced("shop.place_order", fields(shop.customer = customer, shop.items = ["語😀語", "tea"], shop.number = 123_456))]
fn place_order(customer: &str) -> Result<(), std::io::Error> {
    let _ = customer;
    Err(std::io::Error::new(std::io::ErrorKind::NotFound, "no such tea on any shelf"))
}

fn place_order_within(limits: Set<'_>) -> Received {
    let receiver = Receiver::start();
    let telemetry = start(&receiver, limits);
    {
        let _attached = telemetry.context().attach();
        assert!(place_order("J. Doe").is_err());
    }
    telemetry.shutdown().expect("everything is delivered");
    only(receiver.spans())
}

#[test]
fn a_span_of_an_annotation_has_the_same_limits() {
    let whole = place_order_within(&[]).data.attributes;
    for limit in 0..=whole.len() {
        let limited = place_order_within(&[("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", &limit.to_string())]).data;
        assert_eq!(limited.attributes, whole[..limit]);
        assert_eq!(limited.dropped_attributes_count as usize, whole.len() - limit);
        assert_eq!(limited.status.map(|status| status.message).as_deref(), Some("no such tea on any shelf"));
    }
    let limited = place_order_within(&[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2")]);
    assert_eq!(limited.attribute("shop.customer"), Some(&text("J.")));
    assert_eq!(limited.attribute("shop.items"), Some(&array([text("語😀"), text("te")])));
    assert_eq!(limited.attribute("shop.number"), Some(&Value::IntValue(123_456)));
    assert_eq!(limited.attribute("error.type"), Some(&text("no")));
    assert_eq!(limited.data.name, "shop.place_order");
    assert_eq!(limited.resource_attribute("service.name"), Some(&text("tests")), "a resource has no limits");
}

fn text(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}

fn array(values: impl IntoIterator<Item = Value>) -> Value {
    Value::ArrayValue(ArrayValue { values: values.into_iter().map(|value| ProtoValue { value: Some(value) }).collect() })
}

fn texts(attributes: &[ProtoKeyValue]) -> Vec<&str> {
    let values = attributes.iter().filter_map(|attribute| match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.as_str()),
        _ => None,
    });
    values.collect()
}

#[test]
fn values_are_shortened_between_two_characters() {
    let cases: [(Set<'_>, &str, &str); 5] = [
        (&[], "語😀語😀語", "語😀語😀語"),
        (&[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2")], "語😀", "語😀"),
        (&[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2"), ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")], "語😀語", "語😀"),
        (&[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2"), ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "0")], "語😀", ""),
        (&[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "-1")], "語😀語😀語", "語😀語😀語"),
    ];
    for (limits, of_span, of_log) in cases {
        let receiver = Receiver::start();
        let telemetry = start(&receiver, limits);
        record_span(&telemetry, 2);
        record_log(&telemetry, ["語😀語😀語".into()]);
        let meter = telemetry.meter_provider().expect("metrics are exported").meter("plain");
        meter.u64_counter("shop.orders").build().add(1, &[KeyValue::new("shop.key", "語😀語😀語")]);
        telemetry.shutdown().expect("everything is delivered");

        let span = only(receiver.spans()).data;
        assert_eq!(texts(&span.attributes), [of_span; 2], "{limits:?}");
        assert!(span.events.iter().all(|event| event.name == "paid" && texts(&event.attributes) == [of_span; 2]));
        assert!(span.links.iter().all(|link| texts(&link.attributes) == [of_span; 2]));
        let log = only(receiver.logs());
        assert_eq!(texts(&log.data.attributes), [of_log], "{limits:?}");
        assert_eq!(log.body(), Some(&text("a long body")), "a body has no limits");
        assert!(format!("{:?}", only(receiver.metrics()).data).contains("語😀語😀語"), "metrics have no limits");
    }
}

#[test]
fn what_is_dropped_of_a_log_record_is_counted() {
    let cases: [(Set<'_>, usize, Kept); 5] = [
        (&[], 130, (128, 2)),
        (&[("OTEL_ATTRIBUTE_COUNT_LIMIT", "3")], 10, (3, 7)),
        (&[("OTEL_ATTRIBUTE_COUNT_LIMIT", "3"), ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "200")], 130, (130, 0)),
        (&[("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "0")], 10, (0, 10)),
        (&[("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "10")], 10, (10, 0)),
    ];
    for (limits, number, expected) in cases {
        let receiver = Receiver::start();
        let telemetry = start(&receiver, limits);
        record_log(&telemetry, (0_i64..).take(number).map(AnyValue::Int));
        telemetry.shutdown().expect("everything is delivered");
        let log = only(receiver.logs());
        assert_eq!((log.data.attributes.len(), log.data.dropped_attributes_count), expected, "{limits:?}");
        assert_eq!(log.attribute("shop.key.0").is_some(), expected.0 > 0, "the first are kept");
        assert_eq!((log.body(), log.scope.name.as_str()), (Some(&text("a long body")), "plain"));
    }
}

#[test]
fn the_console_shows_what_is_sent() {
    let receiver = Receiver::start();
    let printed = Printed::default();
    let limits = [("OTEL_ATTRIBUTE_COUNT_LIMIT", "2"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"), ("OTEL_SPAN_LINK_COUNT_LIMIT", "1")];
    let builder = builder(&receiver, &limits).set("OTEL_TRACES_EXPORTER", "otlp,console").set("OTEL_LOGS_EXPORTER", "console,otlp");
    let telemetry = builder.console(printed.clone()).build().expect("telemetry can be set up");
    let tracer = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
    let attribute = KeyValue::new("shop.names", ApiValue::Array(Array::String(vec![StringValue::from("é語😀é"), "tea".into()])));
    let mut span = tracer.span_builder("plain").with_attributes([attribute]).start(&tracer);
    span.set_attributes(some(4));
    (0..3).for_each(|_| span.add_link(linked(), Vec::new()));
    span.end();
    record_log(&telemetry, ["abcdef".into(), 1.into(), 2.into(), 3.into()]);
    telemetry.shutdown().expect("everything is delivered");

    let span = only(receiver.spans());
    assert_eq!(span.attribute("shop.names"), Some(&array([text("é語😀"), text("tea")])));
    assert_eq!((texts(&span.data.attributes), span.data.dropped_attributes_count), (vec!["語😀語"], 3));
    assert_eq!(span.data.dropped_links_count, 2);
    let log = only(receiver.logs()).data;
    assert_eq!((texts(&log.attributes), log.dropped_attributes_count), (vec!["abc"], 2));
    let printed = printed.text();
    for expected in ["shop.key.0=語😀語 (+3 dropped)", "é語😀", "2 dropped links", "shop.key.0=abc shop.key.1=1 (+2 dropped)"] {
        assert!(printed.contains(expected), "{expected:?} is missing in\n{printed}");
    }
    assert!(!printed.contains("é語😀é"), "{printed}");
}

#[test]
fn no_request_is_larger_than_backends_take() {
    let receiver = Receiver::start();
    let telemetry = start(&receiver, &[]);
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("plain");
    let long = "x".repeat(3_000);
    for name in ["shop.orders", "shop.refunds", "shop.visits"] {
        let counter = meter.u64_counter(name).build();
        for number in 0..1_000 {
            counter.add(1, &[KeyValue::new("shop.customer", format!("{number} {long}"))]);
        }
    }
    (0..20).for_each(|_| record_log(&telemetry, [AnyValue::Bytes(Box::new(vec![0; 600_000]))]));
    telemetry.shutdown().expect("everything is delivered");

    assert_eq!(receiver.logs().len(), 20);
    let points = receiver.metrics().iter().map(|metric| format!("{:?}", metric.data).matches("shop.customer").count()).sum::<usize>();
    assert_eq!(points, 3_000);
    for request in receiver.requests() {
        let size = match &request.body {
            Body::Traces(traces) => traces.encoded_len(),
            Body::Metrics(metrics) => metrics.encoded_len(),
            Body::Logs(logs) => logs.encoded_len(),
        };
        assert!(size <= MAX_REQUEST, "{size} bytes");
    }
}

/// What takes six times the room in JSON: characters that have to be escaped.
fn record_what_grows_in_json(telemetry: &Telemetry) {
    let long = "\u{1}".repeat(3_000);
    let counter = telemetry.meter_provider().expect("metrics are exported").meter("plain").u64_counter("shop.orders").build();
    let tracer = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
    for number in 0..400 {
        counter.add(1, &[KeyValue::new("shop.customer", format!("{number} {long}"))]);
        let mut span = tracer.start("plain");
        span.set_attribute(KeyValue::new("shop.customer", format!("{number} {long}")));
        span.end();
        record_log(telemetry, [AnyValue::from(format!("{number} {long}"))]);
    }
}

/// Every span, data point and log record is there once, in requests that are small enough.
fn assert_whole(receiver: &Receiver) {
    let numbers = |texts: Vec<String>| {
        let mut numbers: Vec<u32> = texts.iter().filter_map(|text| text.split(' ').next()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    };
    let text = |value: Option<&Value>| match value {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("no text: {other:?}"),
    };
    let (spans, logs, metrics) = (receiver.spans(), receiver.logs(), receiver.metrics());
    let all: Vec<u32> = (0..400).collect();
    assert_eq!(numbers(spans.iter().map(|span| text(span.attribute("shop.customer"))).collect()), all);
    assert_eq!(
        numbers(logs.iter().map(|log| text(log.data.attributes[0].value.as_ref().and_then(|value| value.value.as_ref()))).collect()),
        all
    );
    let labels = points(&metrics).into_iter().map(|point| point.labels().replace("shop.customer=", ""));
    assert_eq!(numbers(labels.collect()), all);
    for request in receiver.requests() {
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert!(request.size <= MAX_REQUEST, "{} bytes of {:?}", request.size, request.signal());
    }
}

#[test]
fn no_request_is_over_4_mib_in_json_either() {
    for compression in ["none", "gzip"] {
        let receiver = Receiver::start();
        let telemetry = start(&receiver, &[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"), ("OTEL_EXPORTER_OTLP_COMPRESSION", compression)]);
        record_what_grows_in_json(&telemetry);
        telemetry.shutdown_with_timeout(Duration::from_secs(60)).expect("everything is delivered");
        let health = telemetry.health();
        assert_eq!([&health.traces, &health.metrics, &health.logs].map(|account| account.delivered), [400; 3]);
        assert_whole(&receiver);
    }
}

/// What is in a spool was divided for Protobuf, and may be sent as JSON.
#[test]
fn what_a_spool_has_is_divided_when_it_becomes_json() {
    let spool = Path::new(env!("CARGO_TARGET_TMPDIR")).join("limits").join("json");
    let _ = fs::remove_dir_all(&spool);
    let spool = spool.to_str().expect("the target folder has a name");
    let gone = Receiver::start();
    gone.respond_with(Behaviour::status(503, tonic::Code::Unavailable));
    let first = start(&gone, &[("OTEL_RUST_SPOOL_DIR", spool)]);
    record_what_grows_in_json(&first);
    let error = first.shutdown().expect_err("nobody takes it");
    assert_eq!((error.lost(), error.spooled()), (0, 1_200), "{error}");

    let receiver = Receiver::start();
    let second = start(&receiver, &[("OTEL_RUST_SPOOL_DIR", spool), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]);
    second.shutdown_with_timeout(Duration::from_secs(60)).expect("everything is delivered");
    let health = second.health();
    assert_eq!([&health.traces, &health.metrics, &health.logs].map(|account| account.delivered), [400; 3]);
    assert_whole(&receiver);
}

/// A part of a parcel that is refused is lost, and nothing else of it.
#[test]
fn of_a_request_that_was_divided_each_part_is_accounted_for_by_itself() {
    let receiver = Receiver::start();
    let first = Behaviour::PartialSuccess { rejected: 2, message: "two are odd".to_owned() };
    receiver.respond_once(first);
    receiver.respond_once(Behaviour::status(400, tonic::Code::InvalidArgument));
    let one_batch = [("OTEL_BSP_SCHEDULE_DELAY", "600000"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")];
    let telemetry = start(&receiver, &one_batch);
    let tracer = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
    for _ in 0..400 {
        let mut span = tracer.start("plain");
        span.set_attribute(KeyValue::new("shop.page", "\u{1}".repeat(3_000)));
        span.end();
    }
    let error = telemetry.shutdown_with_timeout(Duration::from_secs(60)).expect_err("some spans are lost");
    let requests = receiver.requests();
    let counts: Vec<usize> = requests
        .iter()
        .map(|request| match &request.body {
            Body::Traces(body) => body.resource_spans[0].scope_spans[0].spans.len(),
            _ => panic!("there are only traces"),
        })
        .collect();
    assert!(counts.len() > 1 && counts.iter().sum::<usize>() == 400, "{counts:?}");
    let health = telemetry.health().traces;
    let refused = counts[1] as u64;
    assert_eq!((health.dropped(DropReason::Rejected), health.dropped(DropReason::Refused)), (2, refused));
    assert_eq!((health.delivered, error.lost()), (398 - refused, 2 + refused));
}

#[test]
fn what_is_too_large_by_itself_goes_alone() {
    let receiver = Receiver::start();
    let telemetry = start(&receiver, &[]);
    let tracer = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
    for number in 0..9 {
        let mut span = tracer.start("plain");
        span.set_attribute(KeyValue::new("shop.page", "x".repeat(if number == 4 { MAX_REQUEST + 1 } else { 10 })));
        span.end();
    }
    telemetry.shutdown().expect("everything is delivered");
    let sizes = receiver.requests().into_iter().map(|request| match request.body {
        Body::Traces(body) => (body.encoded_len(), body.resource_spans[0].scope_spans[0].spans.len()),
        _ => panic!("there are only traces"),
    });
    let (large, small): (Vec<_>, Vec<_>) = sizes.partition(|(size, _)| *size > MAX_REQUEST);
    assert_eq!(large.iter().map(|(_, spans)| *spans).collect::<Vec<_>>(), [1]);
    assert_eq!(small.iter().map(|(_, spans)| spans).sum::<usize>(), 8);
}

/// The receiver takes 4 MiB, as servers of gRPC do that are not told otherwise. With a spool, what may be sent again is sent again for ever.
#[test]
fn what_is_too_large_for_the_server_is_refused_once_and_holds_up_nothing() {
    for (compression, code) in [("none", "OUT_OF_RANGE for a request of more than 4 MiB"), ("gzip", "RESOURCE_EXHAUSTED")] {
        let receiver = Receiver::start();
        let said = Said::default();
        let spool = Path::new(env!("CARGO_TARGET_TMPDIR")).join("limits").join(compression);
        let _ = fs::remove_dir_all(&spool);
        let builder = to(&receiver, Protocol::Grpc).set("OTEL_EXPORTER_OTLP_COMPRESSION", compression);
        let builder = builder.set("OTEL_RUST_SPOOL_DIR", spool.to_str().expect("the target folder has a name"));
        let telemetry = said.listen(builder).build().expect("telemetry can be set up");
        let tracer = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
        for number in 0..9 {
            let mut span = tracer.start("plain");
            span.set_attribute(KeyValue::new("shop.page", "x".repeat(if number % 4 == 0 { MAX_REQUEST + 1 } else { 10 })));
            span.end();
        }
        // It waits until nothing is left to be sent, be it again.
        assert!(telemetry.force_flush().is_err());
        let health = telemetry.health().traces;
        assert_eq!((health.delivered, health.dropped(DropReason::Refused), health.queued + health.spooled), (6, 3, 0), "{compression}");
        assert_eq!(telemetry.shutdown().expect_err("three spans are lost").lost(), 3, "{compression}");
        assert_eq!(receiver.spans().len(), 6, "{compression}");
        let why = format!(": gRPC status {code}; what it refuses is dropped");
        assert!(said.lines()[0].ends_with(&why), "{:?}", said.lines());
    }
}
