//! What both layers can be asked to record beside what the conventions require.

use http::{HeaderMap, HeaderName};
use opentelemetry::{Key, KeyValue};

use crate::semconv::http as semconv;

#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    request_headers: Vec<(HeaderName, Key)>,
    response_headers: Vec<(HeaderName, Key)>,
    /// Whether the sizes of bodies are recorded and measured.
    pub(super) body_sizes: bool,
    /// The header of a response that has the id of the trace.
    pub(super) trace_id_header: Option<HeaderName>,
}

impl Settings {
    pub(super) fn add_request_headers(&mut self, names: impl IntoIterator<Item = HeaderName>) {
        self.request_headers.extend(names.into_iter().map(|name| (name.clone(), semconv::request_header(&name))));
    }

    pub(super) fn add_response_headers(&mut self, names: impl IntoIterator<Item = HeaderName>) {
        self.response_headers.extend(names.into_iter().map(|name| (name.clone(), semconv::response_header(&name))));
    }

    pub(super) fn of_request(&self, headers: &HeaderMap) -> impl Iterator<Item = KeyValue> {
        self.request_headers.iter().filter_map(|(name, key)| semconv::header(key, name, headers))
    }

    pub(super) fn of_response(&self, headers: &HeaderMap) -> impl Iterator<Item = KeyValue> {
        self.response_headers.iter().filter_map(|(name, key)| semconv::header(key, name, headers))
    }
}

/// What both layers have: the service that they make of another one, and options.
macro_rules! layer {
    ($layer:ident, $service:ident) => {
        impl<S> ::tower_layer::Layer<S> for $layer {
            type Service = $service<S>;

            fn layer(&self, inner: S) -> $service<S> {
                $service { inner, config: Arc::clone(&self.config) }
            }
        }

        impl $layer {
            /// Records these headers of requests, as `http.request.header.<name>`. By default none is: headers have secrets.
            ///
            /// ```
            /// use otel_runtime::http::{client, server};
            ///
            /// let (server, client) = (server().request_headers([http::header::ACCEPT]), client().request_headers([http::header::ACCEPT]));
            /// ```
            #[must_use]
            pub fn request_headers(self, names: impl IntoIterator<Item = ::http::HeaderName>) -> Self {
                self.settings(|settings| settings.add_request_headers(names))
            }

            /// Records these headers of responses, as `http.response.header.<name>`.
            #[must_use]
            pub fn response_headers(self, names: impl IntoIterator<Item = ::http::HeaderName>) -> Self {
                self.settings(|settings| settings.add_response_headers(names))
            }

            fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
                change(Arc::make_mut(&mut self.config));
                self
            }

            fn settings(self, change: impl FnOnce(&mut Settings)) -> Self {
                self.with(|config| change(Arc::make_mut(&mut config.settings)))
            }
        }
    };
}

pub(super) use layer;
