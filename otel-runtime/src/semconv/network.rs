//! Who is called, and who is at the other end of a connection, for whatever is spoken over it.

use std::net::SocketAddr;

use ::http::header::HOST;
use ::http::uri::Authority;
use ::http::{HeaderMap, HeaderName};
use opentelemetry::{Array, Key, KeyValue, StringValue, Value};
use opentelemetry_semantic_conventions::attribute as key;

/// `server.address` and, if it is known, `server.port`.
pub(crate) fn server(address: &str, port: Option<u16>) -> impl Iterator<Item = KeyValue> + use<> {
    let port = port.map(|port| KeyValue::new(key::SERVER_PORT, i64::from(port)));
    [KeyValue::new(key::SERVER_ADDRESS, address.to_owned())].into_iter().chain(port)
}

/// `network.peer.address` and `network.peer.port`.
pub(crate) fn peer(peer: SocketAddr) -> [KeyValue; 2] {
    [
        KeyValue::new(key::NETWORK_PEER_ADDRESS, peer.ip().to_canonical().to_string()),
        KeyValue::new(key::NETWORK_PEER_PORT, i64::from(peer.port())),
    ]
}

/// The host and the port of an authority; without the brackets of IPv6 and without who logs in.
pub(crate) fn host_and_port(authority: &Authority) -> (&str, Option<u16>) {
    let host = authority.host();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    (host, authority.port_u16())
}

/// The authority that a text has, if it is one.
pub(crate) fn authority(text: &str) -> Option<Authority> {
    let authority: Authority = text.trim().parse().ok()?;
    (!authority.host().is_empty()).then_some(authority)
}

/// The authority that `Host` has.
pub(crate) fn of_host(headers: &HeaderMap) -> Option<Authority> {
    headers.get(HOST).and_then(|host| host.to_str().ok()).and_then(authority)
}

/// A header, with all of its values; what is no text is left out.
pub(crate) fn header(key: &Key, name: &HeaderName, headers: &HeaderMap) -> Option<KeyValue> {
    let values: Vec<StringValue> = headers.get_all(name).iter().filter_map(|value| Some(value.to_str().ok()?.to_owned().into())).collect();
    (!values.is_empty()).then(|| KeyValue::new(key.clone(), Value::Array(Array::String(values))))
}
