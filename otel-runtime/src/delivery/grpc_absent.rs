//! Stands in for `grpc` where the feature is off.

use super::network::Network;
use super::{Destination, Signal};

pub(super) fn otlp(_: Signal, _: &Destination) -> Result<Network, String> {
    Err("the protocol grpc needs otel-runtime to be built with its feature `grpc`".to_owned())
}
