//! Without axum there is nothing that it knows.

use std::any::Any;
use std::error::Error;
use std::net::SocketAddr;

use http::Extensions;

pub(super) fn route(_: &Extensions) -> Option<&str> {
    None
}

pub(super) fn peer(_: &Extensions) -> Option<SocketAddr> {
    None
}

pub(super) fn error(_: &dyn Any) -> Option<&(dyn Error + 'static)> {
    None
}
