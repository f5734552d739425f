//! With a backend: one trace over three processes, log records and metrics that belong to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tests::receiver::{Received, Receiver};
use tests::shop::Shop;

/// The name of the service that a span is of.
pub(crate) fn service(span: &Received) -> &str {
    match span.resource_attribute("service.name") {
        Some(Value::StringValue(name)) => name,
        other => panic!("{} is of {other:?}", span.name()),
    }
}

/// The spans as indented text, children in the order in which they started: `service: name (kind)`.
pub(crate) fn tree(spans: &[Received]) -> String {
    fn add(spans: &[Received], parent: Option<&str>, depth: usize, text: &mut String) {
        let mut children: Vec<&Received> = spans.iter().filter(|span| span.parent_span_id_hex().as_deref() == parent).collect();
        children.sort_by_key(|span| span.data.start_time_unix_nano);
        for span in children {
            let kind = match span.kind() {
                SpanKind::Server => " (server)",
                SpanKind::Client => " (client)",
                _ => "",
            };
            let _ = writeln!(text, "{:depth$}{}: {}{kind}", "", service(span), span.name());
            add(spans, Some(&span.span_id_hex()), depth + 2, text);
        }
    }
    let mut text = String::new();
    add(spans, None, 0, &mut text);
    text
}

/// The spans of the trace that has one of this name.
pub(crate) fn trace_with(spans: &[Received], name: &str) -> Vec<Received> {
    let trace = spans.iter().find(|span| span.name() == name).unwrap_or_else(|| panic!("there is no {name}")).trace_id_hex();
    spans.iter().filter(|span| span.trace_id_hex() == trace).cloned().collect()
}

/// What the conventions require and recommend of a span, where it is known.
fn keys(span: &Received) -> &'static [&'static str] {
    const SERVER: &[&str] = &[
        "client.address",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.peer.address",
        "network.peer.port",
        "network.protocol.version",
        "server.address",
        "server.port",
        "url.path",
        "url.scheme",
    ];
    const CLIENT: &[&str] =
        &["http.request.method", "http.response.status_code", "network.protocol.version", "server.address", "server.port", "url.full"];
    const DATABASE: &[&str] =
        &["db.collection.name", "db.namespace", "db.operation.name", "db.query.summary", "db.query.text", "db.system.name"];
    const FUNCTION: &[&str] = &["code.file.path", "code.function.name", "code.line.number"];
    match span.kind() {
        SpanKind::Server => SERVER,
        SpanKind::Client if span.attribute("db.system.name").is_some() => DATABASE,
        SpanKind::Client => CLIENT,
        _ => FUNCTION,
    }
}

#[test]
fn one_trace_goes_through_all_three_processes() {
    let receiver = Receiver::start();
    let endpoint = receiver.http_endpoint();
    let shop = Shop::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert_eq!(shop.request("POST", "/customers/ann/visit"), (200, "Hello, ann! You are customer number 1.\n".to_owned()));
    assert_eq!(shop.request("GET", "/err").0, 502);
    assert_eq!(shop.request("GET", "/nowhere").0, 404);
    shop.end();

    let spans = receiver.spans();
    let visit = trace_with(&spans, "POST /customers/{customer}/visit");
    assert_eq!(
        tree(&visit),
        "\
server: POST /customers/{customer}/visit (server)
  server: visit
    server: POST (client)
      api1: POST /users/{name} (server)
        api1: register_user
          api1: SELECT users (client)
          api1: create_user
            api1: INSERT users (client)
    server: GET (client)
      api2: GET /hello/{name} (server)
        api2: greet
"
    );
    for span in &visit {
        for key in keys(span) {
            assert!(span.attribute(key).is_some(), "{} has no {key}", span.name());
        }
        let is_told = span.parent_span_id_hex().is_some();
        assert_eq!(span.attribute("customer.id").is_some(), is_told, "{} of {}", span.name(), service(span));
    }

    let failure = trace_with(&spans, "GET /err");
    assert_eq!(
        tree(&failure),
        "\
server: GET /err (server)
  server: fail
    server: GET (client)
      api2: GET /err (server)
        api2: brew
"
    );
    let errors: BTreeMap<String, String> = failure
        .iter()
        .filter_map(|span| match span.attribute("error.type") {
            Some(Value::StringValue(error)) => Some((format!("{}: {}", service(span), span.name()), error.clone())),
            _ => None,
        })
        .collect();
    let expected = [
        ("api2: GET /err", "503"),
        ("api2: brew", "out_of_tea"),
        ("server: GET", "503"),
        ("server: GET /err", "502"),
        ("server: fail", "refused"),
    ];
    assert_eq!(errors, expected.map(|(span, error)| (span.to_owned(), error.to_owned())).into());
    let lost: Vec<&str> = spans.iter().filter(|span| span.name() == "GET").map(service).collect();
    assert_eq!(lost, ["server"; 3], "two calls, and a request for what is not there, whose path is no name");

    // Every record belongs to a span of its service.
    let ids: BTreeSet<(String, String)> = spans.iter().map(|span| (span.trace_id_hex(), span.span_id_hex())).collect();
    let logs = receiver.logs();
    assert_eq!(logs.len(), 3, "{logs:#?}");
    assert!(logs.iter().all(|record| ids.contains(&(record.trace_id_hex(), record.span_id_hex()))));

    let metrics = receiver.metrics();
    let named = |name: &'static str| metrics.iter().filter(move |metric| metric.name() == name);
    let routes: BTreeSet<String> = named("http.server.request.duration")
        .flat_map(|metric| match &metric.data.data {
            Some(Data::Histogram(histogram)) => histogram.data_points.clone(),
            other => panic!("{other:?}"),
        })
        .flat_map(|point| point.attributes)
        .filter(|attribute| attribute.key == "http.route")
        .map(|attribute| format!("{:?}", attribute.value.and_then(|value| value.value)))
        .collect();
    let of = |route: &str| format!("{:?}", Some(Value::StringValue(route.to_owned())));
    assert_eq!(routes, ["/customers/{customer}/visit", "/err", "/hello/{name}", "/users/{name}"].map(of).into());
    for metric in ["http.client.request.duration", "http.server.active_requests", "db.client.operation.duration", "function.calls"] {
        assert!(named(metric).next().is_some(), "there is no {metric}");
    }
}
