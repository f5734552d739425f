//! Stands in for `grpc` where the feature is off.

use super::{Destination, Signal, Transport};

pub(super) fn transport(signal: Signal, _: &Destination) -> Result<Transport, String> {
    Err(format!("the protocol for {} is grpc, for which otel-runtime must be built with its feature `grpc`", signal.name()))
}
