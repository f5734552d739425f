//! A synchronous instrument that asks for the telemetry whenever something is measured.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use opentelemetry::metrics::{
    BoundCounter, BoundGauge, BoundHistogram, BoundSyncInstrument, BoundUpDownCounter, Counter, Gauge, Histogram, Meter, SyncInstrument,
    UpDownCounter,
};
use opentelemetry::{InstrumentationScope, KeyValue};

use crate::metering::hand_on;
use crate::pipeline::{self, Pipeline};

/// What is said of an instrument.
#[derive(Clone)]
pub(super) struct Described {
    pub(super) name: Cow<'static, str>,
    pub(super) description: Option<Cow<'static, str>>,
    pub(super) unit: Option<Cow<'static, str>>,
    /// Of a histogram.
    pub(super) boundaries: Option<Vec<f64>>,
}

/// An instrument of the plain API.
pub(super) trait Instrument: Clone + Send + Sync + Sized + 'static {
    type Value: Send + Sync + 'static;
    type Bound: Send + Sync + 'static;

    fn make(meter: &Meter, described: &Described) -> Self;
    fn measure(&self, value: Self::Value, attributes: &[KeyValue]);
    fn bind(&self, attributes: &[KeyValue]) -> Self::Bound;
    fn measure_bound(bound: &Self::Bound, value: Self::Value);
    /// The instrument of the API that stands on one of ours.
    fn of(any_time: AnyTime<Self>) -> Self;
}

/// What every clone of an instrument shares.
struct Inner<I> {
    /// By which a pipeline knows it that it does not keep itself.
    id: u64,
    scope: InstrumentationScope,
    described: Described,
    /// That of the first telemetry of the process, once it is known.
    first: OnceLock<Option<I>>,
}

/// See [`meter`](crate::meter).
pub(super) struct AnyTime<I>(Arc<Inner<I>>);

impl<I: Instrument> AnyTime<I> {
    pub(super) fn new(scope: &InstrumentationScope, described: Described) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(Arc::new(Inner { id, scope: scope.clone(), described, first: OnceLock::new() }))
    }

    fn make(&self, pipeline: &Pipeline) -> Option<I> {
        let Inner { scope, described, .. } = &*self.0;
        pipeline.plain_meter(scope).map(|meter| I::make(&meter, described))
    }

    /// What serves here.
    fn serving(&self) -> Option<Serving<'_, I>> {
        let pipeline = pipeline::serving_here()?;
        if pipeline.is_kept_by_sites() {
            self.0.first.get_or_init(|| self.make(&pipeline)).as_ref().map(Serving::First)
        } else {
            let made = pipeline.plain_instrument(self.0.id, || self.make(&pipeline))?;
            Option::clone(&made).map(Serving::Other)
        }
    }
}

/// An instrument that serves somewhere.
enum Serving<'a, I> {
    /// Wherever nothing else does, for good.
    First(&'a I),
    Other(I),
}

impl<I: Instrument> SyncInstrument<I::Value> for AnyTime<I> {
    fn measure(&self, value: I::Value, attributes: &[KeyValue]) {
        match self.serving() {
            None => {}
            Some(Serving::First(instrument)) => instrument.measure(value, attributes),
            Some(Serving::Other(instrument)) => instrument.measure(value, attributes),
        }
    }

    fn bind(&self, attributes: &[KeyValue]) -> Box<dyn BoundSyncInstrument<I::Value> + Send + Sync> {
        let instrument = Self(Arc::clone(&self.0));
        Box::new(AnyTimeBound { instrument, attributes: attributes.to_vec(), first: OnceLock::new() })
    }
}

/// One that was bound to its attributes.
struct AnyTimeBound<I: Instrument> {
    instrument: AnyTime<I>,
    attributes: Vec<KeyValue>,
    first: OnceLock<I::Bound>,
}

impl<I: Instrument> BoundSyncInstrument<I::Value> for AnyTimeBound<I> {
    fn measure(&self, value: I::Value) {
        match self.instrument.serving() {
            None => {}
            Some(Serving::First(instrument)) => I::measure_bound(self.first.get_or_init(|| instrument.bind(&self.attributes)), value),
            Some(Serving::Other(instrument)) => instrument.measure(value, &self.attributes),
        }
    }
}

macro_rules! instruments {
    ($($kind:ident<$value:ty> as $bound:ident: $make:ident, $measure:ident $(, $boundaries:ident)?;)*) => {$(
        impl Instrument for $kind<$value> {
            type Value = $value;
            type Bound = $bound<$value>;

            fn make(meter: &Meter, described: &Described) -> Self {
                let builder = hand_on!(meter, $make, described);
                $(let builder = match &described.boundaries {
                    Some(boundaries) => builder.$boundaries(boundaries.clone()),
                    None => builder,
                };)?
                builder.build()
            }

            fn measure(&self, value: $value, attributes: &[KeyValue]) {
                self.$measure(value, attributes);
            }

            fn bind(&self, attributes: &[KeyValue]) -> $bound<$value> {
                self.bind(attributes)
            }

            fn measure_bound(bound: &$bound<$value>, value: $value) {
                bound.$measure(value);
            }

            fn of(any_time: AnyTime<Self>) -> Self {
                Self::new(Arc::new(any_time))
            }
        }
    )*};
}

instruments! {
    Counter<u64> as BoundCounter: u64_counter, add;
    Counter<f64> as BoundCounter: f64_counter, add;
    UpDownCounter<i64> as BoundUpDownCounter: i64_up_down_counter, add;
    UpDownCounter<f64> as BoundUpDownCounter: f64_up_down_counter, add;
    Gauge<u64> as BoundGauge: u64_gauge, record;
    Gauge<i64> as BoundGauge: i64_gauge, record;
    Gauge<f64> as BoundGauge: f64_gauge, record;
    Histogram<u64> as BoundHistogram: u64_histogram, record, with_boundaries;
    Histogram<f64> as BoundHistogram: f64_histogram, record, with_boundaries;
}
