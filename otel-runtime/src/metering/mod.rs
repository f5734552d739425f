//! Between those who measure and the SDK: views, and callbacks that may panic.
//!
//! ```text
//! annotations ─► pipeline ─┐
//! opentelemetry::global ───┼─► Meters ─► Views: which streams? ─► an instrument of the SDK's for each set of attributes
//! ourselves ───────────────┘             (of the readers for which the same holds by default, a provider of the SDK's)
//! ```

mod pattern;
mod provider;
mod split;
mod view;
mod views;

pub(crate) use pattern::Pattern;
pub(crate) use provider::{Meters, hand_on};
pub use view::{View, ViewError};
pub(crate) use views::{CardinalityLimits, Defaults, Views};
