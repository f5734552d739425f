//! What the three services send, as text: every span and every metric with everything about it that is the same on every run.
//!
//! `GOLDEN=overwrite cargo test -p tests --test shop` records the texts anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tests::points::{Kind, points};
use tests::receiver::Received;

/// What is another one on every run, and what stands for it.
pub(crate) struct Masks(Vec<(String, String)>);

impl Masks {
    /// The ports of services, by the services' URLs.
    pub(crate) fn new<'a>(services: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let port = |url: &str| url.rsplit(':').next().expect("it has a port").to_owned();
        Self(services.into_iter().map(|(name, url)| (port(url), format!("<{name}>"))).collect())
    }

    fn apply(&self, key: &str, value: &str) -> String {
        match key {
            "network.peer.port" if self.0.iter().all(|(port, _)| port != value) => "<port>".to_owned(),
            // The file of a database stands in a folder for what is temporary.
            "db.namespace" | "db.client.connection.pool.name" if value.starts_with('/') => "<file>".to_owned(),
            "code.line.number" => "<line>".to_owned(),
            _ => self.0.iter().fold(value.to_owned(), |text, (port, name)| {
                if text == *port { name.clone() } else { text.replace(&format!(":{port}"), &format!(":{name}")) }
            }),
        }
    }
}

/// The spans as indented text, children in the order in which they started: `service: name (kind)`, with all of it.
pub(crate) fn spans(spans: &[Received], masks: &Masks) -> String {
    let roots = spans.iter().filter(|span| span.parent_span_id_hex().is_none());
    let mut roots: Vec<&Received> = roots.collect();
    roots.sort_by_key(|root| (super::whole::service(root).to_owned(), root.data.start_time_unix_nano));
    let mut text = String::new();
    for root in roots {
        add(spans, root, masks, 0, &mut text);
    }
    text
}

fn add(spans: &[Received], span: &Received, masks: &Masks, depth: usize, text: &mut String) {
    let kind = match span.kind() {
        SpanKind::Server => " (server)",
        SpanKind::Client => " (client)",
        SpanKind::Internal => "",
        other => panic!("{other:?}"),
    };
    let status = span.data.status.clone().unwrap_or_default();
    let status = match status.code() {
        StatusCode::Unset => String::new(),
        code => format!(" {code:?} {:?}", status.message),
    };
    let links = if span.data.links.is_empty() { String::new() } else { format!(" links={}", span.data.links.len()) };
    let service = super::whole::service(span);
    let _ = writeln!(text, "{:depth$}{service}: {}{kind} [{}]{status}{links}", "", span.name(), span.scope.name);
    let mut attributes: Vec<_> = span.data.attributes.iter().map(|attribute| of_attribute(attribute, masks)).collect();
    attributes.extend(span.data.events.iter().map(|event| format!("event {}", event.name)));
    attributes.sort();
    for attribute in attributes {
        let _ = writeln!(text, "{:depth$}  · {attribute}", "");
    }
    let mut children: Vec<&Received> =
        spans.iter().filter(|child| child.parent_span_id_hex().as_deref() == Some(&span.span_id_hex())).collect();
    children.sort_by_key(|child| child.data.start_time_unix_nano);
    for child in children {
        add(spans, child, masks, depth + 2, text);
    }
}

/// As it is written, so that a number is no text.
fn of_attribute(attribute: &KeyValue, masks: &Masks) -> String {
    let key = &attribute.key;
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => format!("{key} = {:?}", masks.apply(key, text)),
        Some(Value::IntValue(number)) => format!("{key} = {}", masks.apply(key, &number.to_string())),
        other => format!("{key} = {other:?}"),
    }
}

/// The metrics of each service, a line for each and one for each of its points. How many connections are open at the end depends on how fast they
/// were given back.
pub(crate) fn metrics(metrics: &[Received<Metric>], masks: &Masks) -> String {
    let mut services: BTreeMap<String, Vec<Received<Metric>>> = BTreeMap::new();
    for metric in metrics {
        let Some(Value::StringValue(service)) = metric.resource_attribute("service.name") else { panic!("{metric:?}") };
        services.entry(service.clone()).or_default().push(metric.clone());
    }
    let mut text = String::new();
    for (service, metrics) in services {
        let mut lines = BTreeSet::new();
        for point in points(&metrics) {
            let bounds = if point.kind == Kind::Histogram { format!(" {:?}", point.histogram.bounds) } else { String::new() };
            let head = format!("{} {:?} {:?} [{}]{bounds}\n", point.metric, point.kind, point.unit, point.scope);
            let labels = point.attributes.iter().map(|(key, value)| format!(" {key}={}", masks.apply(key, value)));
            let value = if point.metric == "db.client.connection.count" { "<count>".to_owned() } else { point.value.to_string() };
            lines.insert((head, format!("  · {value}{}\n", labels.collect::<String>())));
        }
        let mut last = None;
        for (head, point) in lines {
            if last.as_ref() != Some(&head) {
                let _ = write!(text, "{service}: {head}");
            }
            text.push_str(&point);
            last = Some(head);
        }
    }
    text
}

/// Compares a text with the one that is recorded beside this file.
pub(crate) fn assert_recorded(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shop").join(name);
    if env::var_os("GOLDEN").is_some_and(|value| value == "overwrite") {
        fs::write(&path, text).expect("the file can be written");
    }
    let recorded = fs::read_to_string(&path).unwrap_or_default();
    let differs = recorded.lines().zip(text.lines()).find(|(one, other)| one != other);
    assert!(recorded == text, "{name} is not what was sent, first in {differs:?}; GOLDEN=overwrite records it anew:\n{text}");
}
