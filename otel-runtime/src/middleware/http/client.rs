//! The layer for clients.

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use http_body::Body;
use opentelemetry::trace::SpanKind;

use super::exchange::{Exchange, Side};
use super::extensions::{ResendCount, Template};
use super::settings::{Settings, options};
use super::{ResponseBody, ResponseFuture};
use crate::middleware::exchange::{self, Exchange as _, inject, layer};
use crate::middleware::{Metrics, Operations};
use crate::semconv::http::{Asked, KnownMethod, metrics};

pub(super) static CLIENT: Operations = Operations::new(
    "otel_runtime::http::client",
    SpanKind::Client,
    Metrics {
        duration: Some(metrics::CLIENT_REQUEST_DURATION),
        active: None,
        amounts: &[metrics::CLIENT_REQUEST_BODY_SIZE, metrics::CLIENT_RESPONSE_BODY_SIZE],
    },
);

/// A layer that records every request that a client sends, and gives it the current context: see the [module](super).
#[must_use]
pub fn client() -> ClientLayer {
    ClientLayer { config: Arc::default() }
}

/// See [`client`].
#[derive(Clone, Debug)]
pub struct ClientLayer {
    pub(super) config: Arc<Config>,
}

/// A service whose requests are recorded: what [`ClientLayer`] makes of one.
#[derive(Clone, Debug)]
pub struct Client<S> {
    inner: S,
    config: Arc<Config>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    settings: Arc<Settings>,
    /// Whom context is given to; `None` is everybody.
    hosts: Option<Vec<String>>,
}

impl ClientLayer {
    /// Gives context only to these hosts, and to none besides: `example.com`, or `*.example.com` for all below it. By default everybody who is called
    /// gets the ids of traces, and the baggage. A redirect that the client below follows by itself keeps these headers, wherever it leads: reqwest takes
    /// out credentials and cookies on the way to another host, and nothing else. With the policy of `redirect_policy` (feature `reqwest`) it follows
    /// none that leads out of the list.
    ///
    /// ```
    /// let layer = otel_runtime::http::client().propagate_to(["localhost", "*.internal.example.com"]);
    /// ```
    #[must_use]
    pub fn propagate_to(self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with(|config| config.hosts = Some(hosts.into_iter().map(|host| host.into().to_ascii_lowercase()).collect()))
    }

    /// Records the sizes of bodies, as attributes and in `http.client.request.body.size` and `http.client.response.body.size`, in bytes.
    #[must_use]
    pub fn body_sizes(self) -> Self {
        self.settings(|settings| settings.body_sizes = true)
    }
}

layer!(ClientLayer, Client, CLIENT, Body);
options!(ClientLayer);

impl Config {
    fn begin<B: Body>(&self, parts: &mut Parts, body: &mut B) -> Exchange {
        let Parts { method, uri, headers, extensions, .. } = parts;
        if extensions.get::<exchange::Asked>().is_some() {
            return Exchange::default();
        }
        self.begin_with(method, uri, headers, body.size_hint().exact(), |asked| {
            asked.template = extensions.get::<Template>().map(Template::as_str);
            asked.resends = extensions.get::<ResendCount>().map_or(0, |ResendCount(count)| *count);
        })
    }

    /// Begins a request, of which `more` is known, and gives it the context.
    pub(super) fn begin_with<'a>(
        &self,
        method: &'a Method,
        uri: &'a Uri,
        headers: &mut HeaderMap,
        size: Option<u64>,
        more: impl FnOnce(&mut Asked<'a>),
    ) -> Exchange {
        let mut asked = Asked::new(method, uri, headers);
        more(&mut asked);
        let mut known = None;
        let operation = CLIENT.start(None, |beginning| {
            let method = KnownMethod::of(method, &beginning.pipeline.http_methods);
            beginning.label(asked.labels(&method).iter().flatten());
            if let Some((attributes, _)) = beginning.labelled_span(|| method.span_name(asked.template)) {
                asked.attributes(&method, attributes);
                attributes.extend(self.settings.of_request.of(headers));
            }
            known = Some(method);
        });
        let exchange = match known {
            None => Exchange::passing(operation),
            Some(known) => {
                let mut exchange = Exchange::started(operation, Side::Client, Arc::clone(&self.settings), known, method);
                exchange.asked_with(size);
                exchange
            }
        };
        if self.gives_context_to(asked.host()) {
            inject(exchange.operation(), headers);
        }
        exchange
    }

    pub(super) fn gives_context_to(&self, host: Option<&str>) -> bool {
        let Some(hosts) = &self.hosts else { return true };
        let Some(host) = host.map(str::to_ascii_lowercase) else { return false };
        hosts.iter().any(|allowed| match allowed.strip_prefix('*') {
            Some(domain) => domain.starts_with('.') && host.len() > domain.len() && host.ends_with(domain),
            None => *allowed == host,
        })
    }
}
