//! What `#[counted]` and `#[timed]` measure: instruments shared by name, bound once for each site and outcome, and the guard that measures a
//! call however it ends.
//!
//! An instrument reserves memory for every stream, so no function gets one of its own: functions share `function.calls` or whatever name is
//! given, and differ by `code.function.name`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};
use std::{fmt, iter};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use crate::attributes::{OfMetrics, Section};
use crate::clock::Elapsed;
use crate::label_sets::{LabelSets, OfSets, Room};
use crate::metering::{Cell, CellCounter, CellHistogram, CellUpDownCounter};
use crate::name::{AttributeKey, MetricName, Unit};
use crate::outcome::{Kind, Outcome};
use crate::semconv::Attribute;
use crate::shared::Shared;

/// Seconds: from what a function takes that does nothing much to what a user no longer waits for.
pub const DURATION_BUCKETS: &[f64] = &[0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The name, unit and description of the counter of calls under way.
pub(crate) const ACTIVE_CALLS: (&str, &str, &str) = ("function.active_calls", "{call}", "Calls of a function that are under way.");

/// What `#[counted]` says of a place.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    /// The counter's name.
    pub name: MetricName,
    /// Its unit.
    pub unit: Unit,
    /// Its description; empty if there is none.
    pub description: &'static str,
    /// The keys of its own attributes.
    pub keys: &'static [AttributeKey],
    /// Whether calls under way are counted as well, in `function.active_calls`.
    pub in_flight: bool,
}

/// What `#[timed]` says of a place.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// The histogram's name. Its unit is the second.
    pub name: MetricName,
    /// Its description; empty if there is none.
    pub description: &'static str,
    /// The keys of its own attributes.
    pub keys: &'static [AttributeKey],
    /// The upper bounds of its buckets, in seconds.
    pub buckets: &'static [f64],
}

impl Count {
    /// `#[counted]` without options.
    pub const DEFAULT: Self = Self {
        name: MetricName::new("function.calls"),
        unit: Unit::new("{call}"),
        description: "Calls of a function that have ended, by outcome.",
        keys: &[],
        in_flight: false,
    };
}

impl Time {
    /// `#[timed]` without options.
    pub const DEFAULT: Self = Self {
        name: MetricName::new("function.duration"),
        description: "Duration of calls of a function, by outcome.",
        keys: &[],
        buckets: DURATION_BUCKETS,
    };

    /// Checks that buckets rise, and are numbers; called by the macro in a constant.
    ///
    /// # Panics
    ///
    /// If they are not; while compiling.
    #[must_use]
    #[track_caller]
    pub const fn rising(buckets: &'static [f64]) -> &'static [f64] {
        assert!(!buckets.is_empty(), "`buckets` must not be empty; give the upper bounds in seconds, e.g. [0.01, 0.1, 1.0]");
        let mut at = 0;
        while at < buckets.len() {
            assert!(buckets[at].is_finite(), "a bound of `buckets` must be a finite number of seconds");
            assert!(at == 0 || buckets[at - 1] < buckets[at], "the bounds of `buckets` must rise, each above the one before it");
            at += 1;
        }
        buckets
    }
}

/// What all places that share the name of a metric must agree on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Declaration {
    Counter { unit: Unit, description: &'static str },
    Histogram { buckets: &'static [f64], description: &'static str },
}

impl Count {
    pub(crate) fn declaration(&self) -> Declaration {
        Declaration::Counter { unit: self.unit, description: self.description }
    }
}

impl Time {
    pub(crate) fn declaration(&self) -> Declaration {
        Declaration::Histogram { buckets: self.buckets, description: self.description }
    }
}

impl fmt::Display for Declaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counter { unit, description } => write!(f, "a counter of {} described as {description:?}", unit.as_str()),
            Self::Histogram { buckets, description } => write!(f, "a histogram with the buckets {buckets:?} described as {description:?}"),
        }
    }
}

/// The instruments of one site.
#[derive(Debug)]
pub(crate) struct Instruments {
    function: &'static str,
    counter: Option<Counter<u64>>,
    active: Option<CellUpDownCounter>,
    histogram: Option<Histogram<f64>>,
    /// Whether the counter, and the histogram, have attributes of their own: to bind one without them would make a time series of nothing.
    own: (bool, bool),
    /// For calls of which they have such.
    with_counts: ByLabels<CellCounter>,
    with_times: ByLabels<CellHistogram>,
    /// Whether threads keep what is measured until it is collected.
    in_cells: bool,
    /// For the outcomes ok, cancelled and panicked.
    fixed: [OnceLock<Bound>; 3],
    /// For errors, by their class.
    errors: RwLock<HashMap<Cow<'static, str>, Bound>>,
}

/// What a function is told, of which there is little, with each outcome: there are many functions.
const ROOM: Room = Room(6);

/// Handles for sets of attributes that calls had, as many as there is room for.
#[derive(Debug)]
struct ByLabels<T> {
    sets: LabelSets,
    bound: OfSets<T>,
}

impl<T> ByLabels<T> {
    fn new() -> Self {
        Self { sets: LabelSets::new(ROOM), bound: OfSets::new() }
    }

    /// The handle for calls with these attributes and this outcome; `None` if there is no room for it.
    fn get(&self, own: &[KeyValue], outcome: &Outcome, bind: impl FnOnce() -> T) -> Option<&T> {
        let error_type = outcome.error_type().map(|error_type| Attribute::text("error.type", error_type));
        let labels = iter::once(Attribute::fixed("function.outcome", outcome.name())).chain(error_type);
        let own = self.sets.step(None, &own.iter())?;
        let number = self.sets.step(Some(own), &labels)?;
        Some(self.sets.of(&self.bound, number)?.get_or_init(bind))
    }
}

/// Handles for one set of attributes.
#[derive(Debug)]
struct Bound {
    counter: Option<CellCounter>,
    histogram: Option<CellHistogram>,
}

impl Bound {
    #[inline]
    fn measure(&self, seconds: f64) {
        if let Some(counter) = &self.counter {
            counter.count();
        }
        if let Some(histogram) = &self.histogram {
            histogram.record(seconds);
        }
    }
}

impl Instruments {
    /// `in_cells`: they are there for ever, and threads may keep what is measured until it is collected.
    pub(crate) fn new(meter: &Meter, function: &'static str, count: Option<&Count>, time: Option<&Time>, in_cells: bool) -> Self {
        let counter = count
            .map(|count| meter.u64_counter(count.name.as_str()).with_unit(count.unit.as_str()).with_description(count.description).build());
        let active = count.filter(|count| count.in_flight).map(|_| {
            let (name, unit, description) = ACTIVE_CALLS;
            let active = meter.i64_up_down_counter(name).with_unit(unit).with_description(description).build();
            CellUpDownCounter::new(|| active.bind(&[function_name(function)]), in_cells)
        });
        let histogram = time.map(|time| {
            let histogram = meter.f64_histogram(time.name.as_str()).with_unit("s").with_description(time.description);
            histogram.with_boundaries(time.buckets.to_vec()).build()
        });
        let own = (count.is_some_and(|count| !count.keys.is_empty()), time.is_some_and(|time| !time.keys.is_empty()));
        let (with_counts, with_times) = (ByLabels::new(), ByLabels::new());
        Self {
            function,
            counter,
            active,
            histogram,
            own,
            with_counts,
            with_times,
            in_cells,
            fixed: Default::default(),
            errors: RwLock::default(),
        }
    }

    /// Whether nothing of what is measured depends on the call.
    #[inline]
    pub(crate) fn are_plain(&self) -> bool {
        self.own == (false, false)
    }

    /// The cell of calls that went well, if there is nothing else to do for those than to count them in it.
    #[inline]
    pub(crate) fn only_cell(&self) -> Option<Cell> {
        if self.own != (false, false) || self.active.is_some() || self.histogram.is_some() {
            return None;
        }
        self.fixed[0].get()?.counter.as_ref()?.cell()
    }

    #[inline]
    pub(crate) fn ask_for_time(&self) -> bool {
        self.histogram.is_some()
    }

    /// A call begins.
    #[inline]
    pub(crate) fn begin(&self) {
        if let Some(active) = &self.active {
            active.begin();
        }
    }

    /// A call is no longer under way.
    #[inline]
    fn leave(&self) {
        if let Some(active) = &self.active {
            active.end();
        }
    }

    /// A call has ended of which nothing of what is measured depends on it.
    #[inline]
    pub(crate) fn end(&self, outcome: &Outcome, seconds: f64) {
        match (&outcome.0, self.fixed[0].get()) {
            (Kind::Ok, Some(bound)) => bound.measure(seconds),
            _ => self.measure_any(outcome, seconds),
        }
        self.leave();
    }

    /// Not compiled into the way of calls that went well.
    #[inline(never)]
    fn measure_any(&self, outcome: &Outcome, seconds: f64) {
        self.bound(outcome, |bound| bound.measure(seconds));
    }

    fn bound<R>(&self, outcome: &Outcome, measure: impl FnOnce(&Bound) -> R) -> R {
        let slot = match &outcome.0 {
            Kind::Ok => 0,
            Kind::Cancelled => 1,
            Kind::Panicked => 2,
            Kind::Error(failure) => {
                let error_type = &failure.error_type;
                if let Some(bound) = self.errors.read().unwrap_or_else(PoisonError::into_inner).get(error_type) {
                    return measure(bound);
                }
                let mut errors = self.errors.write().unwrap_or_else(PoisonError::into_inner);
                return measure(errors.entry(error_type.clone()).or_insert_with(|| self.bind(outcome)));
            }
        };
        measure(self.fixed[slot].get_or_init(|| self.bind(outcome)))
    }

    fn bind(&self, outcome: &Outcome) -> Bound {
        let attributes = self.attributes(outcome, Vec::new());
        Bound {
            counter: self
                .counter
                .as_ref()
                .filter(|_| !self.own.0)
                .map(|counter| CellCounter::new(counter.bind(&attributes), self.in_cells)),
            histogram: (self.histogram.as_ref().filter(|_| !self.own.1))
                .map(|histogram| CellHistogram::new(histogram.bind(&attributes), self.in_cells)),
        }
    }

    /// Measures with attributes that are this call's, of its own or copied from baggage.
    fn measure(&self, outcome: &Outcome, seconds: f64, own: OfMetrics) {
        let OfMetrics { count, time, copied } = own;
        let attributes = |section: Option<Section>| {
            let mut own = section.map(Section::into_attributes).unwrap_or_default();
            let of_call: Vec<KeyValue> = copied.iter().filter(|copy| own.iter().all(|own| own.key != copy.key)).cloned().collect();
            own.extend(of_call);
            self.attributes(outcome, own)
        };
        if let Some(counter) = &self.counter {
            counter.add(1, &attributes(count));
        }
        if let Some(histogram) = &self.histogram {
            histogram.record(seconds, &attributes(time));
        }
    }

    /// Counts a call with attributes of its own.
    fn count_with(&self, counter: &Counter<u64>, outcome: &Outcome, own: Vec<KeyValue>) {
        let bind = || CellCounter::new(counter.bind(&self.attributes(outcome, own.clone())), self.in_cells);
        match self.with_counts.get(&own, outcome, bind) {
            Some(known) => known.count(),
            None => counter.add(1, &self.attributes(outcome, own)),
        }
    }

    /// Times a call with attributes of its own.
    fn time_with(&self, histogram: &Histogram<f64>, outcome: &Outcome, own: Vec<KeyValue>, seconds: f64) {
        let bind = || CellHistogram::new(histogram.bind(&self.attributes(outcome, own.clone())), self.in_cells);
        match self.with_times.get(&own, outcome, bind) {
            Some(known) => known.record(seconds),
            None => histogram.record(seconds, &self.attributes(outcome, own)),
        }
    }

    /// A site's attributes, sorted by key: the SDK finds a set that it has seen before only in the same order.
    fn attributes(&self, outcome: &Outcome, mut own: Vec<KeyValue>) -> Vec<KeyValue> {
        own.push(function_name(self.function));
        own.extend(outcome.error_type().map(|error_type| KeyValue::new("error.type", error_type)));
        own.push(KeyValue::new("function.outcome", outcome.name()));
        own.sort_by(|a, b| a.key.cmp(&b.key));
        own
    }
}

fn function_name(function: &'static str) -> KeyValue {
    KeyValue::new("code.function.name", function)
}

/// Measures one call. Dropped without an outcome, it still counts the call as no longer under way.
#[derive(Debug)]
pub(crate) struct Measured {
    instruments: Shared<Instruments>,
    /// The call's own attributes; none for most sites, whose guard stays small.
    own: Option<Box<OfMetrics>>,
}

impl Measured {
    pub(crate) fn start(instruments: Shared<Instruments>, own: Option<Box<OfMetrics>>) -> Self {
        instruments.begin();
        Self { instruments, own }
    }

    /// A call that has begun, of which nothing depends on it.
    pub(crate) fn under_way(instruments: &'static Instruments) -> Self {
        Self { instruments: Shared::Global(instruments), own: None }
    }

    /// The call has ended.
    pub(crate) fn end(mut self, outcome: &Outcome, elapsed: Elapsed) {
        let instruments = &*self.instruments;
        let seconds = elapsed.seconds();
        if let Some(own) = self.own.take_if(|own| !own.copied.is_empty()) {
            return instruments.measure(outcome, seconds, *own);
        }
        let (count, time) = self.own.take().map_or((None, None), |own| (own.count, own.time));
        instruments.bound(outcome, |bound| {
            match (count, &instruments.counter, &bound.counter) {
                (Some(own), Some(counter), _) => instruments.count_with(counter, outcome, own.into_attributes()),
                (None, _, Some(bound)) => bound.count(),
                _ => {}
            }
            match (time, &instruments.histogram, &bound.histogram) {
                (Some(own), Some(histogram), _) => {
                    instruments.time_with(histogram, outcome, own.into_attributes(), seconds);
                }
                (None, _, Some(bound)) => bound.record(seconds),
                _ => {}
            }
        });
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        self.instruments.leave();
    }
}
