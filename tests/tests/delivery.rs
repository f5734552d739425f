//! What annotated code sends, as it arrives at a receiver over a real socket.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use otel_runtime::opentelemetry::logs::{LogRecord as _, Logger, LoggerProvider};
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::opentelemetry::trace::{Span, Tracer, TracerProvider};
use otel_runtime::opentelemetry::{Context, KeyValue};
use otel_runtime::{DropReason, ScopedTracer, traced};
use prost::Message;
use tests::receiver::{Behaviour, Body, Protocol, Receiver, captured};
use tests::telemetry::{Said, isolated, to};

/// A net under a test that hangs; nothing is measured by it.
const LONG: Duration = Duration::from_secs(30);

#[traced("shop.place_order", kind = server, fields(order.id = id, order.items = ["tea", "cup"], order.express = true, order.weight = 0.5))]
fn place_order(id: u64) -> Result<(), std::io::Error> {
    charge("bank.example");
    Err(std::io::Error::new(std::io::ErrorKind::OutOfMemory, "no shelf"))
}

#[traced(kind = client, fields(server.address = host))]
fn charge(host: &str) {
    let _ = host;
}

fn everything_arrives(protocol: Protocol) {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, protocol)
        .set("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20tea,x-tenant=shop")
        .set("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=t%C3%A9st,service.name=overruled")
        .resource_attribute(KeyValue::new("shop.region", "north"))
        .build()
        .expect("telemetry can be set up");
    {
        let _attached = telemetry.context().attach();
        assert!(place_order(7).is_err());
    }
    telemetry.shutdown().expect("everything is delivered");

    let spans = receiver.spans();
    let [charge, order] = spans.as_slice() else { panic!("two spans, not\n{}", captured(&spans).tree()) };
    assert_eq!((order.name(), order.kind(), order.status_code()), ("shop.place_order", SpanKind::Server, StatusCode::Error));
    assert_eq!((charge.name(), charge.kind(), charge.status_code()), ("charge", SpanKind::Client, StatusCode::Unset));
    assert_eq!(charge.parent_span_id_hex(), Some(order.span_id_hex()));
    assert_eq!(charge.trace_id_hex(), order.trace_id_hex());
    assert_eq!(order.parent_span_id_hex(), None);
    assert!(order.data.start_time_unix_nano <= charge.data.start_time_unix_nano);
    assert!(charge.data.end_time_unix_nano <= order.data.end_time_unix_nano);

    let text = |text: &str| Value::StringValue(text.to_owned());
    assert_eq!(order.attribute("order.id"), Some(&Value::IntValue(7)));
    assert_eq!(order.attribute("order.express"), Some(&Value::BoolValue(true)));
    assert_eq!(order.attribute("order.weight"), Some(&Value::DoubleValue(0.5)));
    assert_eq!(order.attribute("error.type"), Some(&text("out_of_memory")));
    assert_eq!(order.data.status.as_ref().map(|status| status.message.as_str()), Some("no shelf"));
    let Some(Value::ArrayValue(items)) = order.attribute("order.items") else { panic!("an array stays an array") };
    assert_eq!(items.values.iter().filter_map(|item| item.value.clone()).collect::<Vec<_>>(), [text("tea"), text("cup")]);
    assert_eq!(order.attribute("code.function.name"), Some(&text("delivery::place_order")));

    assert_eq!((order.scope.name.as_str(), order.scope.version.as_str()), ("tests", env!("CARGO_PKG_VERSION")));
    let resource: HashMap<&str, Option<&Value>> = [
        "service.name",
        "shop.region",
        "deployment.environment.name",
        "telemetry.sdk.name",
        "telemetry.sdk.language",
        "telemetry.distro.name",
    ]
    .map(|key| (key, order.resource_attribute(key)))
    .into();
    assert_eq!(resource["service.name"], Some(&text("tests")));
    assert_eq!(resource["shop.region"], Some(&text("north")));
    assert_eq!(resource["deployment.environment.name"], Some(&text("tést")));
    assert_eq!(resource["telemetry.sdk.name"], Some(&text("opentelemetry")));
    assert_eq!(resource["telemetry.sdk.language"], Some(&text("rust")));
    assert_eq!(resource["telemetry.distro.name"], Some(&text("otel-runtime")));

    let requests = receiver.requests();
    assert!(requests.iter().all(|request| request.protocol == protocol));
    assert_eq!(requests[0].header("authorization"), Some("Bearer tea"));
    assert_eq!(requests[0].header("x-tenant"), Some("shop"));
    assert!(
        requests[0]
            .header("user-agent")
            .is_some_and(|agent| agent.starts_with("otel-runtime/") && agent.contains("OTel-OTLP-Exporter-Rust/"))
    );
}

#[test]
fn everything_arrives_over_http() {
    everything_arrives(Protocol::Http);
}

#[test]
fn everything_arrives_over_grpc() {
    everything_arrives(Protocol::Grpc);
}

fn metrics_and_logs_take_the_same_road(protocol: Protocol) {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, protocol)
        .set("OTEL_METRICS_EXPORTER", "otlp")
        .set("OTEL_LOGS_EXPORTER", "otlp")
        .build()
        .expect("telemetry can be set up");
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("shop");
    meter.u64_counter("shop.orders").build().add(3, &[]);
    let logger = telemetry.logger_provider().expect("logs are exported").logger("shop");
    let mut record = logger.create_log_record();
    record.set_body("tea is ready".into());
    logger.emit(record);
    telemetry.shutdown().expect("everything is delivered");

    assert_eq!(receiver.metrics().iter().map(|metric| metric.name().to_owned()).collect::<Vec<_>>(), ["shop.orders"]);
    let logs = receiver.logs();
    assert_eq!(logs[0].body(), Some(&Value::StringValue("tea is ready".to_owned())));
    assert_eq!(logs[0].resource_attribute("service.name"), Some(&Value::StringValue("tests".to_owned())));
}

#[test]
fn metrics_and_logs_take_the_same_road_over_http() {
    metrics_and_logs_take_the_same_road(Protocol::Http);
}

#[test]
fn metrics_and_logs_take_the_same_road_over_grpc() {
    metrics_and_logs_take_the_same_road(Protocol::Grpc);
}

/// Many backends take no more than 4 MiB in a request.
#[test]
fn large_spans_are_spread_over_requests() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let receiver = Receiver::start();
        let telemetry = to(&receiver, protocol).build().expect("telemetry can be set up");
        let attached = telemetry.context().attach();
        let host = "x".repeat(300 * 1024);
        (0..40).for_each(|_| charge(&host));
        drop(attached);
        telemetry.shutdown().expect("everything is delivered");
        assert_eq!(receiver.spans().len(), 40);
        for request in receiver.requests() {
            let Body::Traces(traces) = &request.body else { panic!("there are only traces") };
            assert!(traces.encoded_len() < 4 * 1024 * 1024);
        }
    }
}

fn a_backend_that_comes_back_gets_what_was_kept(protocol: Protocol) {
    let receiver = Receiver::start();
    let (http_port, grpc_port) = (receiver.http_port(), receiver.grpc_port());
    let said = Said::default();
    let builder = to(&receiver, protocol).set("OTEL_BSP_SCHEDULE_DELAY", "1");
    let telemetry = said.listen(builder).build().expect("telemetry can be set up");
    drop(receiver);
    let attached = telemetry.context().attach();
    charge("one");
    charge("two");
    drop(attached);
    while !said.lines().iter().any(|line| line.contains("trying again")) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let receiver = Receiver::builder().http_port(http_port).grpc_port(grpc_port).start();
    let spans = receiver.wait_for_spans(2, LONG);
    assert_eq!(captured(&spans).tree(), "charge (client) server.address=one\ncharge (client) server.address=two\n");
    telemetry.shutdown().expect("everything is delivered");
    let lines = said.lines();
    assert_eq!(lines.len(), 2, "the trouble is said at its start and at its end: {lines:?}");
    assert!(lines[1].contains("delivered again"));
}

#[test]
fn a_backend_that_comes_back_gets_what_was_kept_over_http() {
    a_backend_that_comes_back_gets_what_was_kept(Protocol::Http);
}

#[test]
fn a_backend_that_comes_back_gets_what_was_kept_over_grpc() {
    a_backend_that_comes_back_gets_what_was_kept(Protocol::Grpc);
}

#[test]
fn what_a_backend_refuses_for_good_is_dropped_and_said() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let receiver = Receiver::start();
        receiver.respond_with(Behaviour::status(400, tonic::Code::InvalidArgument));
        let said = Said::default();
        let telemetry = said.listen(to(&receiver, protocol)).build().expect("telemetry can be set up");
        let attached = telemetry.context().attach();
        charge("bank.example");
        drop(attached);
        let error = telemetry.shutdown().expect_err("nothing was delivered");
        assert_eq!(error.lost(), 1);
        let text = error.to_string();
        assert!(text.starts_with("1 span not delivered to http://127.0.0.1:"), "{text}");
        assert!(text.ends_with("HTTP status 400 Bad Request") || text.ends_with("gRPC status INVALID_ARGUMENT"), "{text}");
        assert_eq!(receiver.requests().len(), 1, "what is refused for good is not sent again");
    }
}

/// Where to telemetry goes is for whoever runs the program to say, and not for a server: a redirect would take headers with secrets along.
#[test]
fn redirects_are_not_followed() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        for status in [301, 302, 303, 307, 308] {
            let (receiver, elsewhere) = (Receiver::start(), Receiver::start());
            let endpoint = if protocol == Protocol::Http { elsewhere.http_endpoint() + "/v1/traces" } else { elsewhere.grpc_endpoint() };
            let mut headers = http::HeaderMap::new();
            headers.insert("location", endpoint.parse().expect("it is a URL"));
            receiver.respond_with(Behaviour::Proxy { http: status, headers });
            let said = Said::default();
            let telemetry = said.listen(to(&receiver, protocol)).build().expect("telemetry can be set up");
            let attached = telemetry.context().attach();
            charge("bank.example");
            drop(attached);
            let error = telemetry.shutdown().expect_err("nothing was delivered");
            assert_eq!((error.lost(), telemetry.health().traces.dropped(DropReason::Refused)), (1, 1), "{error}");
            assert!(error.to_string().contains(&format!("HTTP status {status}")), "{error}");
            assert_eq!((receiver.requests().len(), elsewhere.requests().len()), (1, 0), "{protocol:?} {status}");
        }
    }
}

/// What a server refuses by its status is refused, even if it breaks off before it has said why, as servers do that do not read all of a request.
#[test]
fn a_refusal_that_breaks_off_is_not_tried_again() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let endpoint = format!("http://{}", listener.local_addr().expect("it is bound"));
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("there is a request");
        let (mut request, mut part) = (Vec::new(), [0; 4096]);
        while !request.windows(KEY.len()).any(|window| window == KEY) {
            let length = stream.read(&mut part).expect("it is sent");
            request.extend_from_slice(&part[..length]);
        }
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\nit").expect("it is read");
    });
    let telemetry = isolated().set("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).build().expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    charge("bank.example");
    drop(attached);
    let error = telemetry.shutdown().expect_err("it is refused");
    assert!(error.to_string().ends_with("HTTP status 400 Bad Request"), "{error}");
    assert_eq!(telemetry.health().traces.dropped(DropReason::Refused), 1);
    server.join().expect("nothing panics");
}

/// Of an attribute, in the body of a request.
const KEY: &[u8] = b"server.address";

/// Each request hangs, so those under way at the end are all that ever were.
#[test]
fn as_many_requests_are_under_way_as_may_be_and_the_oldest_first() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        for max in [1, 3] {
            let receiver = Receiver::start();
            receiver.respond_with(Behaviour::Hang);
            let builder = to(&receiver, protocol).set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1");
            let telemetry = builder.set("OTEL_RUST_MAX_CONCURRENT_EXPORTS", max.to_string()).build().expect("telemetry can be set up");
            let attached = telemetry.context().attach();
            (0..10).for_each(|_| charge("bank.example"));
            drop(attached);
            receiver.wait_for(LONG, |requests| requests.len() == max);
            assert_eq!(telemetry.shutdown_with_timeout(Duration::from_millis(50)).expect_err("nothing was delivered").lost(), 10);
            assert_eq!(receiver.requests().len(), max);
        }
    }
    let receiver = Receiver::start();
    let builder = to(&receiver, Protocol::Http).set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1").set("OTEL_RUST_MAX_CONCURRENT_EXPORTS", "1");
    let telemetry = builder.build().expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    let hosts: Vec<_> = (0..50).map(|number| number.to_string()).collect();
    for host in &hosts {
        charge(host);
    }
    drop(attached);
    telemetry.shutdown().expect("everything is delivered");
    let arrived: Vec<_> = receiver.spans().iter().filter_map(|span| span.attribute("server.address").cloned()).collect();
    assert_eq!(arrived, hosts.into_iter().map(Value::StringValue).collect::<Vec<_>>());
}

#[test]
fn what_a_backend_rejects_of_a_request_is_counted() {
    let receiver = Receiver::start();
    receiver.respond_with(Behaviour::PartialSuccess { rejected: 1, message: "one is too old".to_owned() });
    let said = Said::default();
    let telemetry = said.listen(to(&receiver, Protocol::Http)).build().expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    charge("one");
    charge("two");
    drop(attached);
    assert_eq!(telemetry.shutdown().expect_err("one span is lost").lost(), 1);
    assert_eq!(said.lines(), ["the backend rejected 1 of 2 spans: \"one is too old\""]);
}

#[test]
fn a_shutdown_ends_although_the_backend_never_answers() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let receiver = Receiver::start();
        receiver.respond_with(Behaviour::Hang);
        let telemetry = to(&receiver, protocol).set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1").build().expect("telemetry can be set up");
        let attached = telemetry.context().attach();
        charge("bank.example");
        drop(attached);
        receiver.wait_for(LONG, |requests| requests.len() == 1);
        let error = telemetry.shutdown_with_timeout(Duration::from_millis(50)).expect_err("nothing was delivered");
        assert_eq!(error.lost(), 1);
        assert!(error.to_string().ends_with(": it has not answered yet"), "{error}");
        assert_eq!(telemetry.shutdown(), Ok(()), "a second shutdown has nothing to do");
    }
}

#[test]
fn a_flush_delivers_what_was_recorded_before_it() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let _attached = telemetry.context().attach();
    charge("one");
    telemetry.force_flush().expect("the receiver takes it");
    assert_eq!(receiver.spans().len(), 1);
    charge("two");
    telemetry.force_flush().expect("the receiver takes it");
    assert_eq!(receiver.spans().len(), 2);
}

#[test]
fn a_span_that_has_not_ended_at_the_shutdown_is_said() {
    let receiver = Receiver::start();
    let said = Said::default();
    let telemetry = said.listen(to(&receiver, Protocol::Http)).build().expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    let span = telemetry.tracer_provider().expect("traces are exported").tracer("plain").start("open");
    telemetry.shutdown().expect("there is nothing to deliver");
    assert_eq!(said.lines(), ["1 span had not ended at the shutdown, and will not be delivered"]);
    drop((span, attached));
}

#[test]
fn two_telemetries_at_a_time_do_not_mix() {
    let receivers = [Receiver::start(), Receiver::start()];
    let telemetries: Vec<_> =
        receivers.iter().map(|receiver| to(receiver, Protocol::Http).build().expect("telemetry can be set up")).collect();
    for (telemetry, host) in telemetries.iter().zip(["one", "two"]) {
        let _attached = telemetry.context().attach();
        charge(host);
    }
    charge("nobody");
    assert!(!Context::current().is_telemetry_suppressed());
    for ((receiver, telemetry), host) in receivers.iter().zip(telemetries).zip(["one", "two"]) {
        telemetry.shutdown().expect("everything is delivered");
        assert_eq!(captured(&receiver.spans()).tree(), format!("charge (client) server.address={host}\n"));
    }
}

#[traced]
fn ours(tracer: &ScopedTracer) {
    tracer.in_span("plain", |_| charge("inside"));
}

#[test]
fn spans_of_the_plain_api_nest_both_ways() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let tracer = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
    let attached = telemetry.context().attach();
    tracer.in_span("root", |_| ours(&tracer));
    drop(attached);
    telemetry.shutdown().expect("everything is delivered");
    let tree = "root\n  ours\n    plain\n      charge (client) server.address=inside\n";
    assert_eq!(captured(&receiver.spans()).tree(), tree);
}

/// As where the wall clock was set back meanwhile, or is read by two machines.
#[test]
fn no_span_ends_before_it_starts() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let tracer = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
    let (start, end) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1000), SystemTime::UNIX_EPOCH + Duration::from_secs(900));
    let mut span = tracer.build(tracer.span_builder("plain").with_start_time(start));
    span.end_with_timestamp(end);
    telemetry.shutdown().expect("the receiver takes it");
    let spans = receiver.spans();
    assert_eq!((spans[0].data.start_time_unix_nano, spans[0].data.end_time_unix_nano), (1_000_000_000_000, 1_000_000_000_000));
}

#[traced]
fn breaks() {
    panic!("the printer is on fire");
}

/// What the hook has to say of a panic takes its time, and is no part of the call.
#[test]
fn a_span_that_panicked_ends_when_it_did() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    assert!(std::panic::catch_unwind(breaks).is_err());
    drop(attached);
    telemetry.shutdown().expect("the receiver takes it");
    let spans = receiver.spans();
    let [exception] = spans[0].data.events.as_slice() else { panic!("one event") };
    assert_eq!((exception.name.as_str(), exception.time_unix_nano), ("exception", spans[0].data.end_time_unix_nano));
}
