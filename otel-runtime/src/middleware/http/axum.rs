//! What axum knows of a request.

use std::any::Any;
use std::error::Error;
use std::net::SocketAddr;

use ::axum::extract::{ConnectInfo, MatchedPath};
use http::Extensions;

/// The route that matched, with those of the routers that it is nested in.
pub(super) fn route(extensions: &Extensions) -> Option<&str> {
    extensions.get::<MatchedPath>().map(MatchedPath::as_str)
}

/// Where `into_make_service_with_connect_info` is used.
pub(super) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer)
}

/// The error of one of its bodies.
pub(super) fn error(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    error.downcast_ref::<::axum::Error>().map(|error| error as _)
}
