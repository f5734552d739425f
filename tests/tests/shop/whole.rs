//! With a backend: one trace over three processes, log records and metrics that belong to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tests::conventions::Report;
use tests::receiver::{Received, Receiver};
use tests::shop::Shop;

use crate::described::{self, Masks};

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

/// What is recommended, and cannot be said: whoever calls here does not say with what, and a database in a file has no server.
const WITHOUT: [&str; 4] = [
    "HTTP server: user_agent.original",
    "database client: server.address",
    "db.client.operation.duration: server.address",
    "db.client.response.returned_rows: server.address",
];

/// The classes of spans that there are here.
const CLASSES: [&str; 4] = ["HTTP client", "HTTP server", "database client", "function"];

#[test]
fn one_trace_goes_through_all_three_processes() {
    let receiver = Receiver::start();
    let endpoint = receiver.http_endpoint();
    let shop = Shop::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert_eq!(shop.request("POST", "/customers/ann/visit"), (200, "Hello, ann! You are customer number 1.\n".to_owned()));
    assert_eq!(shop.request("GET", "/err").0, 502);
    assert_eq!(shop.request("GET", "/nowhere").0, 404);
    let [server, api1, api2] = &shop.services;
    let masks = Masks::new([("server", &*server.url), ("api1", &*api1.url), ("api2", &*api2.url)]);
    shop.end();

    let report = Report::of(&receiver);
    assert_eq!(report.problems, [""; 0]);
    assert_eq!(report.without, WITHOUT.map(str::to_owned).into());
    let (spans, metrics) = (receiver.spans(), receiver.metrics());
    assert_eq!(CLASSES.iter().map(|class| report.seen[*class]).sum::<usize>(), spans.len(), "each span was looked at");
    let of_conventions = metrics.iter().map(Received::<Metric>::name).filter(|name| !name.starts_with("function."));
    assert_eq!(of_conventions.filter(|name| !report.seen.contains_key(*name)).collect::<Vec<_>>(), [""; 0]);
    described::assert_recorded("spans.txt", &described::spans(&spans, &masks));
    described::assert_recorded("metrics.txt", &described::metrics(&metrics, &masks));

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
}
