//! Queries of sqlx, as they arrive at a backend: with SQLite always, and with servers of PostgreSQL and MariaDB where their programs are installed.

mod load;
mod macros;
mod pools;
mod properties;
mod servers;
mod sqlite;
mod transactions;

use std::fmt::Write;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use otel_runtime::context::FutureExt;
use otel_runtime::sqlx::Pool;
use sqlx::{Sqlite, SqlitePool};
use tests::conventions::Report;
use tests::receiver::{Protocol, Received, Receiver};
use tests::telemetry::{Watched, to};

/// All that arrived.
struct Arrived {
    spans: Vec<Received>,
    metrics: Vec<Received<Metric>>,
    /// Every request, as text.
    everything: String,
}

fn telemetry(receiver: &Receiver) -> Watched {
    to(receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp").build().expect("telemetry can be set up")
}

/// Runs this with telemetry of its own, and gives what was exported, which is as the conventions have it.
async fn recorded<T>(run: impl Future<Output = T>) -> (T, Arrived) {
    let receiver = Receiver::start();
    let telemetry = telemetry(&receiver);
    let done = run.with_context(telemetry.context()).await;
    telemetry.shutdown().expect("the receiver takes it");
    drop(telemetry);
    assert_eq!(Report::of(&receiver).problems, [""; 0]);
    let everything = receiver.requests().iter().fold(String::new(), |mut text, request| {
        write!(text, "{:?}", request.body).expect("a text takes it");
        text
    });
    (done, Arrived { spans: receiver.spans(), metrics: receiver.metrics(), everything })
}

async fn in_memory() -> Pool<Sqlite> {
    Pool::new(SqlitePool::connect("sqlite::memory:").await.expect("SQLite is in this program"))
}

/// Attributes as `key=value`, by their keys.
fn text(attributes: &[KeyValue]) -> Vec<String> {
    let value = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|value| value.value.clone()) {
        Some(Value::StringValue(value)) => value,
        Some(Value::IntValue(value)) => value.to_string(),
        other => format!("{other:?}"),
    };
    let mut texts: Vec<_> = attributes.iter().map(|attribute| format!("{}={}", attribute.key, value(attribute))).collect();
    texts.sort();
    texts
}

/// What is said of the database and is the same for all of its spans.
fn is_of_database(attribute: &str) -> bool {
    ["db.system.name=", "db.namespace=", "server."].iter().any(|prefix| attribute.starts_with(prefix))
}

impl Arrived {
    /// Names of spans, in the order in which they began.
    fn names(&self) -> Vec<&str> {
        let mut spans: Vec<_> = self.spans.iter().collect();
        spans.sort_by_key(|span| span.data.start_time_unix_nano);
        spans.into_iter().map(Received::<Span>::name).collect()
    }

    fn one(&self, name: &str) -> &Received {
        let mut named = self.spans.iter().filter(|span| span.name() == name);
        let (Some(span), None) = (named.next(), named.next()) else { panic!("not one span {name}: {:?}", self.names()) };
        span
    }

    /// Attributes of the span of that name, but for those of the database.
    fn attributes(&self, name: &str) -> Vec<String> {
        text(&self.one(name).data.attributes).into_iter().filter(|attribute| !is_of_database(attribute)).collect()
    }

    fn kind(&self, name: &str) -> SpanKind {
        self.one(name).kind()
    }

    fn status(&self, name: &str) -> Option<(i32, &str)> {
        self.one(name).data.status.as_ref().map(|status| (status.code, status.message.as_str()))
    }

    /// Labels of a histogram's points, and how many values each has.
    fn histogram(&self, name: &str) -> Vec<(Vec<String>, u64)> {
        let mut points = Vec::new();
        for metric in self.metrics.iter().filter(|metric| metric.name() == name) {
            let Some(Data::Histogram(histogram)) = &metric.data.data else { panic!("{name} is no histogram") };
            points.extend(histogram.data_points.iter().map(|point| (text(&point.attributes), point.count)));
        }
        points.sort();
        points
    }

    /// Labels of a sum's points, and their values; those of the last collection.
    fn sum(&self, name: &str) -> Vec<(Vec<String>, i64)> {
        let Some(metric) = self.metrics.iter().rfind(|metric| metric.name() == name) else { return Vec::new() };
        let Some(Data::Sum(sum)) = &metric.data.data else { panic!("{name} is no sum") };
        let value = |value: &Option<number_data_point::Value>| match value {
            Some(number_data_point::Value::AsInt(value)) => *value,
            other => panic!("{name} is {other:?}"),
        };
        let mut points: Vec<_> = sum.data_points.iter().map(|point| (text(&point.attributes), value(&point.value))).collect();
        points.sort();
        points
    }
}
