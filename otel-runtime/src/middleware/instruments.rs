//! What a layer measures, made once for each pipeline, and what is measured of one operation however it ends.

use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Counter, Histogram, HistogramBuilder, Meter, UpDownCounter};

use crate::outcome::Outcome;
use crate::semconv::Metric;
use crate::shared::Shared;

/// The instruments of a metric.
impl Metric {
    pub(super) fn durations(&self, meter: &Meter) -> Histogram<f64> {
        self.describe(meter.f64_histogram(self.name.as_str())).build()
    }

    fn amounts(&self, meter: &Meter) -> Histogram<u64> {
        self.describe(meter.u64_histogram(self.name.as_str())).build()
    }

    fn describe<'a, T>(&self, histogram: HistogramBuilder<'a, T>) -> HistogramBuilder<'a, T> {
        let histogram = histogram.with_unit(self.unit.as_str()).with_description(self.description);
        if self.buckets.is_empty() { histogram } else { histogram.with_boundaries(self.buckets.to_vec()) }
    }

    pub(super) fn counter(&self, meter: &Meter) -> Counter<u64> {
        meter.u64_counter(self.name.as_str()).with_unit(self.unit.as_str()).with_description(self.description).build()
    }

    fn up_down_counter(&self, meter: &Meter) -> UpDownCounter<i64> {
        meter.i64_up_down_counter(self.name.as_str()).with_unit(self.unit.as_str()).with_description(self.description).build()
    }

    /// An up-down counter whose values are asked for.
    #[allow(dead_code, reason = "each layer is a feature")]
    pub(super) fn observe(&self, meter: &Meter, observe: impl Fn(&dyn AsyncInstrument<i64>) + Send + Sync + 'static) {
        let counter = meter.i64_observable_up_down_counter(self.name.as_str());
        counter.with_unit(self.unit.as_str()).with_description(self.description).with_callback(observe).build();
    }
}

/// The metrics of a class of operations. All have the same labels, with `error.type` where there is an error, but for `active`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metrics {
    /// A histogram of seconds, from the beginning of an operation to its end.
    pub(crate) duration: Option<Metric>,
    /// An up-down counter of operations that are under way. Its labels are the first ones that are known.
    pub(crate) active: Option<Metric>,
    /// Histograms of whole numbers that are known at the end of some operations, such as sizes.
    pub(crate) amounts: &'static [Metric],
}

impl Metrics {
    pub(super) const fn are_some(&self) -> bool {
        self.duration.is_some() || self.active.is_some() || !self.amounts.is_empty()
    }
}

#[derive(Debug)]
pub(super) struct Instruments {
    duration: Option<Histogram<f64>>,
    active: Option<UpDownCounter<i64>>,
    /// Most programs measure no amounts, and the SDK reserves memory for each instrument: they are made when they are needed.
    amounts: Vec<(&'static Metric, OnceLock<Histogram<u64>>)>,
    counted: Option<Counter<u64>>,
    meter: Meter,
}

impl Instruments {
    pub(super) fn new(meter: &Meter, metrics: &'static Metrics, things: Option<Metric>) -> Self {
        Self {
            duration: metrics.duration.map(|metric| metric.durations(meter)),
            active: metrics.active.map(|metric| metric.up_down_counter(meter)),
            amounts: metrics.amounts.iter().map(|metric| (metric, OnceLock::new())).collect(),
            counted: things.map(|metric| metric.counter(meter)),
            meter: meter.clone(),
        }
    }

    fn amount(&self, index: usize) -> &Histogram<u64> {
        let (metric, histogram) = &self.amounts[index];
        histogram.get_or_init(|| metric.amounts(&self.meter))
    }
}

/// Measures one operation. Dropped without an outcome, it still counts it as no longer under way.
#[derive(Debug)]
pub(super) struct Measured {
    instruments: Shared<Instruments>,
    labels: Vec<KeyValue>,
    /// So many of the first labels are those of the operations under way.
    of_active: usize,
    amounts: Vec<(usize, u64)>,
    count: Option<u64>,
}

impl Measured {
    pub(super) fn start(instruments: Shared<Instruments>, labels: Vec<KeyValue>, of_active: usize) -> Self {
        if let Some(active) = &instruments.active {
            active.add(1, &labels[..of_active]);
        }
        Self { instruments, labels, of_active, amounts: Vec::new(), count: None }
    }

    pub(super) fn label(&mut self, label: KeyValue) {
        self.labels.push(label);
    }

    pub(super) fn amount(&mut self, index: usize, value: u64) {
        self.amounts.push((index, value));
    }

    pub(super) fn count(&mut self, count: u64) {
        self.count = Some(count);
    }

    pub(super) fn end(self, outcome: &Outcome, elapsed: Duration) {
        if self.instruments.duration.is_none() && self.amounts.is_empty() && self.count.is_none() {
            return;
        }
        let mut labels = self.labels.clone();
        labels.extend(outcome.error_type().map(|error_type| KeyValue::new("error.type", error_type)));
        // The SDK finds a set that it has seen before only in the same order.
        labels.sort_by(|a, b| a.key.cmp(&b.key));
        if let Some(duration) = &self.instruments.duration {
            duration.record(elapsed.as_secs_f64(), &labels);
        }
        for (index, value) in &self.amounts {
            self.instruments.amount(*index).record(*value, &labels);
        }
        if let (Some(counter), Some(count)) = (&self.instruments.counted, self.count) {
            counter.add(count, &labels);
        }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        if let Some(active) = &self.instruments.active {
            active.add(-1, &self.labels[..self.of_active]);
        }
    }
}
