//! `autometrics`, for Prometheus: a counter, a histogram and a gauge with one attribute.

use autometrics::autometrics;

use crate::calls;
use crate::work::work;

pub const PEER: &str = "autometrics";

pub const CALLS: fn(u64) = calls!(function);

#[autometrics]
#[inline(never)]
fn function(number: u64) -> u64 {
    work(number)
}
