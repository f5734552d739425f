//! Stands in for `tls` where the feature is off.

use std::error::Error;

use hyper_util::client::legacy::connect::HttpConnector;

use super::destination::Destination;
use super::network;

/// The way to a backend.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) connector: Connector,
}

pub(super) type Connector = HttpConnector;

impl Tls {
    pub(super) fn new(destination: &Destination, _: &[u8]) -> Result<Self, String> {
        if destination.endpoint.scheme_str() == Some("https") {
            return Err(
                "an https endpoint needs otel-runtime to be built with its feature `tls`; nothing is sent in the clear instead".to_owned()
            );
        }
        Ok(Self { connector: network::tcp() })
    }

    #[allow(clippy::unused_self, reason = "the same signature as where the feature is on")]
    pub(super) fn answered(&self) {}

    #[allow(clippy::unused_self, reason = "the same signature as where the feature is on")]
    pub(super) fn explain(&self, _: &(dyn Error + 'static)) -> Option<String> {
        None
    }
}
