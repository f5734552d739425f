//! What both layers can be asked to record beside what the conventions require.

use crate::middleware::exchange::RecordedHeaders;

#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) of_request: RecordedHeaders,
    pub(super) of_response: RecordedHeaders,
}

/// The options that both layers have.
macro_rules! options {
    ($layer:ident) => {
        impl $layer {
            /// Records this metadata of requests, as `rpc.request.metadata.<key>`. By default none is: metadata has secrets.
            ///
            /// ```
            /// use http::HeaderName;
            /// use otel_runtime::grpc::{client, server};
            ///
            /// const TENANT: HeaderName = HeaderName::from_static("x-tenant");
            /// let (server, client) = (server().request_metadata([TENANT]), client().request_metadata([TENANT]));
            /// ```
            #[must_use]
            pub fn request_metadata(self, names: impl IntoIterator<Item = ::http::HeaderName>) -> Self {
                self.with(|config| Arc::make_mut(&mut config.settings).of_request.add(names, crate::semconv::rpc::request_metadata))
            }

            /// Records this metadata of responses, as `rpc.response.metadata.<key>`, whether it comes before the messages or behind them.
            #[must_use]
            pub fn response_metadata(self, names: impl IntoIterator<Item = ::http::HeaderName>) -> Self {
                self.with(|config| Arc::make_mut(&mut config.settings).of_response.add(names, crate::semconv::rpc::response_metadata))
            }
        }
    };
}

pub(super) use options;
