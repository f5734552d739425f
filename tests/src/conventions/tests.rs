use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Histogram, HistogramDataPoint, Metric, Sum, metric::Data};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use super::*;

/// The labels of points.
type Points<'a> = &'a [&'a [(&'a str, &'a str)]];

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn attributes(of: &[(&str, &str)]) -> Vec<KeyValue> {
    of.iter()
        .map(|(key, value)| match value.parse::<i64>() {
            Ok(number) if !key.ends_with("version") && *key != "error.type" => attribute(key, Value::IntValue(number)),
            _ => attribute(key, Value::StringValue((*value).to_owned())),
        })
        .collect()
}

const SERVED: [(&str, &str); 7] = [
    ("http.request.method", "GET"),
    ("url.path", "/users/7"),
    ("url.scheme", "http"),
    ("http.route", "/users/{id}"),
    ("http.response.status_code", "200"),
    ("network.protocol.version", "1.1"),
    ("customer.id", "ann"),
];

/// A span with these attributes in the place of some of its own, or beside them; none where the value is empty.
fn served(changed: &[(&str, &str)], change: impl FnOnce(&mut Span)) -> Report {
    let kept = SERVED.iter().filter(|(key, _)| changed.iter().all(|(other, _)| other != key));
    let of: Vec<_> = kept.chain(changed.iter().filter(|(_, value)| !value.is_empty())).copied().collect();
    let mut data =
        Span { name: "GET /users/{id}".to_owned(), kind: SpanKind::Server.into(), attributes: attributes(&of), ..Span::default() };
    change(&mut data);
    let mut report = Report::default();
    report.spans(&[received(data)]);
    report
}

fn received<T>(data: T) -> Received<T> {
    let scope = InstrumentationScope { name: "layer".to_owned(), ..InstrumentationScope::default() };
    Received { data, scope, schema_url: String::new(), resource: opentelemetry_proto::tonic::resource::v1::Resource::default() }
}

fn failed(span: &mut Span) {
    span.status = Some(Status { code: StatusCode::Error.into(), message: String::new() });
}

#[test]
fn a_span_that_is_right_has_no_problem() {
    let report = served(&[], |_| ());
    assert_eq!(report.problems, [""; 0]);
    assert_eq!(report.seen, [("HTTP server".to_owned(), 1)].into());
    assert_eq!(report.with, [("HTTP server: http.route".to_owned(), 1)].into());
    let without = ["client.address", "network.peer.address", "server.address", "user_agent.original"];
    assert_eq!(report.without, without.map(|key| format!("HTTP server: {key}")).into());
    let report = served(&[("http.response.status_code", "503"), ("error.type", "503"), ("http.request.header.accept", "")], failed);
    assert_eq!(report.problems, [""; 0]);
}

/// What is changed, and what is said of it.
type Case = (&'static [(&'static str, &'static str)], fn(&mut Span), &'static str);

#[test]
fn every_departure_of_a_span_is_seen() {
    let cases: [Case; 20] = [
        (&[("http.request.methd", "GET")], |_| (), "`http.request.methd` is not in the semantic conventions"),
        (&[("user.nmae", "Ann")], |_| (), "`user.nmae` is not in the semantic conventions"),
        (&[("http.method", "GET")], |_| (), "`http.method` is deprecated"),
        (&[("http.request.header", "a")], |_| (), "`http.request.header` stands for a family of keys"),
        (&[("http.request.header.accept", "a")], |_| (), "`http.request.header.accept` is StringArray in the conventions"),
        (&[("http.response.status_code", "ok")], |_| (), "`http.response.status_code` is Int in the conventions"),
        (&[("http.response.status_code", "20")], |_| (), "`http.response.status_code` cannot be IntValue(20)"),
        (&[("http.request.method", "FETCH")], |_| (), "`http.request.method` cannot be"),
        (
            &[("http.request.method", "")],
            |span| span.attributes.push(attribute("http.request.method", Value::BoolValue(true))),
            "is String",
        ),
        (&[("url.path", "")], |_| (), "`url.path` is missing"),
        (&[("http.response.status_code", "")], |_| (), "`http.response.status_code` is missing"),
        (&[("server.address", "localhost")], |_| (), "`server.port` is missing"),
        (&[("http.request.method", "_OTHER")], |_| (), "`http.request.method_original` is missing"),
        (&[("http.request.method_original", "get")], |_| (), "`http.request.method_original` is not to be there"),
        (&[("db.namespace", "users")], |_| (), "the conventions have no `db.namespace` for HTTP server"),
        (
            &[],
            |span| "GET /users/7".clone_into(&mut span.name),
            "a span of HTTP server with these attributes is called \"GET /users/{id}\"",
        ),
        (&[("http.response.status_code", "503"), ("error.type", "oh")], failed, "its `error.type` is to be \"503\""),
        (&[("error.type", "timeout")], |_| (), "it has an `error.type`, and its status is no error"),
        (&[], failed, "its status is an error without `error.type`"),
        (&[], |span| span.attributes.extend(attributes(&[("url.path", "/")])), "`url.path` is there twice"),
    ];
    for (changed, change, expected) in cases {
        let report = served(changed, change);
        assert!(report.problems.iter().any(|problem| problem.contains(expected)), "{changed:?}: {expected}: {:?}", report.problems);
    }
}

const CALLED: &[(&str, &str)] = &[("rpc.system.name", "grpc"), ("rpc.method", "shop.Orders/Place"), ("rpc.response.status_code", "OK")];
const SENT: &[(&str, &str)] = &[
    ("messaging.operation.name", "publish"),
    ("messaging.operation.type", "send"),
    ("messaging.system", "nats"),
    ("messaging.destination.name", "orders"),
];
const INVOKED: &[(&str, &str)] = &[("faas.trigger", "http"), ("faas.invocation_id", "a")];

#[test]
fn departures_of_calls_messages_and_functions_are_seen() {
    use SpanKind::{Client, Producer, Server};
    const PLACE: &str = "shop.Orders/Place";
    let problems = |kind: SpanKind, name: &str, of: &[&[(&str, &str)]]| {
        let data = Span { name: name.to_owned(), kind: kind.into(), attributes: attributes(&of.concat()), ..Span::default() };
        let mut report = Report::default();
        report.spans(&[received(data)]);
        report.problems
    };
    assert_eq!(problems(Server, PLACE, &[CALLED]), [""; 0]);
    assert_eq!(problems(Client, PLACE, &[CALLED, &[("server.address", "orders")]]), [""; 0]);
    assert_eq!(problems(Producer, "publish orders", &[SENT]), [""; 0]);
    assert_eq!(problems(Server, "checkout", &[INVOKED]), [""; 0]);
    let cases: [(_, _, Points<'_>, _); 9] = [
        (Client, PLACE, &[CALLED], "`server.address` is missing"),
        (Server, PLACE, &[&CALLED[..2]], "`rpc.response.status_code` is missing"),
        (Server, "Place", &[CALLED], "is called \"shop.Orders/Place\""),
        (Server, PLACE, &[CALLED, &[("rpc.method_original", "a/b")]], "`rpc.method_original` is not to be there"),
        (Server, PLACE, &[&CALLED[..2], &[("rpc.response.status_code", "INTERNAL")]], "its `error.type` is to be \"INTERNAL\""),
        (Producer, "publish", &[SENT], "is called \"publish orders\""),
        (Producer, "publish orders", &[&SENT[1..]], "`messaging.operation.name` is missing"),
        (Server, "checkout", &[&[("faas.trigger", "bell")]], "`faas.trigger` cannot be"),
        (Server, "checkout", &[INVOKED, &[("rpc.method", "a/b")]], "the conventions have no `rpc.method`"),
    ];
    for (kind, name, of, expected) in cases {
        let problems = problems(kind, name, of);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{of:?}: {expected}: {problems:?}");
    }
}

fn measured(metric: Metric) -> Vec<String> {
    let mut report = Report::default();
    report.metrics(&[received(metric)]);
    report.problems
}

/// A histogram of the durations of requests.
fn durations(name: &str, unit: &str, bounds: &[f64], of: &[(&str, &str)]) -> Metric {
    let point = HistogramDataPoint { attributes: attributes(of), explicit_bounds: bounds.to_vec(), ..HistogramDataPoint::default() };
    let data = Data::Histogram(Histogram { data_points: vec![point], aggregation_temporality: 2 });
    Metric { name: name.to_owned(), unit: unit.to_owned(), description: "Durations.".to_owned(), data: Some(data), ..Metric::default() }
}

#[test]
fn every_departure_of_a_metric_is_seen() {
    const NAME: &str = "http.server.request.duration";
    const BOUNDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
    const STATUS: (&str, &str) = ("http.response.status_code", "200");
    const LABELS: &[(&str, &str)] = &[("http.request.method", "GET"), ("url.scheme", "http"), STATUS];
    assert_eq!(measured(durations(NAME, "s", BOUNDS, LABELS)), [""; 0]);
    assert_eq!(measured(durations("shop.order.duration", "h", &[1.0], &[("shop.till", "7")])), [""; 0]);
    let counter = Metric { data: Some(Data::Sum(Sum { is_monotonic: true, ..Sum::default() })), ..durations(NAME, "s", &[], &[]) };
    let cases = [
        (durations(NAME, "ms", BOUNDS, LABELS), "its unit is \"ms\", and \"s\" in the conventions"),
        (durations(NAME, "s", &BOUNDS[1..], LABELS), "its buckets are [0.01,"),
        (durations(NAME, "s", BOUNDS, &LABELS[1..]), "`http.request.method` is missing"),
        (durations(NAME, "s", BOUNDS, &[LABELS, &[("url.path", "/users/7")]].concat()), "the conventions have no `url.path` for"),
        (durations(NAME, "s", BOUNDS, &[&LABELS[..2], &[("http.response.status_code", "503")]].concat()), "`error.type` is missing"),
        (durations(NAME, "s", BOUNDS, &LABELS[..2]), "`error.type` is missing"),
        (durations("http.server.request.duratoin", "s", BOUNDS, LABELS), "it is not in the semantic conventions"),
        (durations("http.server.duration", "s", BOUNDS, LABELS), "it is not in the semantic conventions"),
        (durations("db.client.connections.create_time", "s", BOUNDS, &[]), "it is deprecated"),
        (counter, "it is of Some(Counter), and Histogram in the conventions"),
        (Metric { description: String::new(), ..durations(NAME, "s", BOUNDS, LABELS) }, "it has no description"),
    ];
    for (metric, expected) in cases {
        let problems = measured(metric.clone());
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected}: {problems:?} of {metric:?}");
    }
}
