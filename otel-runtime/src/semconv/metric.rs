//! [`Metric`]: what the conventions define of a metric beside its attributes.

use crate::name::{MetricName, Unit};

/// Seconds: the bounds that the conventions prescribe for durations of requests over HTTP, of operations with messages and of their processing.
pub(crate) const DURATION_BUCKETS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// A metric of the conventions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric {
    pub(crate) name: MetricName,
    pub(crate) unit: Unit,
    pub(crate) description: &'static str,
    /// The bounds of its buckets, if it is a histogram; empty for those that the SDK has by default.
    pub(crate) buckets: &'static [f64],
    /// The label of the operation's other metrics that it does not have, if there is one.
    pub(crate) without: Option<&'static str>,
}

impl Metric {
    pub(crate) const fn new(name: &'static str, unit: &'static str, description: &'static str) -> Self {
        Self { name: MetricName::new(name), unit: Unit::new(unit), description, buckets: &[], without: None }
    }

    pub(crate) const fn buckets(mut self, buckets: &'static [f64]) -> Self {
        self.buckets = buckets;
        self
    }

    #[allow(dead_code, reason = "each layer is a feature")]
    pub(crate) const fn without(mut self, label: &'static str) -> Self {
        self.without = Some(label);
        self
    }
}
