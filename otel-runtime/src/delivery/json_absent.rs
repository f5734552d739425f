//! Stands in for `json` where the feature is off.

use super::Signal;
use super::transport::{Accepted, Recode};

pub(super) fn recode(_: Signal) -> Result<Recode, String> {
    Err("OTLP in JSON needs otel-runtime to be built with its feature `json`".to_owned())
}

pub(super) fn accepted(_: &[u8]) -> Accepted {
    Accepted::default()
}
