//! What metrics have: the tables of the pages "HTTP metrics", "Database client metrics", "RPC metrics", "Messaging metrics" and "`FaaS` metrics" of the
//! semantic conventions 1.42, and the buckets that they prescribe.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;

use super::classes::{Attribute, opt_in, recommended, required, wherever};
use super::names::{self, Instrument};
use super::subject::Subject;

const REQUESTS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const QUERIES: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];
const ROWS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0];

/// The bounds of buckets that are prescribed.
const BUCKETS: &[(&str, &[f64])] = &[
    ("db.client.operation.duration", QUERIES),
    ("db.client.response.returned_rows", ROWS),
    ("faas.invoke_duration", REQUESTS),
    ("http.client.request.duration", REQUESTS),
    ("http.server.request.duration", REQUESTS),
    ("messaging.client.operation.duration", REQUESTS),
    ("messaging.process.duration", REQUESTS),
    ("rpc.client.call.duration", REQUESTS),
    ("rpc.server.call.duration", REQUESTS),
];

const HTTP_SERVER: &[Attribute] = &[
    required("http.request.method"),
    required("url.scheme"),
    wherever("error.type", |point| has_failed(point, 500)),
    opt_in("http.response.status_code"),
    opt_in("http.route"),
    opt_in("network.protocol.name"),
    recommended("network.protocol.version"),
    opt_in("server.address"),
    opt_in("server.port"),
];

const HTTP_CLIENT: &[Attribute] = &[
    required("http.request.method"),
    required("server.address"),
    required("server.port"),
    wherever("error.type", |point| has_failed(point, 400)),
    opt_in("http.response.status_code"),
    opt_in("network.protocol.name"),
    recommended("network.protocol.version"),
    opt_in("url.scheme"),
    opt_in("url.template"),
];

const DATABASE: &[Attribute] = &[
    required("db.system.name"),
    opt_in("db.collection.name"),
    recommended("db.namespace"),
    opt_in("db.operation.name"),
    opt_in("db.response.status_code"),
    wherever("error.type", |point| point.has("db.response.status_code")),
    opt_in("server.port"),
    recommended("db.query.summary"),
    opt_in("db.stored_procedure.name"),
    opt_in("network.peer.address"),
    opt_in("network.peer.port"),
    recommended("server.address"),
];

const RPC_SERVER: &[Attribute] = &[required("rpc.system.name"), opt_in("rpc.method"), opt_in("rpc.response.status_code")];

const RPC_CLIENT: &[Attribute] = &[
    required("rpc.system.name"),
    required("rpc.method"),
    required("server.address"),
    wherever("error.type", |point| point.text("rpc.response.status_code").is_some_and(|code| code != "OK")),
    opt_in("rpc.response.status_code"),
    opt_in("server.port"),
];

const MESSAGES: &[Attribute] = &[
    required("messaging.operation.name"),
    required("messaging.system"),
    opt_in("messaging.consumer.group.name"),
    opt_in("messaging.destination.name"),
    opt_in("messaging.destination.partition.id"),
    opt_in("messaging.destination.subscription.name"),
    opt_in("messaging.destination.template"),
    opt_in("server.address"),
    opt_in("server.port"),
];

/// Of all metrics of messages, this alone has the type of the operation.
const MESSAGING_OPERATION: &[Attribute] = &[
    required("messaging.operation.name"),
    required("messaging.operation.type"),
    required("messaging.system"),
    opt_in("messaging.consumer.group.name"),
    opt_in("messaging.destination.name"),
    opt_in("messaging.destination.partition.id"),
    opt_in("messaging.destination.subscription.name"),
    opt_in("messaging.destination.template"),
    opt_in("server.address"),
    opt_in("server.port"),
];

const INVOKED: &[Attribute] = &[required("faas.trigger")];

const POOL: &[Attribute] = &[required("db.client.connection.pool.name")];

/// The labels of metrics.
const LABELS: &[(&str, &[Attribute])] = &[
    ("db.client.connection.count", &[required("db.client.connection.pool.name"), required("db.client.connection.state")]),
    ("db.client.connection.max", POOL),
    ("db.client.connection.pending_requests", POOL),
    ("db.client.connection.timeouts", POOL),
    ("db.client.connection.use_time", POOL),
    ("db.client.connection.wait_time", POOL),
    ("db.client.operation.duration", DATABASE),
    ("db.client.response.returned_rows", DATABASE),
    ("faas.coldstarts", INVOKED),
    ("faas.invoke_duration", INVOKED),
    ("http.client.request.body.size", HTTP_CLIENT),
    ("http.client.request.duration", HTTP_CLIENT),
    ("http.client.response.body.size", HTTP_CLIENT),
    (
        "http.server.active_requests",
        &[required("http.request.method"), required("url.scheme"), opt_in("server.address"), opt_in("server.port")],
    ),
    ("http.server.request.body.size", HTTP_SERVER),
    ("http.server.request.duration", HTTP_SERVER),
    ("http.server.response.body.size", HTTP_SERVER),
    ("messaging.client.consumed.messages", MESSAGES),
    ("messaging.client.operation.duration", MESSAGING_OPERATION),
    ("messaging.client.sent.messages", MESSAGES),
    ("messaging.process.duration", MESSAGES),
    ("rpc.client.call.duration", RPC_CLIENT),
    ("rpc.server.call.duration", RPC_SERVER),
];

/// Whether there was an error: a status from this one on, or no response at all. A request that was cancelled has none either, and no error; it cannot
/// be told from one that failed, so that nothing is cancelled where this is asked.
fn has_failed(point: &Subject<'_>, from: i64) -> bool {
    point.number("http.response.status_code").is_none_or(|code| code >= from)
}

/// The labels of a metric, if they stand in a table.
pub(super) fn attributes_of(metric: &str) -> Option<&'static [Attribute]> {
    LABELS.iter().find(|(name, _)| *name == metric).map(|(_, attributes)| *attributes)
}

/// The attributes of each point, and what is not as it should be with the metric as a whole.
pub(super) fn look_at(metric: &Metric) -> (Vec<&[KeyValue]>, Vec<String>) {
    let mut problems: Vec<String> = names::metric_problem(&metric.name).into_iter().collect();
    let (is, points): (_, Vec<&[KeyValue]>) = match metric.data.as_ref() {
        Some(Data::Sum(sum)) => {
            let is = if sum.is_monotonic { Instrument::Counter } else { Instrument::UpDownCounter };
            (Some(is), sum.data_points.iter().map(|point| point.attributes.as_slice()).collect())
        }
        Some(Data::Gauge(gauge)) => (Some(Instrument::Gauge), gauge.data_points.iter().map(|point| point.attributes.as_slice()).collect()),
        Some(Data::Histogram(histogram)) => {
            let prescribed = BUCKETS.iter().find(|(name, _)| *name == metric.name).map(|(_, bounds)| *bounds);
            let other = |bounds: &&Vec<f64>| prescribed.is_some_and(|prescribed| bounds.as_slice() != prescribed);
            let bounds = histogram.data_points.iter().map(|point| &point.explicit_bounds).find(other);
            problems.extend(bounds.map(|bounds| format!("its buckets are {bounds:?}, and {prescribed:?} are prescribed")));
            (Some(Instrument::Histogram), histogram.data_points.iter().map(|point| point.attributes.as_slice()).collect())
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            (Some(Instrument::Histogram), histogram.data_points.iter().map(|point| point.attributes.as_slice()).collect())
        }
        Some(Data::Summary(_)) | None => (None, Vec::new()),
    };
    if let Some((instrument, unit)) = names::metric(&metric.name) {
        if is != Some(instrument) {
            problems.push(format!("it is of {is:?}, and {instrument:?} in the conventions"));
        }
        if metric.unit != unit {
            problems.push(format!("its unit is {:?}, and {unit:?} in the conventions", metric.unit));
        }
    }
    if metric.description.is_empty() {
        problems.push("it has no description".to_owned());
    }
    (points, problems)
}
