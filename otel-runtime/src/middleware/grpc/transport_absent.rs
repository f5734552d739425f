//! Without tonic's own transport there is nothing that it knows.

use std::any::Any;
use std::error::Error;
use std::net::SocketAddr;

use http::Extensions;
use tonic::Code;

pub(super) fn peer(_: &Extensions) -> Option<SocketAddr> {
    None
}

pub(super) fn error(_: &dyn Any) -> Option<&(dyn Error + 'static)> {
    None
}

pub(super) fn reset(_: &(dyn Error + 'static)) -> Option<Code> {
    None
}
