//! An instrument that is several of the SDK's, each with attributes of its own.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, BoundSyncInstrument, Callback, Counter, Gauge, Histogram, SyncInstrument, UpDownCounter};

use super::view::Keys;

/// An instrument of the API's that measures, whatever it calls that.
pub(super) trait Measure<T>: Send + Sync {
    fn measure(&self, value: T, attributes: &[KeyValue]);

    fn bind(&self, attributes: &[KeyValue]) -> Box<dyn Fn(T) + Send + Sync>;
}

macro_rules! measure {
    ($($instrument:ident: $method:ident),*) => {$(
        impl<T: 'static> Measure<T> for $instrument<T> {
            fn measure(&self, value: T, attributes: &[KeyValue]) {
                self.$method(value, attributes);
            }

            fn bind(&self, attributes: &[KeyValue]) -> Box<dyn Fn(T) + Send + Sync> {
                let bound = $instrument::bind(self, attributes);
                Box::new(move |value| bound.$method(value))
            }
        }
    )*};
}

measure! { Counter: add, UpDownCounter: add, Gauge: record, Histogram: record }

/// Instruments that measure the same, each with what its keys leave of the attributes. Of none, nothing is measured.
pub(super) struct Split<I>(pub(super) Vec<(I, Keys)>);

impl<T: Copy + 'static, I: Measure<T>> SyncInstrument<T> for Split<I> {
    fn measure(&self, value: T, attributes: &[KeyValue]) {
        for (instrument, keys) in &self.0 {
            instrument.measure(value, &keys.of(attributes));
        }
    }

    fn bind(&self, attributes: &[KeyValue]) -> Box<dyn BoundSyncInstrument<T> + Send + Sync> {
        Box::new(Bound(self.0.iter().map(|(instrument, keys)| instrument.bind(&keys.of(attributes))).collect()))
    }
}

struct Bound<T>(Vec<Box<dyn Fn(T) + Send + Sync>>);

impl<T: Copy> BoundSyncInstrument<T> for Bound<T> {
    fn measure(&self, value: T) {
        self.0.iter().for_each(|measure| measure(value));
    }
}

impl<I> fmt::Debug for Split<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(_, keys)| keys)).finish()
    }
}

impl Keys {
    fn of<'a>(&self, attributes: &'a [KeyValue]) -> Cow<'a, [KeyValue]> {
        if self.are_all() {
            return Cow::Borrowed(attributes);
        }
        attributes.iter().filter(|attribute| self.has(attribute.key.as_str())).cloned().collect()
    }
}

/// All callbacks of an instrument.
pub(super) type Callbacks<M> = Arc<[Callback<M>]>;

/// Callbacks whose observations keep only some attributes. What then differs in nothing is one observation: of a counter the sum, of a gauge the
/// last.
pub(super) fn filtered<M: Copy + Send + 'static>(callbacks: Callbacks<M>, keys: Keys, join: fn(M, M) -> M) -> Callbacks<M> {
    let filtered: Callback<M> = Box::new(move |observer| {
        let gathered = Gathered { keys: &keys, join, observed: Mutex::default() };
        callbacks.iter().for_each(|callback| callback(&gathered));
        for (attributes, value) in gathered.observed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            observer.observe(value, &attributes);
        }
    });
    [filtered].into()
}

struct Gathered<'a, M> {
    keys: &'a Keys,
    join: fn(M, M) -> M,
    observed: Mutex<HashMap<Vec<KeyValue>, M>>,
}

impl<M: Copy + Send> AsyncInstrument<M> for Gathered<'_, M> {
    fn observe(&self, value: M, attributes: &[KeyValue]) {
        let mut attributes = self.keys.of(attributes).into_owned();
        attributes.sort_by(|a, b| a.key.cmp(&b.key));
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        observed.entry(attributes).and_modify(|before| *before = (self.join)(*before, value)).or_insert(value);
    }
}
