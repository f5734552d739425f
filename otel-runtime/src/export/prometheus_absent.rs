//! Stands in for `prometheus` where the feature is off.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Instant;

use opentelemetry_sdk::metrics::MeterProviderBuilder;

use super::NotServed;
use crate::diagnostics::Diagnostics;
use crate::own::Scrapes;

#[derive(Debug)]
pub(crate) struct Endpoint(Infallible);

impl Endpoint {
    pub(crate) fn serve(
        _: MeterProviderBuilder,
        _: &str,
        _: u16,
        _: &Diagnostics,
        _: Option<Scrapes>,
    ) -> Result<(MeterProviderBuilder, Self), NotServed> {
        Err(NotServed::Absent)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match self.0 {}
    }

    pub(crate) fn shutdown(&self, _: Instant) -> bool {
        match self.0 {}
    }
}
