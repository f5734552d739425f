//! The layer for servers.

use std::sync::Arc;

use http::request::Parts;
use opentelemetry::trace::{Link, SpanKind};
use tonic::server::NamedService;

use super::exchange::{Exchange, Side};
use super::methods::{Methods, Proof};
use super::settings::{Settings, options};
use super::watched::watch;
use super::{ResponseBody, ResponseFuture, transport};
use crate::middleware::exchange::{self, Callers, layer};
use crate::middleware::{Metrics, Operations};
use crate::semconv::network::of_host;
use crate::semconv::rpc::{self as semconv, metrics};

static SERVER: Operations = Operations::new(
    "otel_runtime::grpc::server",
    SpanKind::Server,
    Metrics { duration: Some(metrics::SERVER_CALL_DURATION), active: None, amounts: &[] },
);

/// A layer that records every call that a server answers: see the [module](super).
#[must_use]
pub fn server() -> ServerLayer {
    ServerLayer { config: Arc::default() }
}

/// See [`server`].
#[derive(Clone, Debug)]
pub struct ServerLayer {
    config: Arc<Config>,
}

/// A service whose calls are recorded: what [`ServerLayer`] makes of one.
#[derive(Clone, Debug)]
pub struct Server<S> {
    inner: S,
    config: Arc<Config>,
}

#[derive(Clone, Debug, Default)]
struct Config {
    settings: Arc<Settings>,
    callers: Callers,
    methods: Methods,
}

impl ServerLayer {
    /// Records only calls for which `wanted` is true.
    ///
    /// ```
    /// let layer = otel_runtime::grpc::server().filter(|call| !call.uri.path().starts_with("/grpc.health.v1.Health/"));
    /// ```
    #[must_use]
    pub fn filter(self, wanted: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|config| config.callers.want(wanted))
    }

    /// For a server that anybody can call: each call begins a new trace, which is linked to that of the caller, whose baggage is left alone.
    /// Otherwise whoever calls decides what is sampled here, and in which trace it stands.
    #[must_use]
    pub fn untrusted(self) -> Self {
        self.with(|config| config.callers.distrust())
    }

    /// The methods that the server has, such as `shop.Orders/Place`: all others are `_OTHER`. By default it is found out which there are: those of
    /// which somebody has read a message or sent one.
    ///
    /// ```
    /// let layer = otel_runtime::grpc::server().methods(["shop.Orders/Place", "shop.Orders/Cancel"]);
    /// ```
    #[must_use]
    pub fn methods(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with(|config| config.methods.declare(names))
    }
}

layer!(ServerLayer, Server, SERVER, 'static);
options!(ServerLayer);

/// So that it goes around one service of several: `add_service(grpc::server().layer(OrdersServer::new(orders)))`.
impl<S: NamedService> NamedService for Server<S> {
    const NAME: &'static str = S::NAME;
}

impl Config {
    fn begin<B: 'static>(&self, parts: &mut Parts, body: &mut B) -> Exchange {
        let is_recorded = parts.extensions.get::<exchange::Served>().is_some();
        if is_recorded || !semconv::is_grpc(&parts.headers) || !self.callers.are_wanted(parts) {
            return Exchange::default();
        }
        let (parent, link) = self.callers.parent(&parts.headers);
        let path = parts.uri.path();
        let method = self.methods.get(semconv::name(path));
        let mut is_started = false;
        let operation = SERVER.start(Some(parent), |beginning| {
            if let Some(span) = beginning.span() {
                let of_header = if parts.uri.authority().is_none() { of_host(&parts.headers) } else { None };
                let called = parts.uri.authority().or(of_header.as_ref());
                let attributes = span.named(semconv::span_name(method.as_ref()));
                attributes.extend(semconv::attributes(called, transport::peer(&parts.extensions)));
                attributes.extend(method.iter().flat_map(|method| method.attributes(path)));
                attributes.extend(self.settings.of_request.of(&parts.headers));
                span.links.extend(link.clone().map(Link::with_context));
            }
            if beginning.measures {
                let method = method.as_ref().map(semconv::Method::attribute);
                beginning.label([semconv::system()].iter().chain(&method));
            }
            is_started = true;
        });
        if !is_started {
            return Exchange::passing(operation);
        }
        let proof = method.is_none().then(|| Proof::new(&self.methods, path));
        if let Some(proof) = &proof {
            watch(body, proof.is_there());
        }
        let exchange = Exchange::started(operation, Side::Server { proof }, &self.settings, &parts.headers);
        parts.extensions.insert(exchange::Served);
        exchange
    }
}
