//! [`Site`]: the static data of one instrumented place, and the one way to start something there. Sync and async code meet in
//! [`Site::start`].

use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, Key, KeyValue};

use crate::attributes::{Fields, Section, SpanSection};
use crate::baggage::Entries;
use crate::call::Call;
use crate::clock::Moment;
use crate::exceptions::{Exceptions, Seen};
use crate::metrics::{Count, Instruments, Measured, Time};
use crate::name::{AttributeKey, MetricName, SpanName};
use crate::panics;
use crate::pipeline::{self, Pipeline, Placement, SpanPlacement};
use crate::place::Place;
use crate::recording::{InBuffer, Starting, Template};
use crate::scope::Scope;
use crate::shared::Shared;
use crate::span::Span;
use crate::thread;

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
        if parent.is_none() && self.place.has_short_way() {
            if !self.is_measured() {
                if pipeline::is_below_unsampled() {
                    return Call::inheriting(self);
                }
            } else if let Some(instruments) = self.place.known_instruments()
                && instruments.are_plain()
            {
                return Self::measure(instruments);
            }
        }
        self.begin_placed(parent, fields)
    }

    /// The short way to a call of which nothing is recorded but metrics, which are the same for every call.
    #[inline]
    fn measure(instruments: &'static Instruments) -> Call {
        if !thread::has_context() || Context::is_current_telemetry_suppressed() {
            return Call::off();
        }
        instruments.begin();
        Call::measured(instruments, instruments.ask_for_time().then(Moment::now))
    }

    #[inline(never)]
    fn begin_placed(&'static self, parent: Option<&Context>, fields: &mut dyn FnMut(&mut Fields)) -> Call {
        let placement = self.place.placement(self.span.is_some(), self.is_measured(), parent);
        let Some(Placement { pipeline, span }) = placement else { return Call::off() };
        let instruments = if self.is_measured() { self.instruments(&pipeline) } else { None };
        if instruments.is_none() {
            match span {
                SpanPlacement::None => return Call::off(),
                SpanPlacement::Inherited => return Call::inheriting(self),
                SpanPlacement::Unsampled(parent) => return Call::started(self, Span::carrying(parent), None, None),
                SpanPlacement::In { .. } => {}
            }
        }
        let copied = if instruments.is_some() { pipeline.metric_baggage.attributes(parent) } else { Vec::new() };
        panics::forget();
        let (mut span, starting) = match span {
            SpanPlacement::None => (Span::off(), None),
            SpanPlacement::Inherited => (Span::inherited(), None),
            SpanPlacement::Unsampled(parent) => (Span::carrying(parent), None),
            SpanPlacement::In { parent, case, ratio } => (Span::off(), self.place.starting(&pipeline, parent, case, ratio)),
        };
        let mut known = self.known(starting.as_ref(), instruments.is_some());
        // A `Display` that panics costs the attributes from there on.
        panics::contained(|| fields(&mut known));
        let asks_for_time = known.span.is_some() || self.time.is_some();
        let started = asks_for_time.then(Moment::now);
        let measured = instruments.map(|instruments| Measured::start(instruments, known.count.take(), known.time.take(), copied));
        if let Some(starting) = starting {
            span = self.start_span(&pipeline, starting, known, started);
        }
        Call::started(self, span, measured, started)
    }

    /// What is known before anything was asked for: where the code stands.
    fn known(&'static self, span: Option<&Starting>, is_measured: bool) -> Fields {
        let recorded = span.filter(|starting| starting.records());
        // A metric without attributes of its own has nothing to ask for.
        let section = |keys: Option<&'static [AttributeKey]>| {
            let keys = keys.filter(|keys| is_measured && !keys.is_empty())?;
            Some(Section::new(keys, Vec::with_capacity(keys.len() + 3)))
        };
        Fields {
            span: recorded.map(|starting| SpanSection::new(self.keys(), self.begun(starting))),
            count: section(self.count.map(|count| count.keys)),
            time: section(self.time.map(|time| time.keys)),
            links: Vec::new(),
        }
    }

    /// What a span begins with: its name and its kind, and where the code stands.
    fn begun(&'static self, starting: &Starting) -> InBuffer {
        let (name, kind) = self.name_and_kind();
        let template = self.template.get_or_init(|| Template::new(name, kind, &self.code.attributes()));
        starting.begin_from(template).unwrap_or_else(|| {
            let mut begun = starting.begin(name, kind);
            for attribute in &self.code.attributes() {
                begun.attributes.push(attribute);
            }
            begun
        })
    }

    fn name_and_kind(&self) -> (&'static str, &SpanKind) {
        self.span.as_ref().map_or(("", &SpanKind::Internal), |span| (span.name.as_str(), &span.kind))
    }

    fn start_span(&'static self, pipeline: &Pipeline, starting: Starting, known: Fields, started: Option<Moment>) -> Span {
        let (name, kind) = self.name_and_kind();
        // A span that cannot be recorded needs no time.
        let started = started.map_or(UNIX_EPOCH, Moment::system_time);
        let (span, parent) = starting.start(known.span.map(SpanSection::into_span), name, kind, &known.links, started);
        Span::started(&pipeline.noting(parent, self.place.exceptions), span, started)
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
