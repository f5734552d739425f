//! The layer for clients.

use std::sync::Arc;

use http::Uri;
use http::request::Parts;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use tonic::GrpcMethod;

use super::exchange::{Exchange, Side};
use super::methods::Methods;
use super::settings::{Settings, options};
use super::{ResponseBody, ResponseFuture};
use crate::middleware::exchange::{self, Exchange as _, inject, layer};
use crate::middleware::{Metrics, Operations};
use crate::semconv::rpc::{self as semconv, Method, metrics};

static CLIENT: Operations = Operations::new(
    "otel_runtime::grpc::client",
    SpanKind::Client,
    Metrics { duration: Some(metrics::CLIENT_CALL_DURATION), active: None, amounts: &[] },
);

/// A layer that records every call that a client makes, and gives it the current context: see the [module](super).
#[must_use]
pub fn client() -> ClientLayer {
    ClientLayer { config: Arc::default() }
}

/// See [`client`].
#[derive(Clone, Debug)]
pub struct ClientLayer {
    config: Arc<Config>,
}

/// A service whose calls are recorded: what [`ClientLayer`] makes of one.
#[derive(Clone, Debug)]
pub struct Client<S> {
    inner: S,
    config: Arc<Config>,
}

#[derive(Clone, Debug, Default)]
struct Config {
    settings: Arc<Settings>,
    server: Option<Uri>,
    methods: Option<Methods>,
    keeps_context: bool,
}

impl ClientLayer {
    /// Who is called, for `server.address` and `server.port`: a channel of tonic's does not say whom it is for, and a request says it only if the client was
    /// made `with_origin`.
    ///
    /// ```
    /// # #[cfg(feature = "tonic-transport")]
    /// # fn channel() {
    /// use otel_runtime::grpc;
    /// use tonic::transport::Endpoint;
    /// use tower::Layer;
    ///
    /// let endpoint = Endpoint::from_static("http://orders.example:50051");
    /// let channel = grpc::client().to(endpoint.uri()).layer(endpoint.connect_lazy());
    /// # }
    /// ```
    #[must_use]
    pub fn to(self, server: &Uri) -> Self {
        self.with(|config| config.server = Some(server.clone()))
    }

    /// Methods that are called by their path, such as `shop.Orders/Place`. Of those that generated clients call it is known that there are few; all others
    /// are `_OTHER`.
    #[must_use]
    pub fn methods(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with(|config| config.methods.get_or_insert_default().declare(names))
    }

    /// Gives no context to whom is called, neither the ids of traces nor the baggage: for a server of somebody else's.
    #[must_use]
    pub fn without_context(self) -> Self {
        self.with(|config| config.keeps_context = true)
    }
}

layer!(ClientLayer, Client, CLIENT, Sized);
options!(ClientLayer);

impl Config {
    fn begin<B>(&self, parts: &mut Parts, _: &mut B) -> Exchange {
        if parts.extensions.get::<exchange::Asked>().is_some() {
            return Exchange::default();
        }
        let path = parts.uri.path();
        let mut is_started = false;
        let operation = CLIENT.start(None, |beginning| {
            let method = self.method(parts);
            let server = self.server.as_ref().unwrap_or(&parts.uri).authority();
            if let Some(span) = beginning.span() {
                let attributes = span.named(semconv::span_name(Some(&method)));
                attributes.extend(semconv::attributes(server, None));
                attributes.extend(method.attributes(path));
                attributes.extend(self.settings.of_request.of(&parts.headers));
            }
            if beginning.measures {
                beginning.label(&[semconv::system(), method.attribute()]);
                let server: Vec<KeyValue> = server.into_iter().flat_map(semconv::of_server).collect();
                beginning.label(&server);
            }
            is_started = true;
        });
        let exchange = if is_started {
            Exchange::started(operation, Side::Client, &self.settings, &parts.headers)
        } else {
            Exchange::passing(operation)
        };
        if is_started {
            parts.extensions.insert(exchange::Asked);
        }
        if !self.keeps_context {
            inject(exchange.operation(), &mut parts.headers);
        }
        exchange
    }

    /// The method that a generated client calls; or one that was declared.
    fn method(&self, parts: &Parts) -> Method {
        if let Some(method) = parts.extensions.get::<GrpcMethod<'static>>() {
            return Method::Known(format!("{}/{}", method.service(), method.method()).into());
        }
        let declared = self.methods.as_ref().and_then(|methods| methods.get(semconv::name(parts.uri.path())));
        declared.unwrap_or(Method::Other)
    }
}
