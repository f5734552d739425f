//! Layers for other libraries. Here is what they share: an [`Operation`], which has a span and the metrics of its outcome, and a static
//! [`Operations`] for each class of them. A layer translates a library's types, and asks `semconv` what to record of them.

mod instruments;
mod operation;

#[allow(unused_imports, reason = "the layers that come use it")]
pub(crate) use self::{
    instruments::{Metric, Metrics},
    operation::{Beginning, Operation, Operations},
};
