//! What both layers can be asked to record beside what the conventions require.

use http::HeaderName;

use crate::middleware::exchange::RecordedHeaders;

#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) of_request: RecordedHeaders,
    pub(super) of_response: RecordedHeaders,
    /// Whether the sizes of bodies are recorded and measured.
    pub(super) body_sizes: bool,
    /// The header of a response that has the id of the trace.
    pub(super) trace_id_header: Option<HeaderName>,
}

/// The options that both layers have.
macro_rules! options {
    ($layer:ident) => {
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
                self.settings(|settings| settings.of_request.add(names, crate::semconv::http::request_header))
            }

            /// Records these headers of responses, as `http.response.header.<name>`.
            #[must_use]
            pub fn response_headers(self, names: impl IntoIterator<Item = ::http::HeaderName>) -> Self {
                self.settings(|settings| settings.of_response.add(names, crate::semconv::http::response_header))
            }

            fn settings(self, change: impl FnOnce(&mut Settings)) -> Self {
                self.with(|config| change(Arc::make_mut(&mut config.settings)))
            }
        }
    };
}

pub(super) use options;
