//! Switching annotated places by their path: what `OTEL_RUST_FILTER` and [`Telemetry::reload_filter`](crate::Telemetry::reload_filter) say.
#![doc = include_str!("../../docs/filter.md")]

mod live;
mod text;

pub(crate) use live::LiveFilter;
pub(crate) use text::Filter;
pub use text::FilterError;

use crate::sampling::Threshold;

/// What is said of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It records, as the sampler decides.
    On,
    /// It is as if it were not annotated.
    Off,
    /// It records; of the traces that begin there, this part is sampled.
    Ratio(Threshold),
}
