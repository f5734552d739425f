//! [`Site`]: the static data of one instrumented place, and the one way to start something there. Sync and async code meet in
//! [`Site::start`]; a call that is only counted starts nothing, and is [`Site::counted`].

use std::sync::OnceLock;

use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, Key, KeyValue};

use crate::attributes::{Fields, OfMetrics, Section, SpanSection};
use crate::baggage::Entries;
use crate::call::{Call, Uncounted};
use crate::clock::{Moment, WallTime};
use crate::exceptions::{Exceptions, Seen};
use crate::metrics::{Count, Instruments, Measured, Time};
use crate::name::{AttributeKey, MetricName, SpanName};
use crate::outcome::Outcome;
use crate::panics;
use crate::pipeline::{self, Above, Pipeline, Placement, SpanPlacement};
use crate::place::Place;
use crate::recording::{InBuffer, Lineage, Starting, Template, Tracer};
use crate::scope::Scope;
use crate::shared::Shared;
use crate::span::Span;
use crate::thread;
use crate::under::Under;

/// One instrumented place of the program. The macros put one in a `static` for each annotated function.
#[derive(Debug)]
pub struct Site {
    pub(crate) code: Code,
    pub(crate) span: Option<SpanSite>,
    /// What all of its spans begin with, once there was one.
    template: OnceLock<Template>,
    /// The names of the entries of baggage that it sets.
    baggage: &'static [AttributeKey],
    pub(crate) count: Option<Count>,
    pub(crate) time: Option<Time>,
    pub(crate) place: Place<Instruments>,
}

/// What `#[traced]` says of a place.
#[derive(Clone, Debug)]
pub(crate) struct SpanSite {
    pub(crate) name: SpanName,
    pub(crate) kind: SpanKind,
    pub(crate) keys: &'static [AttributeKey],
}

/// Where a place stands in the source (semantic conventions, "Source code attributes":
/// <https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/>), and the instrumentation scope that follows from it.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    pub(crate) function: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    scope: Scope,
}

impl Code {
    /// Called by `site!`, with what only the user's crate can say. Without Cargo there is no package name; then the crate's own is used.
    #[must_use]
    pub const fn new(
        function: &'static str,
        file: &'static str,
        line: u32,
        module: &'static str,
        package: Option<&'static str>,
        version: Option<&'static str>,
    ) -> Self {
        Self { function, file, line, scope: Scope::of_crate(module, package, version) }
    }
}

impl Site {
    /// A place that records nothing yet.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        let place = Place::new(code.function, code.scope);
        Self { code, span: None, template: OnceLock::new(), baggage: &[], count: None, time: None, place }
    }

    /// Records a span. `keys` are those of its `fields`, then those of `ok`, then those of `err`.
    #[must_use]
    pub const fn span(mut self, name: SpanName, kind: SpanKind, keys: &'static [AttributeKey]) -> Self {
        self.span = Some(SpanSite { name, kind, keys });
        self
    }

    /// Emits exceptions in this way, whatever the environment says.
    #[must_use]
    pub const fn exceptions(mut self, way: Exceptions) -> Self {
        self.place.exceptions = Some(way);
        self
    }

    /// Sets these entries of baggage for what runs inside.
    #[must_use]
    pub const fn baggage(mut self, names: &'static [AttributeKey]) -> Self {
        self.baggage = names;
        self
    }

    /// Counts calls.
    #[must_use]
    pub const fn count(mut self, count: Count) -> Self {
        self.count = Some(count);
        self
    }

    /// Times calls; called after [`count`](Self::count).
    ///
    /// # Panics
    ///
    /// If the histogram has the name of the counter; while compiling.
    #[must_use]
    #[track_caller]
    pub const fn time(mut self, time: Time) -> Self {
        if let Some(count) = &self.count {
            assert!(!count.name.is(time.name), "the counter has this name already; a histogram has one of its own");
        }
        self.time = Some(time);
        self
    }

    /// Records under an instrumentation scope of this name, instead of the user's crate.
    #[must_use]
    pub const fn scope(mut self, name: &'static str) -> Self {
        self.place.scope = Scope::named(name);
        self
    }

    /// Starts a call: its span, if it records one, is the child of the current one. `fields` gives the values that are known now; those of the
    /// span are asked for only if it may be recorded, and before the sampler is, if
    /// that looks at them.
    #[inline]
    pub fn start(&'static self, mut fields: impl FnMut(&mut Fields)) -> Call {
        if self.place.is_off() { Call::off() } else { self.begin(None, &mut fields) }
    }

    /// As [`start`](Self::start), with the span in the context that `parent` gives.
    #[inline]
    pub fn start_in(&'static self, parent: impl FnOnce() -> Context, mut fields: impl FnMut(&mut Fields)) -> Call {
        let records = |site: &'static Self| site.place.rule(site.span.is_some(), site.is_measured()).is_some();
        if self.place.is_off() || !records(self) { Call::off() } else { self.begin(Some(&parent()), &mut fields) }
    }

    /// As [`start_in`](Self::start_in), with the entries that `baggage` sets. They are context and not telemetry, so they are there for what runs
    /// inside whatever is installed, filtered or sampled.
    pub fn start_with(
        &'static self,
        parent: impl FnOnce() -> Context,
        mut baggage: impl FnMut(&mut Entries),
        mut fields: impl FnMut(&mut Fields),
    ) -> Call {
        // Where a thread has no context any more, there is nothing to set and nothing to record.
        if thread::has_context() { self.begin_with(&parent(), &mut baggage, &mut fields) } else { Call::off() }
    }

    /// Runs `body` as a call that is counted, at a place that does nothing else, with the outcome of what `body` returns, or as panicked. Once it is
    /// known where to count it, this is all there is to it, and there is no [`Call`].
    #[inline]
    pub fn counted<T>(&'static self, body: impl FnOnce() -> T, outcome: impl FnOnce(&T) -> Outcome) -> T {
        let known = self.place.known();
        if !known.starts_nothing() {
            return self.called(body, outcome);
        }
        let uncounted = known.counting().map(|cell| Uncounted::new(self, cell));
        let returned = body();
        if let Some(uncounted) = uncounted {
            uncounted.count(&outcome(&returned));
        }
        returned
    }

    #[inline(never)]
    fn called<T>(&'static self, body: impl FnOnce() -> T, outcome: impl FnOnce(&T) -> Outcome) -> T {
        self.start(|_| ()).in_scope(body, |returned, _| outcome(returned))
    }

    fn begin_with(&'static self, parent: &Context, baggage: &mut dyn FnMut(&mut Entries), fields: &mut dyn FnMut(&mut Fields)) -> Call {
        let mut entries = Entries::new(self.baggage, parent);
        // A value that panics costs the entries from there on.
        panics::contained(|| baggage(&mut entries));
        let context = entries.into_context(parent);
        let mut call = if self.place.is_off() { Call::off() } else { self.begin(Some(&context), fields) };
        call.carry(self, context);
        call
    }

    fn is_measured(&self) -> bool {
        self.count.is_some() || self.time.is_some()
    }

    /// What is to be said of an exception that is seen here.
    pub(crate) fn seen(&self) -> Seen<'_> {
        let kind = self.span.as_ref().map(|span| &span.kind);
        Seen { scope: self.place.scope, way: self.place.exceptions, kind, code: Some(&self.code) }
    }

    /// The keys of the span's attributes.
    pub(crate) fn keys(&self) -> &'static [AttributeKey] {
        self.span.as_ref().map_or(&[], |span| span.keys)
    }

    #[inline(never)]
    fn begin(&'static self, parent: Option<&Context>, fields: &mut dyn FnMut(&mut Fields)) -> Call {
        let known = self.place.known();
        if parent.is_some() {
            self.begin_placed(parent, fields)
        } else if known.is_traced_shortly() {
            self.trace(fields)
        } else if known.is_measured_shortly() {
            self.measure(fields)
        } else if let Some(cell) = known.counting() {
            Call::counting(Uncounted::new(self, cell))
        } else {
            self.begin_placed(None, fields)
        }
    }

    /// The short way to a call of which nothing is recorded but metrics, which are the same for every call. It needs no context, and goes on where a
    /// thread has none any more.
    #[inline(never)]
    fn measure(&'static self, fields: &mut dyn FnMut(&mut Fields)) -> Call {
        let Some(instruments) = self.plain_instruments() else { return self.begin_placed(None, fields) };
        if let Some(cell) = instruments.only_cell() {
            self.place.counts_in(cell);
        }
        instruments.begin();
        Call::measured(instruments, instruments.ask_for_time().then(Moment::now))
    }

    /// The instruments, if they are known, and nothing of what they measure depends on the call.
    #[inline]
    fn plain_instruments(&'static self) -> Option<&'static Instruments> {
        self.place.known_instruments().filter(|instruments| instruments.are_plain())
    }

    /// The short way to a call whose span is known not to be sampled, or to be, with metrics that are the same for every call.
    #[inline]
    fn trace(&'static self, fields: &mut dyn FnMut(&mut Fields)) -> Call {
        if !thread::has_context() {
            return Call::off();
        }
        match Context::map_current(pipeline::above) {
            Above::Any => self.record(fields),
            _ if self.is_measured() => self.begin_placed(None, fields),
            Above::Suppressed => Call::off(),
            Above::Unsampled => Call::inheriting(self),
        }
    }

    /// Not compiled into the way of calls that record nothing.
    #[inline(never)]
    fn record(&'static self, fields: &mut dyn FnMut(&mut Fields)) -> Call {
        let (Some(pipeline), Some((tracer, begun)), instruments) = (pipeline::first(), self.begun_sampled(), self.plain_instruments())
        else {
            return self.begin_placed(None, fields);
        };
        if self.is_measured() && instruments.is_none() {
            return self.begin_placed(None, fields);
        }
        panics::forget();
        let mut known = Fields { span: Some(SpanSection::new(self.keys(), begun)), measured: None, links: None };
        // A `Display` that panics costs the attributes from there on.
        panics::contained(|| fields(&mut known));
        // Taken out one by one, and put where they are to be: what is moved in pieces is waited for.
        let (Some(span), links) = (known.span.as_mut().map(SpanSection::finish), known.links.take()) else { return Call::off() };
        let started = Moment::now();
        let at = started.wall_time();
        let span = tracer.start_sampled(span, links, at);
        let mut call = Call::started(self, self.place.started_recording(pipeline, span, Under::Current, at), None, Some(started));
        if let Some(instruments) = instruments {
            call.measure(Measured::start(Shared::Global(instruments), None));
        }
        call
    }

    /// What a span begins with in the current context, if it is known to be sampled there.
    #[inline]
    fn begun_sampled(&'static self) -> Option<(&'static Tracer, InBuffer)> {
        let (tracer, template) = (self.place.known_tracer()?, self.template.get()?);
        let begun = Context::map_current(|current| tracer.begin_sampled(template, &Lineage::in_context(current)))?;
        Some((tracer, begun))
    }

    #[inline(never)]
    fn begin_placed(&'static self, parent: Option<&Context>, fields: &mut dyn FnMut(&mut Fields)) -> Call {
        let under = Under::from(parent);
        let placement = self.place.placement(self.span.is_some(), self.is_measured(), under);
        let Some(Placement { pipeline, span }) = placement else { return Call::off() };
        let instruments = if self.is_measured() { self.instruments(&pipeline) } else { None };
        let starting = match span {
            SpanPlacement::In { lineage, ratio } => self.place.starting(&pipeline, under, lineage, ratio),
            SpanPlacement::Inherited if instruments.is_none() => return self.inherit(parent),
            SpanPlacement::None | SpanPlacement::Suppressed if instruments.is_none() => return Call::off(),
            SpanPlacement::Inherited | SpanPlacement::None | SpanPlacement::Suppressed => None,
        };
        panics::forget();
        let mut known = Fields {
            span: starting
                .as_ref()
                .filter(|starting| starting.records())
                .map(|starting| SpanSection::new(self.keys(), self.begun(starting))),
            measured: if instruments.is_some() { self.of_metrics(&pipeline, parent) } else { None },
            links: None,
        };
        // A `Display` that panics costs the attributes from there on.
        panics::contained(|| fields(&mut known));
        let asks_for_time = known.span.is_some() || self.time.is_some();
        let started = asks_for_time.then(Moment::now);
        let measured = instruments.map(|instruments| Measured::start(instruments, known.measured));
        let span = match starting {
            Some(starting) => {
                let (name, kind) = self.name_and_kind();
                // A span that cannot be recorded needs no time.
                let at = started.map_or(WallTime(0), Moment::wall_time);
                let span = starting.start(
                    known.span.as_mut().map(SpanSection::finish),
                    name,
                    kind,
                    known.links.as_deref().unwrap_or_default(),
                    at,
                );
                self.place.started(&pipeline, span, under, at)
            }
            None => match (span, parent) {
                (SpanPlacement::Inherited, Some(parent)) => Span::carrying(parent.clone()),
                (SpanPlacement::Inherited, None) => Span::inherited(),
                _ => Span::off(),
            },
        };
        Call::started(self, span, measured, started)
    }

    /// Records nothing, because the parent is not sampled.
    fn inherit(&'static self, parent: Option<&Context>) -> Call {
        match parent {
            None => Call::inheriting(self),
            Some(parent) => Call::started(self, Span::carrying(parent.clone()), None, None),
        }
    }

    /// The attributes that the metrics may have of their own; those that there are already come from baggage.
    fn of_metrics(&self, pipeline: &Pipeline, parent: Option<&Context>) -> Option<Box<OfMetrics>> {
        // A metric without attributes of its own has nothing to ask for.
        let section = |keys: Option<&'static [AttributeKey]>| {
            let keys = keys.filter(|keys| !keys.is_empty())?;
            Some(Section::new(keys, Vec::with_capacity(keys.len() + 3)))
        };
        let copied = pipeline.metric_baggage.attributes(parent);
        let (count, time) = (section(self.count.map(|count| count.keys)), section(self.time.map(|time| time.keys)));
        (count.is_some() || time.is_some() || !copied.is_empty()).then(|| Box::new(OfMetrics { count, time, copied }))
    }

    /// What a span begins with: its name and its kind, and where the code stands.
    #[inline]
    fn begun(&'static self, starting: &Starting<'_>) -> InBuffer {
        let template = self.template.get_or_init(|| {
            let (name, kind) = self.name_and_kind();
            Template::new(name, kind, &self.code.attributes())
        });
        starting.begin_from(template).unwrap_or_else(|| self.begun_within(starting))
    }

    /// The same where the limits leave too little room for it.
    #[cold]
    fn begun_within(&self, starting: &Starting<'_>) -> InBuffer {
        let (name, kind) = self.name_and_kind();
        let mut begun = starting.begin(name, kind);
        for attribute in &self.code.attributes() {
            begun.attributes.push(attribute);
        }
        begun
    }

    fn name_and_kind(&self) -> (&'static str, &SpanKind) {
        self.span.as_ref().map_or(("", &SpanKind::Internal), |span| (span.name.as_str(), &span.kind))
    }

    fn instruments(&'static self, pipeline: &Pipeline) -> Option<Shared<Instruments>> {
        let (scope, function) = (self.place.scope, self.code.function);
        self.place.instruments(pipeline, |meter| {
            let declare = |name: MetricName, declaration| pipeline.declare(scope, name.as_str(), declaration, function);
            self.count.iter().for_each(|count| declare(count.name, count.declaration()));
            self.time.iter().for_each(|time| declare(time.name, time.declaration()));
            Instruments::new(meter, function, self.count.as_ref(), self.time.as_ref(), pipeline.is_kept_by_sites())
        })
    }
}

impl Code {
    fn attributes(&self) -> [KeyValue; 3] {
        [
            KeyValue::new(Key::from_static_str("code.function.name"), self.function),
            KeyValue::new(Key::from_static_str("code.file.path"), self.file),
            KeyValue::new(Key::from_static_str("code.line.number"), i64::from(self.line)),
        ]
    }
}

#[cfg(test)]
mod tests;
