//! HTTP (semantic conventions, "HTTP spans" <https://opentelemetry.io/docs/specs/semconv/http/http-spans/> and "HTTP metrics"
//! <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>), as pure functions.

mod forwarded;
pub(crate) mod metrics;
mod url;

use std::borrow::Cow;
use std::net::SocketAddr;

use ::http::header::USER_AGENT;
use ::http::request::Parts;
use ::http::uri::Authority;
use ::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, Version};
use opentelemetry::{Key, KeyValue, StringValue};
use opentelemetry_semantic_conventions::attribute as key;

use self::forwarded::Forwarded;
use self::url::redacted_query;
pub(crate) use self::url::redacted_url;
use super::methods::{KnownMethods, Name};
use super::network::{authority, host_and_port, of_host, peer, server};
use crate::outcome::Outcome;

/// What stands for all methods that are not known.
const OTHER: &str = "_OTHER";

/// The method of a request, of which there are few.
#[derive(Clone, Debug)]
pub(crate) struct KnownMethod(Option<Name>);

impl KnownMethod {
    pub(crate) fn of(method: &Method, known: &KnownMethods) -> Self {
        Self(known.name(method))
    }

    /// `http.request.method`.
    pub(crate) fn attribute(&self) -> KeyValue {
        let value = match &self.0 {
            Some(Name::Static(name)) => StringValue::from(*name),
            Some(Name::Listed(name)) => StringValue::from(name.clone()),
            None => StringValue::from(OTHER),
        };
        KeyValue::new(key::HTTP_REQUEST_METHOD, value)
    }

    /// `http.request.method_original`, where the method is not what stands in `http.request.method`.
    fn original(&self, method: &Method) -> Option<KeyValue> {
        self.0.is_none().then(|| KeyValue::new(key::HTTP_REQUEST_METHOD_ORIGINAL, method.as_str().to_owned()))
    }

    /// The name of a span: the method, and a route or a template if one is known. Never the path, of which there are too many.
    pub(crate) fn span_name(&self, target: Option<&str>) -> Cow<'static, str> {
        let method = self.0.as_ref().map_or("HTTP", Name::as_str);
        match (target, &self.0) {
            (Some(target), _) => Cow::Owned(format!("{method} {target}")),
            (None, Some(Name::Static(method))) => Cow::Borrowed(method),
            (None, None) => Cow::Borrowed("HTTP"),
            (None, Some(Name::Listed(method))) => Cow::Owned(method.to_string()),
        }
    }
}

/// The scheme of a URL, of which there are two: whoever calls could send any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            http if http.eq_ignore_ascii_case("http") => Some(Self::Http),
            https if https.eq_ignore_ascii_case("https") => Some(Self::Https),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// `url.scheme`.
    pub(crate) fn attribute(self) -> KeyValue {
        KeyValue::new(key::URL_SCHEME, self.as_str())
    }
}

/// A server's view of a request.
#[derive(Debug)]
pub(crate) struct Served<'a> {
    pub(crate) parts: &'a Parts,
    /// Who is at the other end of the connection.
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) scheme: Scheme,
    forwarded: Forwarded,
}

impl<'a> Served<'a> {
    /// `scheme` is what holds where nothing else is said; of what proxies say, so many of them are trusted.
    pub(crate) fn new(parts: &'a Parts, peer: Option<SocketAddr>, scheme: Scheme, proxies: usize) -> Self {
        let forwarded = Forwarded::read(&parts.headers, proxies);
        let told = forwarded.scheme.as_deref().and_then(Scheme::parse);
        let asked = || parts.uri.scheme_str().and_then(Scheme::parse);
        Self { parts, peer, scheme: told.or_else(asked).unwrap_or(scheme), forwarded }
    }

    /// The attributes of the span that are known at its start.
    pub(crate) fn attributes(&self, method: &KnownMethod, route: Option<&str>) -> Vec<KeyValue> {
        let Parts { uri, headers, version, method: sent, .. } = self.parts;
        let mut attributes = Vec::with_capacity(16);
        attributes.extend([method.attribute(), KeyValue::new(key::URL_PATH, uri.path().to_owned()), self.scheme.attribute()]);
        attributes.extend(method.original(sent));
        attributes.extend(route.map(http_route));
        let query = uri.query().filter(|query| !query.is_empty());
        attributes.extend(query.map(|query| KeyValue::new(key::URL_QUERY, redacted_query(query).into_owned())));
        self.server(&mut attributes);
        let client = self.forwarded.client.or_else(|| self.peer.map(|peer| peer.ip()));
        attributes.extend(client.map(|client| KeyValue::new(key::CLIENT_ADDRESS, client.to_canonical().to_string())));
        attributes.extend(self.peer.into_iter().flat_map(peer));
        attributes.extend(protocol_version(*version));
        let user_agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        attributes.extend(user_agent.map(|agent| KeyValue::new(key::USER_AGENT_ORIGINAL, agent.to_owned())));
        attributes
    }

    /// `server.address` and `server.port`, as whoever called wrote them.
    fn server(&self, attributes: &mut Vec<KeyValue>) {
        let Parts { uri, headers, .. } = self.parts;
        let forwarded = self.forwarded.host.as_deref().and_then(authority);
        if let Some(authority) = forwarded.or_else(|| uri.authority().cloned()).or_else(|| of_host(headers)) {
            let (host, port) = host_and_port(&authority);
            attributes.extend(server(host, port.or_else(|| Some(self.scheme.default_port()))));
        }
    }

    /// The labels of metrics that are known at the start; the first two are those of `http.server.active_requests`.
    pub(crate) fn labels(&self, method: &KnownMethod, route: Option<&str>) -> Vec<KeyValue> {
        let mut labels = Vec::with_capacity(6);
        labels.extend([method.attribute(), self.scheme.attribute()]);
        labels.extend(protocol_version(self.parts.version));
        labels.extend(route.map(http_route));
        labels
    }
}

/// A client's view of a request.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    uri: &'a Uri,
    /// What comes behind `#`, which is not sent.
    pub(crate) fragment: Option<&'a str>,
    /// Of low cardinality: `/users/{id}`.
    pub(crate) template: Option<&'a str>,
    /// How often the request was sent before.
    pub(crate) resends: u32,
    scheme: Scheme,
    authority: Option<Cow<'a, Authority>>,
}

impl<'a> Asked<'a> {
    /// Where the URL has no host, it is what the request's header says.
    pub(crate) fn new(method: &'a Method, uri: &'a Uri, headers: &HeaderMap) -> Self {
        let authority = uri.authority().map(Cow::Borrowed).or_else(|| of_host(headers).map(Cow::Owned));
        let scheme = uri.scheme_str().and_then(Scheme::parse).unwrap_or(Scheme::Http);
        Self { method, uri, fragment: None, template: None, resends: 0, scheme, authority }
    }

    fn server(&self) -> Option<(&str, u16)> {
        let (host, port) = host_and_port(self.authority.as_deref()?);
        Some((host, port.unwrap_or_else(|| self.scheme.default_port())))
    }

    /// The absolute URL, without its secrets.
    fn url(&self) -> String {
        let mut url = self.uri.to_string();
        if let (None, Some(authority)) = (self.uri.authority(), &self.authority) {
            url = format!("{}://{authority}{url}", self.scheme.as_str());
        }
        if let Some(fragment) = self.fragment {
            url.extend(["#", fragment]);
        }
        redacted_url(&url)
    }

    /// The host that is called.
    pub(crate) fn host(&self) -> Option<&str> {
        self.server().map(|(host, _)| host)
    }

    /// The attributes of the span that are known at its start.
    pub(crate) fn attributes(&self, method: &KnownMethod) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(12);
        attributes.extend([method.attribute(), KeyValue::new(key::URL_FULL, self.url())]);
        attributes.extend(method.original(self.method));
        attributes.extend(self.server().into_iter().flat_map(|(host, port)| server(host, Some(port))));
        attributes.extend(self.template.map(url_template));
        attributes.extend((self.resends > 0).then(|| KeyValue::new(key::HTTP_REQUEST_RESEND_COUNT, i64::from(self.resends))));
        attributes
    }

    /// The labels of metrics that are known at the start.
    pub(crate) fn labels(&self, method: &KnownMethod) -> Vec<KeyValue> {
        let mut labels = Vec::with_capacity(7);
        labels.push(method.attribute());
        labels.extend(self.server().into_iter().flat_map(|(host, port)| server(host, Some(port))));
        labels.extend(self.template.map(url_template));
        labels
    }
}

/// `http.route`.
pub(crate) fn http_route(route: &str) -> KeyValue {
    KeyValue::new(key::HTTP_ROUTE, route.to_owned())
}

fn url_template(template: &str) -> KeyValue {
    KeyValue::new(key::URL_TEMPLATE, template.to_owned())
}

/// `network.protocol.version`. The protocol's name is always `http`, which is left out.
pub(crate) fn protocol_version(version: Version) -> Option<KeyValue> {
    let version = match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    };
    Some(KeyValue::new(key::NETWORK_PROTOCOL_VERSION, version))
}

/// `http.response.status_code`.
pub(crate) fn status_code(status: StatusCode) -> KeyValue {
    KeyValue::new(key::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()))
}

/// How a request went that a server answered: what the client did wrong is no error of the server's.
pub(crate) fn served_outcome(status: StatusCode) -> Outcome {
    if status.is_server_error() { failed(status) } else { Outcome::OK }
}

/// How a request went that a client sent.
pub(crate) fn asked_outcome(status: StatusCode) -> Outcome {
    // A code that nobody knows is one that the client could not interpret.
    if status.is_client_error() || status.as_u16() >= 500 { failed(status) } else { Outcome::OK }
}

/// The code says enough: there is no description.
fn failed(status: StatusCode) -> Outcome {
    Outcome::error(status.as_str().to_owned(), "")
}

/// `http.request.body.size`.
pub(crate) fn request_size(bytes: u64) -> KeyValue {
    KeyValue::new(key::HTTP_REQUEST_BODY_SIZE, i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// `http.response.body.size`.
pub(crate) fn response_size(bytes: u64) -> KeyValue {
    KeyValue::new(key::HTTP_RESPONSE_BODY_SIZE, i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// The key under which a header of a request is recorded: `http.request.header.content-type`.
pub(crate) fn request_header(name: &HeaderName) -> Key {
    Key::new(format!("{}.{name}", key::HTTP_REQUEST_HEADER))
}

/// The same of a response.
pub(crate) fn response_header(name: &HeaderName) -> Key {
    Key::new(format!("{}.{name}", key::HTTP_RESPONSE_HEADER))
}

#[cfg(test)]
mod tests;
