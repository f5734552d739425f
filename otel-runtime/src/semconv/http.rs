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
use opentelemetry::Key;
use opentelemetry_semantic_conventions::attribute as key;

use self::forwarded::Forwarded;
#[cfg_attr(not(feature = "reqwest"), allow(unused_imports, reason = "it is for what has a URL as a text"))]
pub(crate) use self::url::redacted_url;
use self::url::{Url, redacted_query};
use super::Attribute;
use super::methods::{KnownMethods, Name};
use super::network::{host, host_and_port, of_host, peer, server, server_address, server_port, with_host_and_port};
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
    pub(crate) fn attribute(&self) -> Attribute<'_> {
        match &self.0 {
            Some(Name::Static(name)) => Attribute::fixed(key::HTTP_REQUEST_METHOD, name),
            Some(Name::Listed(name)) => Attribute::text(key::HTTP_REQUEST_METHOD, &**name),
            None => Attribute::fixed(key::HTTP_REQUEST_METHOD, OTHER),
        }
    }

    /// `http.request.method_original`, where the method is not what stands in `http.request.method`.
    fn original<'a>(&self, method: &'a Method) -> Option<Attribute<'a>> {
        self.0.is_none().then(|| Attribute::text(key::HTTP_REQUEST_METHOD_ORIGINAL, method.as_str()))
    }

    /// The name of a span: the method, and a route or a template if one is known. Never the path, of which there are too many.
    pub(crate) fn span_name(&self, target: Option<&str>) -> Cow<'static, str> {
        let method = self.0.as_ref().map_or("HTTP", Name::as_str);
        match (target, &self.0) {
            (Some(target), _) => Cow::Owned([method, " ", target].concat()),
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
    pub(crate) fn attribute(self) -> Attribute<'static> {
        Attribute::fixed(key::URL_SCHEME, self.as_str())
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

    /// Writes the attributes of the span that are known at its start, beside the labels.
    pub(crate) fn attributes(&self, method: &KnownMethod, attributes: &mut impl for<'b> Extend<Attribute<'b>>) {
        let Parts { uri, headers, method: sent, .. } = self.parts;
        attributes.extend([Attribute::text(key::URL_PATH, uri.path())]);
        attributes.extend(method.original(sent));
        let query = uri.query().filter(|query| !query.is_empty());
        attributes.extend(query.map(|query| Attribute::text(key::URL_QUERY, redacted_query(query))));
        self.server(attributes);
        let client = self.forwarded.client.or_else(|| self.peer.map(|peer| peer.ip()));
        attributes.extend(client.map(|client| Attribute::text(key::CLIENT_ADDRESS, client.to_canonical().to_string())));
        attributes.extend(self.peer.into_iter().flat_map(peer));
        let user_agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        attributes.extend(user_agent.map(|agent| Attribute::text(key::USER_AGENT_ORIGINAL, agent)));
    }

    /// Writes `server.address` and `server.port`, as whoever called wrote them.
    fn server(&self, attributes: &mut impl for<'b> Extend<Attribute<'b>>) {
        let Parts { uri, headers, .. } = self.parts;
        let mut write = |text: &str| {
            with_host_and_port(text, |host, port| attributes.extend(server(host, port.or_else(|| Some(self.scheme.default_port())))))
        };
        let forwarded = self.forwarded.host.as_deref().and_then(&mut write);
        let asked = forwarded.or_else(|| write(uri.authority()?.as_str()));
        asked.or_else(|| write(host(headers)?));
    }

    /// The labels of `http.server.active_requests`.
    pub(crate) fn first_labels<'m>(&self, method: &'m KnownMethod) -> [Attribute<'m>; 2] {
        [method.attribute(), self.scheme.attribute()]
    }

    /// The other labels of metrics that are known at the start.
    pub(crate) fn more_labels<'r>(&self, route: Option<&'r str>) -> [Option<Attribute<'r>>; 2] {
        [protocol_version(self.parts.version), route.map(http_route)]
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
        let path = Url { path: self.uri.path(), query: self.uri.query(), fragment: self.fragment, ..Url::default() };
        let authority = self.authority.as_deref().map(Authority::as_str);
        match (self.uri.authority(), self.uri.scheme_str()) {
            // What a proxy is asked to connect with.
            (Some(authority), None) => {
                let with_user = authority.as_str();
                Url { path: with_user.rsplit_once('@').map_or(with_user, |(_, host)| host), ..path }.redacted()
            }
            (None, _) if authority.is_none() => path.redacted(),
            (_, scheme) => Url { scheme: scheme.or(Some(self.scheme.as_str())), authority, ..path }.redacted(),
        }
    }

    /// The host that is called.
    pub(crate) fn host(&self) -> Option<&str> {
        self.server().map(|(host, _)| host)
    }

    /// Writes the attributes of the span that are known at its start, beside the labels.
    pub(crate) fn attributes(&self, method: &KnownMethod, attributes: &mut impl for<'b> Extend<Attribute<'b>>) {
        attributes.extend([Attribute::text(key::URL_FULL, self.url())]);
        attributes.extend(method.original(self.method));
        attributes.extend((self.resends > 0).then(|| Attribute::number(key::HTTP_REQUEST_RESEND_COUNT, self.resends)));
    }

    /// The labels of metrics that are known at the start.
    pub(crate) fn labels<'b>(&'b self, method: &'b KnownMethod) -> [Option<Attribute<'b>>; 4] {
        let (address, port) = self.server().map(|(host, port)| (server_address(host), server_port(port))).unzip();
        [Some(method.attribute()), address, port, self.template.map(url_template)]
    }
}

/// `http.route`.
pub(crate) fn http_route(route: &str) -> Attribute<'_> {
    Attribute::text(key::HTTP_ROUTE, route)
}

fn url_template(template: &str) -> Attribute<'_> {
    Attribute::text(key::URL_TEMPLATE, template)
}

/// `network.protocol.version`. The protocol's name is always `http`, which is left out.
pub(crate) fn protocol_version(version: Version) -> Option<Attribute<'static>> {
    let version = match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    };
    Some(Attribute::fixed(key::NETWORK_PROTOCOL_VERSION, version))
}

/// `http.response.status_code`.
pub(crate) fn status_code(status: StatusCode) -> Attribute<'static> {
    Attribute::number(key::HTTP_RESPONSE_STATUS_CODE, status.as_u16())
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
pub(crate) fn request_size(bytes: u64) -> Attribute<'static> {
    Attribute::number(key::HTTP_REQUEST_BODY_SIZE, i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// `http.response.body.size`.
pub(crate) fn response_size(bytes: u64) -> Attribute<'static> {
    Attribute::number(key::HTTP_RESPONSE_BODY_SIZE, i64::try_from(bytes).unwrap_or(i64::MAX))
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
