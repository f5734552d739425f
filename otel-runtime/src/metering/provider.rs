//! The meter provider of everybody: it knows views, and a callback of the user's may panic in it.
//!
//! The SDK runs callbacks while it holds the lock of all its instruments, on the thread of the reader: a panic in one would end every
//! metric for good. Here it costs the values that the callback would have given, and is said once.

use std::borrow::Cow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{
    AsyncInstrumentBuilder, Callback, Counter, Gauge, Histogram, HistogramBuilder, InstrumentBuilder, InstrumentProvider, Meter,
    MeterProvider, ObservableCounter, ObservableGauge, ObservableUpDownCounter, UpDownCounter,
};
use opentelemetry_sdk::metrics::{InstrumentKind, SdkMeterProvider};

use super::cells;
use super::split::{Callbacks, Split, filtered};
use super::view::{Keys, Made};
use super::views::{Group, Views};
use crate::diagnostics::{Diagnostics, Spell, times};
use crate::own;

/// Providers of the SDK's whose instruments have the streams that views give them, and whose meters guard callbacks. There is one where the same
/// holds by default for all readers; what is measured goes to each. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    providers: Arc<[(SdkMeterProvider, Arc<Views>)]>,
    diagnostics: Diagnostics,
}

impl Meters {
    /// Of providers in which their views are [installed](Views::install).
    pub(crate) fn new(providers: impl IntoIterator<Item = (SdkMeterProvider, Arc<Views>)>, diagnostics: Diagnostics) -> Self {
        Self { providers: providers.into_iter().collect(), diagnostics }
    }

    /// Collects what is not only read on demand, and hands it over.
    pub(crate) fn force_flush(&self) {
        for (provider, _) in self.providers.iter() {
            // What becomes of it the delivery knows.
            drop(provider.force_flush());
        }
    }

    /// Has what threads keep handed on whenever metrics are read, whoever reads them.
    pub(crate) fn collect_cells(&self) {
        for (provider, _) in self.providers.iter() {
            // What nothing is ever observed of is not exported.
            let meter = provider.meter_with_scope(own::scope());
            meter.u64_observable_gauge("otel_runtime.cells").with_callback(|_| cells::collect()).build();
        }
    }

    /// The same for the last time.
    pub(crate) fn shutdown_with_timeout(&self, timeout: Duration) {
        for (provider, _) in self.providers.iter() {
            drop(provider.shutdown_with_timeout(timeout));
        }
    }

    /// Tells of the views that no instrument fitted.
    pub(crate) fn tell_unused_views(&self) {
        // All have the same.
        if let Some((_, views)) = self.providers.first() {
            views.tell_unused(&self.diagnostics);
        }
    }
}

impl MeterProvider for Meters {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        if scope.name() == OF_THE_SDK {
            return Meter::new(Arc::new(Nothing));
        }
        let of = |(provider, views): &(SdkMeterProvider, Arc<Views>)| (provider.meter_with_scope(scope.clone()), Arc::clone(views));
        let meters = self.providers.iter().map(of).collect();
        Meter::new(Arc::new(Guarded { meters, scope, diagnostics: self.diagnostics.clone() }))
    }
}

/// The scope in which the SDK counts what it processes itself. That would be there whether somebody asked for it or not, and double what we count,
/// who see more of it.
const OF_THE_SDK: &str = "otel.sdk";

/// A meter that measures nothing.
struct Nothing;

impl InstrumentProvider for Nothing {}

struct Guarded {
    meters: Vec<(Meter, Arc<Views>)>,
    scope: InstrumentationScope,
    diagnostics: Diagnostics,
}

/// What is said of an instrument, whatever its builder.
struct Declared {
    kind: InstrumentKind,
    name: Cow<'static, str>,
    description: Option<Cow<'static, str>>,
    unit: Option<Cow<'static, str>>,
}

impl Guarded {
    /// The streams of an instrument, by the attributes that they have; `None` if no view holds for it.
    fn groups(&self, views: &Views, declared: &Declared) -> Option<Vec<Group>> {
        let (unit, description) = (declared.unit.as_deref().unwrap_or_default(), declared.description.as_deref().unwrap_or_default());
        let made = Made { name: &declared.name, kind: declared.kind, unit, description, scope: &self.scope };
        views.groups(&made, &self.diagnostics)
    }

    /// The instrument of the SDK's; one for each provider and each set of attributes, if some are left out, or none at all, joined to one.
    fn synchronous<I>(&self, declared: &Declared, make: impl Fn(&Meter) -> I, join: impl FnOnce(Split<I>) -> I) -> I {
        let mut parts = Vec::new();
        for (meter, views) in &self.meters {
            match self.groups(views, declared) {
                None => parts.push((make(meter), Keys::default())),
                Some(groups) => parts.extend(groups.into_iter().map(|group| (group.make(|| make(meter)), group.keys))),
            }
        }
        match <[_; 1]>::try_from(parts) {
            Ok([(instrument, keys)]) if keys.are_all() => instrument,
            Ok([only]) => join(Split(vec![only])),
            Err(parts) => join(Split(parts)),
        }
    }

    /// The same of an instrument that is observed, which nobody holds for anything: only its callbacks matter. Their panics go no further.
    fn observable<I, M: Copy + Send + 'static>(
        &self,
        declared: &Declared,
        callbacks: Vec<Callback<M>>,
        join: fn(M, M) -> M,
        make: impl Fn(&Meter, Callbacks<M>) -> I,
    ) -> Option<I> {
        let guard = |callback| guarded(callback, declared.name.to_string(), self.diagnostics.clone());
        let callbacks: Callbacks<M> = callbacks.into_iter().map(guard).collect();
        self.meters.iter().fold(None, |before, (meter, views)| {
            let Some(groups) = self.groups(views, declared) else { return Some(make(meter, Arc::clone(&callbacks))) };
            groups.into_iter().fold(before, |_, group| {
                let all = Arc::clone(&callbacks);
                let callbacks = if group.keys.are_all() { all } else { filtered(all, group.keys.clone(), join) };
                Some(group.make(|| make(meter, callbacks)))
            })
        })
    }
}

/// Hands an instrument on to another meter, with what was said of it.
macro_rules! hand_on {
    ($meter:expr, $method:ident, $declared:expr) => {{
        let mut handed_on = $meter.$method($declared.name.clone());
        if let Some(description) = &$declared.description {
            handed_on = handed_on.with_description(description.clone());
        }
        if let Some(unit) = &$declared.unit {
            handed_on = handed_on.with_unit(unit.clone());
        }
        handed_on
    }};
}

pub(crate) use hand_on;

macro_rules! synchronous {
    ($($method:ident: $instrument:ident<$value:ty>, $kind:ident;)*) => {$(
        fn $method(&self, builder: InstrumentBuilder<'_, $instrument<$value>>) -> $instrument<$value> {
            let InstrumentBuilder { name, description, unit, .. } = builder;
            let declared = Declared { kind: InstrumentKind::$kind, name, description, unit };
            self.synchronous(&declared, |meter| hand_on!(meter, $method, declared).build(), |split| $instrument::new(Arc::new(split)))
        }
    )*};
}

macro_rules! histograms {
    ($($method:ident: $value:ty;)*) => {$(
        fn $method(&self, builder: HistogramBuilder<'_, Histogram<$value>>) -> Histogram<$value> {
            let HistogramBuilder { name, description, unit, boundaries, .. } = builder;
            let declared = Declared { kind: InstrumentKind::Histogram, name, description, unit };
            let make = |meter: &Meter| {
                let handed_on = hand_on!(meter, $method, declared);
                match &boundaries {
                    Some(boundaries) => handed_on.with_boundaries(boundaries.clone()).build(),
                    None => handed_on.build(),
                }
            };
            self.synchronous(&declared, make, |split| Histogram::new(Arc::new(split)))
        }
    )*};
}

macro_rules! observable {
    ($($method:ident: $instrument:ident<$value:ty>, $join:expr;)*) => {$(
        fn $method(&self, builder: AsyncInstrumentBuilder<'_, $instrument<$value>, $value>) -> $instrument<$value> {
            let AsyncInstrumentBuilder { name, description, unit, callbacks, .. } = builder;
            let declared = Declared { kind: InstrumentKind::$instrument, name, description, unit };
            let make = |meter: &Meter, callbacks: Callbacks<$value>| {
                let handed_on = hand_on!(meter, $method, declared);
                handed_on.with_callback(move |observer| callbacks.iter().for_each(|callback| callback(observer))).build()
            };
            self.observable(&declared, callbacks, $join, make).unwrap_or_else($instrument::new)
        }
    )*};
}

impl InstrumentProvider for Guarded {
    synchronous! {
        u64_counter: Counter<u64>, Counter;
        f64_counter: Counter<f64>, Counter;
        i64_up_down_counter: UpDownCounter<i64>, UpDownCounter;
        f64_up_down_counter: UpDownCounter<f64>, UpDownCounter;
        u64_gauge: Gauge<u64>, Gauge;
        i64_gauge: Gauge<i64>, Gauge;
        f64_gauge: Gauge<f64>, Gauge;
    }
    histograms! {
        u64_histogram: u64;
        f64_histogram: f64;
    }
    observable! {
        u64_observable_counter: ObservableCounter<u64>, u64::saturating_add;
        f64_observable_counter: ObservableCounter<f64>, |a, b| a + b;
        i64_observable_up_down_counter: ObservableUpDownCounter<i64>, i64::saturating_add;
        f64_observable_up_down_counter: ObservableUpDownCounter<f64>, |a, b| a + b;
        u64_observable_gauge: ObservableGauge<u64>, |_, last| last;
        i64_observable_gauge: ObservableGauge<i64>, |_, last| last;
        f64_observable_gauge: ObservableGauge<f64>, |_, last| last;
    }
}

/// The callback, whose panics go no further.
fn guarded<M: 'static>(callback: Callback<M>, name: String, diagnostics: Diagnostics) -> Callback<M> {
    let spell = Spell::default();
    Box::new(move |observer| {
        let panicked = panic::catch_unwind(AssertUnwindSafe(|| callback(observer))).is_err();
        if panicked && spell.goes_wrong() {
            diagnostics.error(format_args!("a callback of the instrument `{name}` panicked; what it would have observed is missing"));
        }
        if !panicked && let Some(panics) = spell.goes_right() {
            diagnostics.info(format_args!("the callback of the instrument `{name}` observes again; it panicked {}", times(panics)));
        }
    })
}
