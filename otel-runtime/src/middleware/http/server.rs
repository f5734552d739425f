//! The layer for servers.

use std::net::SocketAddr;
use std::sync::Arc;

use http::request::Parts;
use http::{Extensions, HeaderName, header};
use opentelemetry::trace::{Link, SpanKind};

use super::axum;
use super::exchange::{Exchange, Side};
use super::extensions::{Found, Peer, Route, Routed};
use super::settings::{Settings, options};
use super::{ResponseBody, ResponseFuture};
use crate::middleware::exchange::{self, Callers, layer};
use crate::middleware::{Metrics, Operation, Operations};
use crate::semconv::http::{KnownMethod, Scheme, Served, metrics};

static SERVER: Operations = Operations::new(
    "otel_runtime::http::server",
    SpanKind::Server,
    Metrics {
        duration: Some(metrics::SERVER_REQUEST_DURATION),
        active: Some(metrics::SERVER_ACTIVE_REQUESTS),
        amounts: &[metrics::SERVER_REQUEST_BODY_SIZE, metrics::SERVER_RESPONSE_BODY_SIZE],
    },
);

/// A layer that records every request that a server answers: see the [module](super).
#[must_use]
pub fn server() -> ServerLayer {
    ServerLayer { config: Arc::default() }
}

/// See [`server`].
#[derive(Clone, Debug)]
pub struct ServerLayer {
    config: Arc<Config>,
}

/// A service whose requests are recorded: what [`ServerLayer`] makes of one.
#[derive(Clone, Debug)]
pub struct Server<S> {
    inner: S,
    config: Arc<Config>,
}

#[derive(Clone, Debug)]
struct Config {
    settings: Arc<Settings>,
    callers: Callers,
    proxies: usize,
    scheme: Scheme,
}

impl Default for Config {
    fn default() -> Self {
        Self { settings: Arc::default(), callers: Callers::default(), proxies: 0, scheme: Scheme::Http }
    }
}

impl ServerLayer {
    /// Records only requests for which `wanted` is true: health checks are not worth a span, or a place in a histogram.
    ///
    /// ```
    /// let layer = otel_runtime::http::server().filter(|request| request.uri.path() != "/healthz");
    /// ```
    #[must_use]
    pub fn filter(self, wanted: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|config| config.callers.want(wanted))
    }

    /// For a server that anybody can call: each request begins a new trace, which is linked to that of the caller, whose baggage is left alone.
    /// Otherwise whoever calls decides what is sampled here, and in which trace it stands.
    #[must_use]
    pub fn untrusted(self) -> Self {
        self.with(|config| config.callers.distrust())
    }

    /// Believes so many proxies in front of the server, the nearest one included, what they say in `Forwarded`, or in `X-Forwarded-For`,
    /// `X-Forwarded-Proto` and `X-Forwarded-Host`, of the client's address, the scheme and the host; by default none, because anybody can send
    /// these headers.
    #[must_use]
    pub fn trust_proxies(self, proxies: usize) -> Self {
        self.with(|config| config.proxies = proxies)
    }

    /// The server speaks TLS: `url.scheme` is `https` unless the request says something else. A request of HTTP/1.1 says nothing of it.
    #[must_use]
    pub fn https(self) -> Self {
        self.with(|config| config.scheme = Scheme::Https)
    }

    /// Records the sizes of bodies, as attributes and in `http.server.request.body.size` and `http.server.response.body.size`, in bytes. The size of
    /// a request's body is what its `content-length` says; where there is none, it is not known.
    #[must_use]
    pub fn body_sizes(self) -> Self {
        self.settings(|settings| settings.body_sizes = true)
    }

    /// Tells whoever called the id of the trace, in this header of the response, so that a complaint can be looked up.
    ///
    /// ```
    /// let layer = otel_runtime::http::server().trace_id_header(http::HeaderName::from_static("x-trace-id"));
    /// ```
    #[must_use]
    pub fn trace_id_header(self, name: HeaderName) -> Self {
        self.settings(|settings| settings.trace_id_header = Some(name))
    }
}

layer!(ServerLayer, Server, SERVER, Sized);
options!(ServerLayer);

impl Config {
    fn begin<B>(&self, parts: &mut Parts, _: &mut B) -> Exchange {
        if let Some(found) = parts.extensions.get::<Found>() {
            if let Some(route) = route(&parts.extensions) {
                found.tell(route);
            }
            return Exchange::default();
        }
        let is_recorded = parts.extensions.get::<Routed>().is_some() || parts.extensions.get::<exchange::Served>().is_some();
        if is_recorded {
            return Exchange::default();
        }
        let is_wanted = self.callers.are_wanted(parts);
        let (parent, link) = self.callers.parent(&parts.headers);
        if !is_wanted {
            // By a layer inside of this one neither. What is recorded in spite of it is the caller's.
            parts.extensions.insert(Routed);
            return Exchange::passing(Operation::passing(Some(parent)));
        }
        let route = route(&parts.extensions);
        let mut method = None;
        let operation = SERVER.start(Some(parent), |beginning| {
            let served = Served::new(parts, peer(&parts.extensions), self.scheme, self.proxies);
            let known = KnownMethod::of(&parts.method, &beginning.pipeline.http_methods);
            beginning.label(&served.first_labels(&known));
            beginning.under_way();
            beginning.label(served.more_labels(route).iter().flatten());
            if let Some((attributes, links)) = beginning.labelled_span(|| known.span_name(route)) {
                served.attributes(&known, attributes);
                attributes.extend(self.settings.of_request.of(&parts.headers));
                links.extend(link.clone().map(Link::with_context));
            }
            method = Some(known);
        });
        let Some(method) = method else { return Exchange::passing(operation) };
        let found = if route.is_some() {
            parts.extensions.insert(Routed);
            None
        } else {
            let found = Found::default();
            parts.extensions.insert(found.clone());
            Some(found)
        };
        let side = Side::Server { route: found };
        let mut exchange = Exchange::started(operation, side, Arc::clone(&self.settings), method, &parts.method);
        if self.settings.body_sizes {
            exchange.asked_with(declared(parts));
        }
        exchange
    }
}

/// The size of a request's body, as its header has it.
fn declared(parts: &Parts) -> Option<u64> {
    parts.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn route(extensions: &Extensions) -> Option<&str> {
    extensions.get::<Route>().map(Route::as_str).or_else(|| axum::route(extensions))
}

fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<Peer>().map(|Peer(peer)| *peer).or_else(|| axum::peer(extensions))
}
