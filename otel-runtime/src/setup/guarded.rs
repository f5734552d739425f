//! A meter provider in which a callback of the user's may panic.
//!
//! The SDK runs callbacks while it holds the lock of all its instruments, on the thread of the reader: a panic in one would end every
//! metric for good. Here it costs the values that the callback would have given, and is said once.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{
    AsyncInstrumentBuilder, Callback, Counter, Gauge, Histogram, HistogramBuilder, InstrumentBuilder, InstrumentProvider, Meter,
    MeterProvider, ObservableCounter, ObservableGauge, ObservableUpDownCounter, UpDownCounter,
};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::diagnostics::Diagnostics;

/// A provider of the SDK's whose meters guard callbacks.
#[derive(Clone, Debug)]
pub(super) struct GuardedMeterProvider {
    pub(super) provider: SdkMeterProvider,
    pub(super) diagnostics: Diagnostics,
}

impl MeterProvider for GuardedMeterProvider {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        let meter = self.provider.meter_with_scope(scope);
        Meter::new(Arc::new(GuardedMeter { meter, diagnostics: self.diagnostics.clone() }))
    }
}

struct GuardedMeter {
    meter: Meter,
    diagnostics: Diagnostics,
}

/// Hands a builder on to the meter of the SDK, with what was said of the instrument.
macro_rules! hand_on {
    ($self:ident, $method:ident, $builder:ident) => {{
        let mut handed_on = $self.meter.$method($builder.name);
        if let Some(description) = $builder.description {
            handed_on = handed_on.with_description(description);
        }
        if let Some(unit) = $builder.unit {
            handed_on = handed_on.with_unit(unit);
        }
        handed_on
    }};
}

macro_rules! synchronous {
    ($($method:ident: $instrument:ty),*) => {$(
        fn $method(&self, builder: InstrumentBuilder<'_, $instrument>) -> $instrument {
            hand_on!(self, $method, builder).build()
        }
    )*};
}

macro_rules! histograms {
    ($($method:ident: $instrument:ty),*) => {$(
        fn $method(&self, builder: HistogramBuilder<'_, $instrument>) -> $instrument {
            let boundaries = builder.boundaries;
            let mut handed_on = hand_on!(self, $method, builder);
            if let Some(boundaries) = boundaries {
                handed_on = handed_on.with_boundaries(boundaries);
            }
            handed_on.build()
        }
    )*};
}

macro_rules! observable {
    ($($method:ident: $instrument:ty, $value:ty);*) => {$(
        fn $method(&self, builder: AsyncInstrumentBuilder<'_, $instrument, $value>) -> $instrument {
            let name = builder.name.to_string();
            let callbacks = builder.callbacks;
            let mut handed_on = hand_on!(self, $method, builder);
            for callback in callbacks {
                let callback = guarded(callback, name.clone(), self.diagnostics.clone());
                handed_on = handed_on.with_callback(callback);
            }
            handed_on.build()
        }
    )*};
}

impl InstrumentProvider for GuardedMeter {
    synchronous! {
        u64_counter: Counter<u64>, f64_counter: Counter<f64>, i64_up_down_counter: UpDownCounter<i64>, f64_up_down_counter: UpDownCounter<f64>,
        u64_gauge: Gauge<u64>, i64_gauge: Gauge<i64>, f64_gauge: Gauge<f64>
    }
    histograms! { u64_histogram: Histogram<u64>, f64_histogram: Histogram<f64> }
    observable! {
        u64_observable_counter: ObservableCounter<u64>, u64; f64_observable_counter: ObservableCounter<f64>, f64;
        i64_observable_up_down_counter: ObservableUpDownCounter<i64>, i64; f64_observable_up_down_counter: ObservableUpDownCounter<f64>, f64;
        u64_observable_gauge: ObservableGauge<u64>, u64; i64_observable_gauge: ObservableGauge<i64>, i64;
        f64_observable_gauge: ObservableGauge<f64>, f64
    }
}

/// The callback, whose panics go no further.
fn guarded<M: 'static>(callback: Callback<M>, name: String, diagnostics: Diagnostics) -> Callback<M> {
    let is_said = AtomicBool::new(false);
    Box::new(move |observer| {
        let panicked = panic::catch_unwind(AssertUnwindSafe(|| callback(observer))).is_err();
        if panicked && !is_said.swap(true, Ordering::Relaxed) {
            diagnostics.error(format_args!("a callback of the instrument `{name}` panicked; what it would have observed is missing"));
        }
    })
}
