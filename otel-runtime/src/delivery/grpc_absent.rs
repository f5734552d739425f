//! Stands in for `grpc` where the feature is off.

use super::{Destination, Signal, Transport};

pub(super) fn transport(_: Signal, _: &Destination) -> Result<Transport, String> {
    Err("the protocol grpc needs otel-runtime to be built with its feature `grpc`".to_owned())
}
