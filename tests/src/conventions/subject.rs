//! A span or a point, as far as conditions of the conventions look at it, and what values may be.

use std::net::IpAddr;

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use super::names;
use crate::receiver::Received;

/// What a condition is asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    attributes: &'a [KeyValue],
    /// Of a span.
    status: StatusCode,
}

impl<'a> Subject<'a> {
    pub(super) fn of_span(span: &'a Received) -> Self {
        Self { attributes: &span.data.attributes, status: span.status_code() }
    }

    pub(super) fn of_point(attributes: &'a [KeyValue]) -> Self {
        Self { attributes, status: StatusCode::Unset }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.attributes.iter().map(|attribute| attribute.key.as_str())
    }

    fn value(&self, key: &str) -> Option<&'a Value> {
        let attribute = self.attributes.iter().find(|attribute| attribute.key == key)?;
        attribute.value.as_ref()?.value.as_ref()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        if let Some(Value::StringValue(text)) = self.value(key) { Some(text.clone()) } else { None }
    }

    pub(super) fn number(&self, key: &str) -> Option<i64> {
        if let Some(Value::IntValue(number)) = self.value(key) { Some(*number) } else { None }
    }

    pub(super) fn failed(&self) -> bool {
        self.status == StatusCode::Error
    }

    /// What holds for spans of every class: whoever fails says of which class the error is, and whoever does not says nothing of the kind. That all
    /// went well is for the program to say, and not for what instruments it.
    pub(super) fn outcome_problem(&self) -> Option<&'static str> {
        match (self.status, self.has("error.type")) {
            (StatusCode::Ok, _) => Some("its status is ok"),
            (StatusCode::Error, false) => Some("its status is an error without `error.type`"),
            (StatusCode::Unset, true) => Some("it has an `error.type`, and its status is no error"),
            _ => None,
        }
    }
}

const METHODS: &[&str] = &["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE", "_OTHER"];
const VERSIONS: &[&str] = &["0.9", "1.0", "1.1", "2", "3"];
const DATABASES: &[&str] = &["mariadb", "mysql", "postgresql", "redis", "sqlite"];
const TRIGGERS: &[&str] = &["datasource", "http", "other", "pubsub", "timer"];
const OPERATIONS: &[&str] = &["create", "process", "receive", "send", "settle"];
const STATES: &[&str] = &["idle", "used"];

/// What is wrong with a value whose key says what it may be.
pub(super) fn value_problem(attribute: &KeyValue) -> Option<String> {
    let value = attribute.value.as_ref()?.value.as_ref()?;
    let is_right = match (attribute.key.as_str(), value) {
        ("http.request.method", Value::StringValue(text)) => METHODS.contains(&text.as_str()),
        ("network.protocol.version", Value::StringValue(text)) => VERSIONS.contains(&text.as_str()),
        ("db.system.name", Value::StringValue(text)) => DATABASES.contains(&text.as_str()),
        ("db.client.connection.state", Value::StringValue(text)) => STATES.contains(&text.as_str()),
        ("faas.trigger", Value::StringValue(text)) => TRIGGERS.contains(&text.as_str()),
        ("messaging.operation.type", Value::StringValue(text)) => OPERATIONS.contains(&text.as_str()),
        ("rpc.response.status_code", Value::StringValue(text)) => text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'),
        ("url.scheme", Value::StringValue(text)) => matches!(text.as_str(), "http" | "https"),
        ("network.peer.address", Value::StringValue(text)) => text.starts_with('/') || text.parse::<IpAddr>().is_ok(),
        ("url.path", Value::StringValue(text)) => text.starts_with('/') && !text.contains('?'),
        ("url.full", Value::StringValue(text)) => text.contains("://") && !text.contains('@'),
        ("http.route", Value::StringValue(text)) => text.starts_with('/'),
        // Its class, of which there are few, and no message; what is boxed is known by the path of its type alone, in which there are spaces.
        ("error.type", Value::StringValue(text)) => !text.is_empty() && (text.contains("<dyn ") || !text.contains(char::is_whitespace)),
        ("http.response.status_code", Value::IntValue(code)) => (100..=999).contains(code),
        ("server.port" | "network.peer.port" | "client.port", Value::IntValue(port)) => (1..=65535).contains(port),
        ("http.request.resend_count" | "code.line.number", Value::IntValue(number)) => *number > 0,
        (key, Value::StringValue(text)) => !text.is_empty() || !names::is_reserved(key),
        _ => true,
    };
    (!is_right).then(|| format!("`{}` cannot be {value:?}", attribute.key))
}
