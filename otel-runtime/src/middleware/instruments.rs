//! What a layer measures, made once for each pipeline, and what is measured of one operation however it ends.

use std::borrow::Cow;
use std::iter;
use std::sync::OnceLock;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, BoundCounter, BoundHistogram, Counter, Histogram, HistogramBuilder, Meter, UpDownCounter};

use super::labels::Labels;
use crate::clock::Elapsed;
use crate::label_sets::{Label, LabelSets, OfSets};
use crate::metering::{CellHistogram, CellUpDownCounter};
use crate::outcome::Outcome;
use crate::semconv::{Attribute, Metric};
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

/// The metrics of a class of operations. All have the same labels, with `error.type` where there is an error, but for `active`; a counter beside
/// them can be [without](Metric::without) one.
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
    counted: Option<Counted>,
    meter: Meter,
    /// Whether threads keep what is measured until it is collected.
    in_cells: bool,
    known: &'static LabelSets,
    /// By the numbers of the sets of labels.
    bound: OfSets<Box<Bound>>,
}

/// A counter of things, and the label of the others that it leaves out.
#[derive(Debug)]
struct Counted {
    counter: Counter<u64>,
    without: Option<&'static str>,
}

impl Counted {
    fn labels<'a>(&self, labels: &'a [KeyValue]) -> Cow<'a, [KeyValue]> {
        let is_left_out = |label: &KeyValue| self.without.is_some_and(|without| label.key.as_str() == without);
        if labels.iter().any(is_left_out) { labels.iter().filter(|label| !is_left_out(label)).cloned().collect() } else { labels.into() }
    }
}

/// Handles for one set of labels, each made when something is measured with it.
#[derive(Debug, Default)]
struct Bound {
    duration: OnceLock<CellHistogram>,
    active: OnceLock<CellUpDownCounter>,
    /// By their numbers.
    amounts: OnceLock<Box<[OnceLock<BoundHistogram<u64>>]>>,
    counted: OnceLock<BoundCounter<u64>>,
}

impl Instruments {
    /// `in_cells`: they are there for ever, and threads may keep what is measured until it is collected.
    pub(super) fn new(meter: &Meter, metrics: &'static Metrics, things: Option<Metric>, known: &'static LabelSets, in_cells: bool) -> Self {
        Self {
            duration: metrics.duration.map(|metric| metric.durations(meter)),
            active: metrics.active.map(|metric| metric.up_down_counter(meter)),
            amounts: metrics.amounts.iter().map(|metric| (metric, OnceLock::new())).collect(),
            counted: things.map(|metric| Counted { counter: metric.counter(meter), without: metric.without }),
            meter: meter.clone(),
            in_cells,
            known,
            bound: OnceLock::new(),
        }
    }

    fn amount(&self, index: usize) -> &Histogram<u64> {
        let (metric, histogram) = &self.amounts[index];
        histogram.get_or_init(|| metric.amounts(&self.meter))
    }

    /// What is bound to labels, if they are known.
    fn bound(&self, labels: &Labels) -> Option<(&Bound, &[KeyValue])> {
        let number = labels.number(self.known)?;
        let set = self.known.get(number)?;
        Some((self.known.of(&self.bound, number)?.get_or_init(Box::default), &set.labels))
    }

    /// Counts that an operation begins, or ends.
    fn under_way(&self, labels: &Labels, begins: bool) {
        let Some(active) = &self.active else { return };
        match self.bound(labels) {
            Some((bound, labels)) => {
                let active = bound.active.get_or_init(|| CellUpDownCounter::new(|| active.bind(labels), self.in_cells));
                if begins { active.begin() } else { active.end() }
            }
            None => active.add(if begins { 1 } else { -1 }, labels.own()),
        }
    }

    /// Measures an operation that has ended.
    fn measure(&self, labels: &Labels, elapsed: Elapsed, amounts: &[(usize, u64)], count: Option<u64>) {
        match self.bound(labels) {
            Some((bound, labels)) => self.measure_bound(bound, labels, elapsed, amounts, count),
            None => self.measure_own(labels.own(), elapsed, amounts, count),
        }
    }

    fn measure_bound(&self, bound: &Bound, labels: &[KeyValue], elapsed: Elapsed, amounts: &[(usize, u64)], count: Option<u64>) {
        if let Some(duration) = &self.duration {
            bound.duration.get_or_init(|| CellHistogram::new(duration.bind(labels), self.in_cells)).record(elapsed.seconds());
        }
        for (index, value) in amounts {
            let all = bound.amounts.get_or_init(|| self.amounts.iter().map(|_| OnceLock::new()).collect());
            all[*index].get_or_init(|| self.amount(*index).bind(labels)).record(*value);
        }
        if let (Some(counted), Some(count)) = (&self.counted, count) {
            bound.counted.get_or_init(|| counted.counter.bind(&counted.labels(labels))).add(count);
        }
    }

    #[cold]
    fn measure_own(&self, labels: &[KeyValue], elapsed: Elapsed, amounts: &[(usize, u64)], count: Option<u64>) {
        if let Some(duration) = &self.duration {
            duration.record(elapsed.seconds(), labels);
        }
        for (index, value) in amounts {
            self.amount(*index).record(*value, labels);
        }
        if let (Some(counted), Some(count)) = (&self.counted, count) {
            counted.counter.add(count, &counted.labels(labels));
        }
    }
}

/// Measures one operation. Dropped without an outcome, it still counts it as no longer under way.
#[derive(Debug)]
pub(super) struct Measured {
    instruments: Shared<Instruments>,
    labels: Labels,
    /// The labels with which it is counted as under way, if it is.
    active: Option<Labels>,
    amounts: Vec<(usize, u64)>,
    count: Option<u64>,
}

impl Measured {
    pub(super) fn start(instruments: Shared<Instruments>, labels: Labels, active: Option<Labels>) -> Self {
        if let Some(active) = &active {
            instruments.under_way(active, true);
        }
        Self { instruments, labels, active, amounts: Vec::new(), count: None }
    }

    pub(super) fn label<L: Label>(&mut self, labels: impl Iterator<Item = L> + Clone) {
        self.labels.add(self.instruments.known, labels);
    }

    pub(super) fn amount(&mut self, index: usize, value: u64) {
        self.amounts.push((index, value));
    }

    pub(super) fn count(&mut self, count: u64) {
        self.count = Some(count);
    }

    pub(super) fn end(mut self, outcome: &Outcome, elapsed: Elapsed) {
        if let Some(error_type) = outcome.error_type() {
            self.label(iter::once(Attribute::text("error.type", error_type)));
        }
        self.instruments.measure(&self.labels, elapsed, &self.amounts, self.count);
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        if let Some(labels) = &self.active {
            self.instruments.under_way(labels, false);
        }
    }
}
