//! Layers for other libraries. Here is what they share: an [`Operation`], which has a span and the metrics of its outcome, and a static
//! [`Operations`] for each class of them. A layer translates a library's types, and asks `semconv` what to record of them.

#[cfg(feature = "http")]
pub mod http;
mod instruments;
mod operation;
#[cfg(feature = "sqlx")]
pub mod sqlx;

pub(crate) use self::instruments::{Metric, Metrics};
pub(crate) use self::operation::{Operation, Operations, or_unwound};
