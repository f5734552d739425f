//! All views of a program: which streams an instrument has.
//!
//! The SDK asks a view for a stream when an instrument is made. Here that is decided before, because a view of ours can say more: attributes that
//! are left out, and wildcards among them. Instruments of the SDK's are then made one for each set of attributes, and what the SDK asks of its views
//! meanwhile is answered with the streams of that set.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry_sdk::metrics::{Aggregation, Instrument, InstrumentKind, MeterProviderBuilder, Stream};

use super::view::{Keys, Made, View};
use crate::diagnostics::Diagnostics;

/// How many sets of attributes the points of an instrument may have, by its kind; what is not said is for the SDK to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CardinalityLimits {
    pub(crate) counter: Option<usize>,
    pub(crate) gauge: Option<usize>,
    pub(crate) histogram: Option<usize>,
    pub(crate) observable_counter: Option<usize>,
    pub(crate) observable_gauge: Option<usize>,
    pub(crate) observable_up_down_counter: Option<usize>,
    pub(crate) up_down_counter: Option<usize>,
}

impl CardinalityLimits {
    fn of(&self, kind: InstrumentKind) -> Option<usize> {
        match kind {
            InstrumentKind::Counter => self.counter,
            InstrumentKind::Gauge => self.gauge,
            InstrumentKind::Histogram => self.histogram,
            InstrumentKind::ObservableCounter => self.observable_counter,
            InstrumentKind::ObservableGauge => self.observable_gauge,
            InstrumentKind::ObservableUpDownCounter => self.observable_up_down_counter,
            InstrumentKind::UpDownCounter => self.up_down_counter,
        }
    }
}

/// What holds for what a reader collects, where no view says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Defaults {
    /// Whether histograms choose their buckets themselves.
    pub(crate) exponential_histograms: bool,
    pub(crate) cardinality_limits: CardinalityLimits,
}

/// All views, in their order, and what holds beside them for some readers.
#[derive(Debug, Default)]
pub(crate) struct Views {
    all: Arc<[Registered]>,
    defaults: Defaults,
}

#[derive(Debug)]
struct Registered {
    view: View,
    /// Whether an instrument fitted.
    fitted: AtomicBool,
    /// Whether it was said that it does not hold for one that fitted.
    told: AtomicBool,
}

/// Streams of an instrument that have the same attributes: places in the list of views.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) keys: Keys,
    views: Vec<usize>,
}

thread_local! {
    /// The views of the group of which this thread makes an instrument now.
    static APPLIED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

impl Views {
    /// Of views that were [checked](View::check).
    pub(crate) fn new(views: &[View]) -> Self {
        let registered = |view: &View| Registered { view: view.clone(), fitted: AtomicBool::new(false), told: AtomicBool::new(false) };
        Self { all: views.iter().map(registered).collect(), defaults: Defaults::default() }
    }

    /// The same views, and what is said of them once, for readers for which this holds.
    pub(crate) fn beside(&self, defaults: Defaults) -> Arc<Self> {
        Arc::new(Self { all: Arc::clone(&self.all), defaults })
    }

    pub(crate) fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// Has the SDK ask these.
    pub(crate) fn install(self: &Arc<Self>, mut builder: MeterProviderBuilder) -> MeterProviderBuilder {
        for at in 0..self.all.len() {
            let views = Arc::clone(self);
            builder = builder.with_view(move |instrument: &Instrument| views.stream(at, instrument.kind()));
        }
        if self.defaults != Defaults::default() {
            let views = Arc::clone(self);
            builder = builder.with_view(move |instrument: &Instrument| {
                let is_without = APPLIED.with_borrow(Vec::is_empty);
                is_without.then(|| views.stream_without(instrument.kind())).flatten()
            });
        }
        builder
    }

    fn stream(&self, at: usize, kind: InstrumentKind) -> Option<Stream> {
        let is_applied = APPLIED.with_borrow(|applied| applied.contains(&at));
        self.all[at].view.stream(self.aggregation(kind), self.defaults.cardinality_limits.of(kind)).filter(|_| is_applied)
    }

    /// That of an instrument that fits no view, where something is said of its kind.
    fn stream_without(&self, kind: InstrumentKind) -> Option<Stream> {
        let (aggregation, limit) = (self.aggregation(kind), self.defaults.cardinality_limits.of(kind));
        let said = aggregation.is_some() || limit.is_some();
        said.then(|| View::of("*").stream(aggregation, limit)).flatten()
    }

    fn aggregation(&self, kind: InstrumentKind) -> Option<Aggregation> {
        self.defaults.exponential_histograms.then(|| exponential(kind)).flatten()
    }

    /// The streams of an instrument, those together that have the same attributes; `None` if no view holds for it.
    pub(super) fn groups(&self, made: &Made<'_>, diagnostics: &Diagnostics) -> Option<Vec<Group>> {
        let mut groups: Vec<Group> = Vec::new();
        let mut streams = Vec::new();
        let mut is_dropped = false;
        for (at, registered) in self.all.iter().enumerate().filter(|(_, registered)| registered.view.fits(made)) {
            let view = &registered.view;
            registered.fitted.store(true, Ordering::Relaxed);
            if !view.can_aggregate(made.kind) {
                registered.tell(made, diagnostics, view.misfit(made.kind));
                continue;
            }
            if view.drops() {
                is_dropped = true;
                continue;
            }
            let stream = view.identity(made);
            if streams.contains(&stream) {
                registered.tell(made, diagnostics, format_args!("gives it a second metric `{}`; give one of them another name", stream.0));
                continue;
            }
            streams.push(stream);
            match groups.iter_mut().find(|group| group.keys == *view.keys()) {
                Some(group) => group.views.push(at),
                None => groups.push(Group { keys: view.keys().clone(), views: vec![at] }),
            }
        }
        (is_dropped || !groups.is_empty()).then_some(groups)
    }

    /// Tells of the views that no instrument fitted.
    pub(crate) fn tell_unused(&self, diagnostics: &Diagnostics) {
        for registered in self.all.iter().filter(|registered| !registered.fitted.load(Ordering::Relaxed)) {
            diagnostics.debug(format_args!("the view of `{}` fitted no instrument", registered.view.instruments()));
        }
    }
}

impl Registered {
    /// Says once that it does not hold for an instrument.
    fn tell(&self, made: &Made<'_>, diagnostics: &Diagnostics, why: impl fmt::Display) {
        if !self.told.swap(true, Ordering::Relaxed) {
            let (view, name) = (self.view.instruments(), made.name);
            diagnostics.warn(format_args!("the view of `{view}` does not hold for the instrument `{name}`: it {why}"));
        }
    }
}

impl Group {
    /// Has the streams of this group made for an instrument of the SDK's.
    pub(super) fn make<I>(&self, instrument: impl FnOnce() -> I) -> I {
        struct Applied;
        impl Drop for Applied {
            fn drop(&mut self) {
                APPLIED.with_borrow_mut(Vec::clear);
            }
        }
        APPLIED.set(self.views.clone());
        let _applied = Applied;
        instrument()
    }
}

/// Histograms that choose their buckets themselves, as fine as the specification has them by default.
fn exponential(kind: InstrumentKind) -> Option<Aggregation> {
    let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: true };
    (kind == InstrumentKind::Histogram).then_some(aggregation)
}
