//! Between those who measure and the SDK: cells of threads, views, and callbacks that may panic.
//!
//! ```text
//! annotations ─► (cells) ──┐
//! opentelemetry::global ───┼─► Meters ─► Views: which streams? ─► an instrument of the SDK's for each set of attributes
//! ourselves ───────────────┘             (of the readers for which the same holds by default, a provider of the SDK's)
//! ```

mod cells;
mod pattern;
mod provider;
mod split;
mod view;
mod views;

pub(crate) use cells::{Cell, CellCounter, CellHistogram, CellUpDownCounter};
pub(crate) use pattern::Pattern;
pub(crate) use provider::{Meters, hand_on};
pub use view::{View, ViewError};
#[cfg(feature = "config-file")]
pub(crate) use views::CardinalityLimits;
pub(crate) use views::{Defaults, Views};
