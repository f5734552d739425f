//! Who is called, and who is at the other end of a connection, for whatever is spoken over it.

use std::net::SocketAddr;

use ::http::header::HOST;
use ::http::uri::Authority;
use ::http::{HeaderMap, HeaderName};
use opentelemetry::{Array, Key, KeyValue, StringValue, Value};
use opentelemetry_semantic_conventions::attribute as key;

use super::Attribute;

/// `server.address` and, if it is known, `server.port`.
pub(crate) fn server(address: &str, port: Option<u16>) -> impl Iterator<Item = Attribute<'_>> + Clone {
    [server_address(address)].into_iter().chain(port.map(server_port))
}

/// `server.address`.
pub(crate) fn server_address(address: &str) -> Attribute<'_> {
    Attribute::text(key::SERVER_ADDRESS, address)
}

/// `server.port`.
pub(crate) fn server_port(port: u16) -> Attribute<'static> {
    Attribute::number(key::SERVER_PORT, port)
}

/// `network.peer.address` and `network.peer.port`.
pub(crate) fn peer(peer: SocketAddr) -> [Attribute<'static>; 2] {
    [
        Attribute::text(key::NETWORK_PEER_ADDRESS, peer.ip().to_canonical().to_string()),
        Attribute::number(key::NETWORK_PEER_PORT, peer.port()),
    ]
}

/// The host and the port of an authority; without the brackets of IPv6 and without who logs in.
pub(crate) fn host_and_port(authority: &Authority) -> (&str, Option<u16>) {
    plain_host_and_port(authority.as_str()).unwrap_or_else(|| {
        let host = authority.host();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        (host, authority.port_u16())
    })
}

/// Does something with the host and the port of an authority in a text, if it is one.
pub(crate) fn with_host_and_port<T>(text: &str, then: impl FnOnce(&str, Option<u16>) -> T) -> Option<T> {
    if let Some((host, port)) = plain_host_and_port(text) {
        return Some(then(host, port));
    }
    let authority = authority(text)?;
    let (host, port) = host_and_port(&authority);
    Some(then(host, port))
}

/// What nearly all authorities are: a name or an address of IPv4, and perhaps a port. To read one takes no memory.
fn plain_host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let end = text.bytes().position(|byte| !is_of_name(byte)).unwrap_or(text.len());
    let (host, rest) = text.split_at(end);
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().ok()?),
        _ => return None,
    };
    (!host.is_empty()).then_some((host, port))
}

/// The authority that a text has, if it is one.
fn authority(text: &str) -> Option<Authority> {
    let authority: Authority = text.trim().parse().ok()?;
    (!authority.host().is_empty()).then_some(authority)
}

/// The authority that `Host` has.
pub(crate) fn of_host(headers: &HeaderMap) -> Option<Authority> {
    host(headers).and_then(authority)
}

/// What `Host` has, whatever that is.
pub(crate) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST).and_then(|host| host.to_str().ok())
}

/// A header, with all of its values; what is no text is left out.
pub(crate) fn header(key: &Key, name: &HeaderName, headers: &HeaderMap) -> Option<KeyValue> {
    let values: Vec<StringValue> = headers.get_all(name).iter().filter_map(|value| Some(value.to_str().ok()?.to_owned().into())).collect();
    (!values.is_empty()).then(|| KeyValue::new(key.clone(), Value::Array(Array::String(values))))
}
