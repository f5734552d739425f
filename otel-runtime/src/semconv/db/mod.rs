//! Database client spans and metrics (semantic conventions, "Database": <https://opentelemetry.io/docs/specs/semconv/db/>), as functions of texts.

mod message;
pub(crate) mod metrics;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(feature = "sqlx")]
pub(crate) mod sql;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

use opentelemetry::{KeyValue, StringValue};
use opentelemetry_semantic_conventions::attribute as keys;

pub(crate) use self::message::message;

/// Bytes of `db.query.text`. Longer texts come from programs, not from people, and end where a token does.
const TEXT_LIMIT: usize = 32 * 1024;

/// The database that a client talks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// `db.system.name`.
    pub(crate) system: Cow<'static, str>,
    pub(crate) namespace: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) port: Option<u16>,
    /// Whether it is a part of this process.
    pub(crate) is_in_memory: bool,
}

impl Database {
    pub(crate) fn new(system: &'static str) -> Self {
        Self { system: system.into(), namespace: None, address: None, port: None, is_in_memory: false }
    }

    /// Attributes of spans and of metrics. The port is among them where it is not the usual one.
    pub(crate) fn attributes(&self) -> Vec<KeyValue> {
        let usual = match &*self.system {
            "postgresql" => Some(5432),
            "mysql" | "mariadb" => Some(3306),
            "redis" => Some(6379),
            _ => None,
        };
        let port = self.port.filter(|port| self.address.is_some() && Some(*port) != usual);
        let mut attributes = vec![KeyValue::new(keys::DB_SYSTEM_NAME, self.system.clone())];
        attributes.extend(self.namespace.clone().map(|namespace| KeyValue::new(keys::DB_NAMESPACE, shared(namespace))));
        attributes.extend(self.address.clone().map(|address| KeyValue::new(keys::SERVER_ADDRESS, shared(address))));
        attributes.extend(port.map(|port| KeyValue::new(keys::SERVER_PORT, i64::from(port))));
        attributes
    }

    /// `address:port/namespace`, as far as it is known: the name of a pool that has none.
    pub(crate) fn pool_name(&self) -> String {
        match (self.server(), &self.namespace) {
            (Some(server), Some(namespace)) => format!("{server}/{namespace}"),
            (Some(name), None) => name,
            (None, Some(name)) => name.clone(),
            (None, None) => self.system.clone().into_owned(),
        }
    }

    /// What a span is named after of which no operation is known.
    pub(crate) fn target(&self) -> String {
        // Redis numbers its databases, which would be no name.
        let namespace = self.namespace.clone().filter(|_| self.system != "redis");
        namespace.or_else(|| self.server()).unwrap_or_else(|| self.system.clone().into_owned())
    }

    fn server(&self) -> Option<String> {
        let mut server = self.address.clone()?;
        if let Some(port) = self.port {
            // A text takes whatever is written to it.
            let _ = write!(server, ":{port}");
        }
        Some(server)
    }
}

/// `network.peer.address` and `network.peer.port`, if the client was told an address, and no name.
pub(crate) fn peer(address: &str, port: u16) -> Vec<KeyValue> {
    let Ok(address) = address.parse::<IpAddr>() else { return Vec::new() };
    vec![KeyValue::new(keys::NETWORK_PEER_ADDRESS, shared(address.to_string())), KeyValue::new(keys::NETWORK_PEER_PORT, i64::from(port))]
}

/// The same of a socket of Unix.
pub(crate) fn peer_socket(path: &str) -> Vec<KeyValue> {
    vec![KeyValue::new(keys::NETWORK_PEER_ADDRESS, shared(path.to_owned())), KeyValue::new(keys::NETWORK_TRANSPORT, "unix")]
}

/// Counted, because it is copied with every operation.
fn shared(text: String) -> StringValue {
    StringValue::from(Arc::<str>::from(text))
}
