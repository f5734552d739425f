//! A meter whose instruments ask for the telemetry whenever they are used.

use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{
    AsyncInstrument, AsyncInstrumentBuilder, Callback, Counter, Gauge, Histogram, HistogramBuilder, InstrumentBuilder, InstrumentProvider,
    ObservableCounter, ObservableGauge, ObservableUpDownCounter, UpDownCounter,
};

use super::instrument::{AnyTime, Described, Instrument};
use super::observed;
use crate::metering::hand_on;

/// See [`meter`](crate::meter).
pub(super) struct AnyTimeMeter {
    scope: InstrumentationScope,
}

impl AnyTimeMeter {
    pub(super) fn new(scope: InstrumentationScope) -> Self {
        Self { scope }
    }

    fn instrument<I: Instrument>(&self, described: Described) -> I {
        I::of(AnyTime::new(&self.scope, described))
    }
}

macro_rules! synchronous {
    ($($method:ident: $instrument:ty),*) => {$(
        fn $method(&self, builder: InstrumentBuilder<'_, $instrument>) -> $instrument {
            let InstrumentBuilder { name, description, unit, .. } = builder;
            self.instrument(Described { name, description, unit, boundaries: None })
        }
    )*};
}

macro_rules! histograms {
    ($($method:ident: $instrument:ty),*) => {$(
        fn $method(&self, builder: HistogramBuilder<'_, $instrument>) -> $instrument {
            let HistogramBuilder { name, description, unit, boundaries, .. } = builder;
            self.instrument(Described { name, description, unit, boundaries })
        }
    )*};
}

macro_rules! observable {
    ($($method:ident: $instrument:ident<$value:ty>),*) => {$(
        fn $method(&self, builder: AsyncInstrumentBuilder<'_, $instrument<$value>, $value>) -> $instrument<$value> {
            let AsyncInstrumentBuilder { name, description, unit, callbacks, .. } = builder;
            let described = Described { name, description, unit, boundaries: None };
            let (scope, callbacks) = (self.scope.clone(), Arc::<[Callback<$value>]>::from(callbacks));
            observed::declare(move |provider| {
                let meter = provider.meter_with_scope(scope.clone());
                let mut builder = hand_on!(meter, $method, described);
                for index in 0..callbacks.len() {
                    let callbacks = Arc::clone(&callbacks);
                    builder = builder.with_callback(move |observer: &dyn AsyncInstrument<$value>| (callbacks[index])(observer));
                }
                builder.build();
            });
            $instrument::new()
        }
    )*};
}

impl InstrumentProvider for AnyTimeMeter {
    synchronous! {
        u64_counter: Counter<u64>, f64_counter: Counter<f64>, i64_up_down_counter: UpDownCounter<i64>, f64_up_down_counter: UpDownCounter<f64>,
        u64_gauge: Gauge<u64>, i64_gauge: Gauge<i64>, f64_gauge: Gauge<f64>
    }
    histograms! { u64_histogram: Histogram<u64>, f64_histogram: Histogram<f64> }
    observable! {
        u64_observable_counter: ObservableCounter<u64>, f64_observable_counter: ObservableCounter<f64>,
        i64_observable_up_down_counter: ObservableUpDownCounter<i64>, f64_observable_up_down_counter: ObservableUpDownCounter<f64>,
        u64_observable_gauge: ObservableGauge<u64>, i64_observable_gauge: ObservableGauge<i64>, f64_observable_gauge: ObservableGauge<f64>
    }
}
