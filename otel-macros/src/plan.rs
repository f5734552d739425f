//! What we decided: every check of what was written against what it was written on. If a [`Plan`] exists, it expands.

use proc_macro2::{Group, Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, LitStr, Path, Type};

use crate::args::{Name, Slot};
use crate::errors::{Errors, listed};
use crate::field::{Field, Key, KeyForm, Sigil, SpanField};
use crate::function::{Function, Shape};
use crate::runtime_path;
use crate::semconv::{Instrument, Kind, Metric};
use crate::written::Written;
use crate::{counted, semconv, timed, traced};

/// The kinds of a span as the user writes them, and the variants they stand for.
const KINDS: [(&str, &str); 5] =
    [("internal", "Internal"), ("server", "Server"), ("client", "Client"), ("producer", "Producer"), ("consumer", "Consumer")];

/// The ways to emit exceptions, in the same way.
const EXCEPTIONS: [(&str, &str); 4] = [("events", "Events"), ("logs", "Logs"), ("both", "Both"), ("none", "None")];

/// What the runtime records of every span, from the call itself.
pub(crate) const SPAN_KEYS: &[&str] =
    &["code.file.path", "code.function.name", "code.line.number", "error.type", "function.items", "function.outcome"];
/// The metrics that functions share which give no name.
const RUNTIME_METRICS: &[&str] = &["function.active_calls", "function.calls", "function.duration"];
/// What it records of every measurement.
const METRIC_KEYS: &[&str] = &["code.function.name", "error.type", "function.outcome"];

/// One instrumented function.
pub(crate) struct Plan {
    pub(crate) runtime: Path,
    pub(crate) function: Function,
    pub(crate) body: Group,
    pub(crate) folded: Vec<Path>,
    pub(crate) shape: Shape,
    /// The type or trait that the function belongs to, if that is known.
    pub(crate) owner: Option<String>,
    pub(crate) span: Option<SpanPlan>,
    pub(crate) count: Option<CountPlan>,
    pub(crate) time: Option<TimePlan>,
}

pub(crate) struct SpanPlan {
    /// `None`: the function's own name, behind its owner's.
    pub(crate) name: Option<Name>,
    /// A variant of `SpanKind`, at the place where the user wrote it.
    pub(crate) kind: Ident,
    pub(crate) fields: Vec<SpanField>,
    pub(crate) ok: Vec<Field>,
    pub(crate) err: Vec<Field>,
    /// `error_if` or `ok_if`, with the method of `Outcome` that it stands for.
    pub(crate) verdict: Option<(Ident, Expr)>,
    pub(crate) origin: Origin,
    pub(crate) links: Option<Expr>,
    pub(crate) baggage: Vec<Field>,
    /// A variant of `Exceptions`, at the place where the user wrote it.
    pub(crate) exceptions: Option<Ident>,
    pub(crate) scope: Option<LitStr>,
    pub(crate) item_events: bool,
}

/// Where the span's parent comes from.
pub(crate) enum Origin {
    Current,
    Explicit(Expr),
    Root,
}

pub(crate) struct CountPlan {
    pub(crate) name: Option<Name>,
    pub(crate) unit: Option<Name>,
    pub(crate) description: Option<LitStr>,
    pub(crate) in_flight: bool,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct TimePlan {
    pub(crate) name: Option<Name>,
    pub(crate) description: Option<LitStr>,
    pub(crate) buckets: Option<Expr>,
    pub(crate) fields: Vec<Field>,
}

impl Plan {
    /// `owner` is the type or trait in whose block the function stands, if the block is what was annotated.
    pub(crate) fn new(written: Written, mut function: Function, owner: Option<String>, errors: &mut Errors) -> Option<Self> {
        let runtime = runtime_path::or_default(written.runtime().take());
        refuse_const(&function, errors);
        refuse_track_caller(&function, errors);
        let Some(body) = function.body.take() else {
            errors.at(
                &function.signature,
                "a method without a body does nothing that could be recorded; annotate the implementations, or give it a default body",
            );
            return None;
        };
        let shape = function.shape();
        refuse_same_metric(&written, errors);
        let folded = written.folded;
        let span = written.traced.map(|args| SpanPlan::new(args, &shape, errors));
        let count = written.counted.map(|args| CountPlan::new(args, errors));
        let time = written.timed.map(|args| TimePlan::new(args, errors));
        Some(Self { runtime, function, body, folded, shape, owner, span, count, time })
    }

    /// Whether all there is to do is to count calls when they end, the same for each.
    pub(crate) fn only_counts(&self) -> bool {
        let is_plain = |count: &CountPlan| !count.in_flight && count.fields.is_empty();
        self.span.is_none() && self.time.is_none() && self.count.as_ref().is_some_and(is_plain)
    }
}

impl SpanPlan {
    fn new(args: traced::Args, shape: &Shape, errors: &mut Errors) -> Self {
        refuse_root_with_parent(&args, errors);
        refuse_what_does_not_fit(&args, shape, errors);
        let verdict = verdict(&args, errors);
        let (fields, ok, err) =
            (args.fields.take().unwrap_or_default(), args.ok.take().unwrap_or_default(), args.err.take().unwrap_or_default());
        let origin = match args.parent.take() {
            Some(parent) => Origin::Explicit(parent),
            None if args.root.get().is_some() => Origin::Root,
            None => Origin::Current,
        };
        let plan = Self {
            name: args.name.take(),
            kind: kind(args.kind.take(), errors),
            fields,
            ok,
            err,
            verdict,
            origin,
            links: args.links.take(),
            baggage: baggage(args.baggage, errors),
            exceptions: args.exceptions.take().map(|written| variant(&written, "no way to emit exceptions; the ways", &EXCEPTIONS, errors)),
            scope: args.scope.take(),
            item_events: args.item_events.get().is_some(),
        };
        plan.refuse_same_key_twice(errors);
        for field in plan.named() {
            check_field(field, SPAN_KEYS, errors);
        }
        plan
    }

    /// Of what is returned only one is there, so `ok` and `err` may share a key.
    fn refuse_same_key_twice(&self, errors: &mut Errors) {
        let reason = "a span has one value for each key";
        let fields = self.named().count() - self.ok.len() - self.err.len();
        refuse_same_key_twice(self.named().take(fields + self.ok.len()), reason, errors);
        let before = self.named().take(fields).map(|field| field.key.text.as_str()).collect();
        refuse_same_key_again(before, self.err.iter(), reason, errors);
    }

    /// The attributes that have a key here: those of `fields`, then those of `ok`, then those of `err`.
    pub(crate) fn named(&self) -> impl Iterator<Item = &Field> + Clone {
        let fields = self.fields.iter().filter_map(|field| match field {
            SpanField::One(field) => Some(field),
            SpanField::Spread(_) => None,
        });
        fields.chain(&self.ok).chain(&self.err)
    }
}

impl CountPlan {
    fn new(args: counted::Args, errors: &mut Errors) -> Self {
        let shared = "function.calls";
        refuse_without_name(&args.name, &args.unit, "unit", shared, errors);
        refuse_without_name(&args.name, &args.description, "description", shared, errors);
        let fields = metric_fields(args.fields, errors);
        let convention = args.name.get().and_then(|name| convention(name, "counted", Instrument::Counter, errors));
        if let (Some(name), Some(metric)) = (args.name.get(), &convention)
            && !(metric.unit.starts_with('{') || metric.unit == "1")
        {
            errors.at(name, format!("`{}` is measured in `{}`, and `#[counted]` counts calls", metric.name, metric.unit));
        }
        let unit = unit(args.unit, convention.as_ref(), errors);
        Self { name: args.name.take(), unit, description: args.description.take(), in_flight: args.in_flight.get().is_some(), fields }
    }
}

impl TimePlan {
    fn new(args: timed::Args, errors: &mut Errors) -> Self {
        let shared = "function.duration";
        refuse_without_name(&args.name, &args.description, "description", shared, errors);
        refuse_without_name(&args.name, &args.buckets, "buckets", shared, errors);
        let fields = metric_fields(args.fields, errors);
        if let Some(name) = args.name.get()
            && let Some(metric) = convention(name, "timed", Instrument::Histogram, errors)
            && metric.unit != "s"
        {
            errors.at(name, format!("`{}` is measured in `{}`, and `#[timed]` in seconds", metric.name, metric.unit));
        }
        Self { name: args.name.take(), description: args.description.take(), buckets: args.buckets.take(), fields }
    }
}

fn kind(written: Option<Ident>, errors: &mut Errors) -> Ident {
    let Some(written) = written else { return Ident::new("Internal", Span::call_site()) };
    variant(&written, "no kind of a span; the kinds", &KINDS, errors)
}

/// The variant that a word stands for, at its place.
fn variant(written: &Ident, what: &str, known: &[(&str, &str)], errors: &mut Errors) -> Ident {
    let found = known.iter().find(|(word, _)| written == word);
    if found.is_none() {
        let choices: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        errors.at(written, format!("`{written}` is {what} are {}", listed(&choices)));
    }
    Ident::new(found.map_or(known[0].1, |(_, variant)| variant), written.span())
}

fn verdict(args: &traced::Args, errors: &mut Errors) -> Option<(Ident, Expr)> {
    if let (Some(_), Some(place)) = (args.error_if.get(), args.ok_if.place()) {
        errors.at_span(place, "`ok_if` and `error_if` judge the same value; keep one of them");
    }
    let method = |name: &str, slot: &Slot<Expr>| Some((Ident::new(name, slot.place()?), slot.get()?.clone()));
    method("error_if", &args.error_if).or_else(|| method("ok_if", &args.ok_if))
}

fn refuse_root_with_parent(args: &traced::Args, errors: &mut Errors) {
    if let (Some(_), Some(place)) = (args.parent.get(), args.root.place()) {
        errors.at_span(place, "a span with `parent` is no `root`; keep one of them");
    }
}

/// Options that look at what a function gives need one that gives it in this way.
fn refuse_what_does_not_fit(args: &traced::Args, shape: &Shape, errors: &mut Errors) {
    let is_stream = matches!(shape, Shape::Stream { .. } | Shape::BoxedStream { .. });
    let is_never = matches!(shape, Shape::Sync { returned: Type::Never(_) } | Shape::Async { returned: Type::Never(_) });
    let looking = [("ok", args.ok.place()), ("err", args.err.place()), ("error_if", args.error_if.place()), ("ok_if", args.ok_if.place())];
    for (option, place) in looking {
        let Some(place) = place else { continue };
        if is_never {
            errors.at_span(place, format!("`{option}` looks at what the function returns, and this one never does"));
        } else if is_stream {
            errors.at_span(
                place,
                format!("`{option}` looks at one returned value, and a stream gives many; classify its items by their type"),
            );
        }
    }
    if let Some(place) = args.item_events.place().filter(|_| !is_stream) {
        errors.at_span(place, "`item_events` is for functions that return `impl Stream` or `Pin<Box<dyn Stream>>`");
    }
}

fn refuse_same_key_twice<'a>(fields: impl Iterator<Item = &'a Field>, reason: &str, errors: &mut Errors) {
    refuse_same_key_again(Vec::new(), fields, reason, errors);
}

/// The same where some keys stand before these.
fn refuse_same_key_again<'a>(mut seen: Vec<&'a str>, fields: impl Iterator<Item = &'a Field>, reason: &str, errors: &mut Errors) {
    for Field { key, .. } in fields {
        let text = key.text.as_str();
        if seen.contains(&text) {
            errors.at_span(key.span(), format!("the attribute `{text}` is given twice; {reason}"));
        }
        seen.push(text);
    }
}

/// The fields of a metric, each key of which may stand there.
fn metric_fields(written: Slot<Vec<Field>>, errors: &mut Errors) -> Vec<Field> {
    let fields = written.take().unwrap_or_default();
    refuse_same_key_twice(fields.iter(), "a metric has one value for each key", errors);
    for field in &fields {
        check_field(field, METRIC_KEYS, errors);
    }
    fields
}

/// The entries of baggage: all of them become texts, whatever the conventions say of an attribute of that name.
fn baggage(written: Slot<Vec<Field>>, errors: &mut Errors) -> Vec<Field> {
    let entries = written.take().unwrap_or_default();
    refuse_same_key_twice(entries.iter(), "baggage has one value for each name", errors);
    for entry in &entries {
        refuse_misspelt(&entry.key, errors);
    }
    entries
}

/// A key is not the runtime's own, and in the semantic conventions if it looks like it, where its value is not made a string.
fn check_field(field: &Field, own: &[&str], errors: &mut Errors) {
    let Some(literal) = field.key.literal() else { return };
    let KeyForm::Dotted(_) = field.key.form else {
        refuse_own_key(literal, own, errors);
        return;
    };
    if refuse_own_key(literal, own, errors) {
        return;
    }
    refuse_misspelt(&field.key, errors);
    let how = match field.sigil {
        Sigil::Typed => return,
        Sigil::Display => "`%` records",
        Sigil::Debug => "`?` records",
    };
    refuse_text(literal, how, &field.value, errors);
}

/// A key without quotes in a namespace of the semantic conventions is one of theirs.
fn refuse_misspelt(key: &Key, errors: &mut Errors) {
    if let KeyForm::Dotted(literal) = &key.form
        && let Some(message) = semconv::misspelt_attribute(&key.text)
    {
        errors.at_span(literal.span(), format!("{message} A key in quotes is not checked"));
    }
}

/// A value that is made a string, under a key that is not for strings.
pub(crate) fn refuse_text(key: &LitStr, how: &str, place: &impl Spanned, errors: &mut Errors) {
    let text = key.value();
    let kind = semconv::attribute(&text).map_or(Kind::Any, |attribute| attribute.kind);
    if !matches!(kind, Kind::String | Kind::Any) {
        errors.at_span(place.span(), format!("`{text}` is {} in the semantic conventions, and {how} a string", kind.described()));
    }
}

/// What the runtime sets itself, and what OpenTelemetry keeps for exporters. Returns whether `key` is one of these.
pub(crate) fn refuse_own_key(key: &LitStr, own: &[&str], errors: &mut Errors) -> bool {
    let text = key.value();
    if own.contains(&text.as_str()) {
        errors.at_span(key.span(), format!("`{text}` is set by the runtime, from the call itself; remove it"));
    } else if text.starts_with("otel.") {
        errors.at_span(key.span(), format!("`{text}` is set by OpenTelemetry itself, whose namespace `otel` is; give it another name"));
    } else {
        return false;
    }
    true
}

/// Functions that share an instrument agree on what it is.
fn refuse_without_name<T>(name: &Slot<Name>, option: &Slot<T>, what: &str, shared: &str, errors: &mut Errors) {
    if let (None, Some(place)) = (name.get(), option.place()) {
        errors.at_span(
            place,
            format!("`{what}` is for a metric with a name of its own, because `{shared}` is shared by all functions; give a name"),
        );
    }
}

/// A counter and a histogram are two metrics.
fn refuse_same_metric(written: &Written, errors: &mut Errors) {
    let (Some(counted), Some(timed)) = (&written.counted, &written.timed) else { return };
    if let (Some(Name::Literal(counter)), Some(Name::Literal(histogram))) = (counted.name.get(), timed.name.get())
        && counter.value() == histogram.value()
    {
        errors.at(histogram, format!("`{}` is the name of the counter already; a histogram has one of its own", counter.value()));
    }
}

/// The metric of the semantic conventions that a literal names; it is recorded with the instrument that they say.
fn convention(name: &Name, own: &str, records: Instrument, errors: &mut Errors) -> Option<Metric> {
    let Name::Literal(literal) = name else { return None };
    let text = literal.value();
    if let Some(message) = semconv::misspelt_metric(&text) {
        errors.at(literal, format!("{message} A constant, `name = PATH`, is not checked"));
    }
    if RUNTIME_METRICS.contains(&text.as_str()) {
        errors.at(literal, format!("`{text}` is the runtime's own, for all functions; give this one another name, or none"));
    }
    let metric = semconv::metric(&text)?;
    let instrument = metric.instrument;
    if instrument != records {
        let (said, own_instrument) = (instrument.described(), records.described());
        errors.at(literal, format!("`{text}` is {said} in the semantic conventions, and `#[{own}]` is {own_instrument}"));
        return None;
    }
    Some(metric)
}

/// The unit of a counter: as written, or as the conventions have it, which are not contradicted.
fn unit(written: Slot<Name>, convention: Option<&Metric>, errors: &mut Errors) -> Option<Name> {
    let place = written.place();
    match (written.take(), convention) {
        (None, Some(metric)) => Some(Name::Literal(LitStr::new(metric.unit, Span::call_site()))),
        (Some(Name::Literal(unit)), Some(metric)) if unit.value() == metric.unit => Some(Name::Literal(unit)),
        (Some(_), Some(metric)) => {
            let message = format!("the semantic conventions measure this metric in `{}`; remove `unit`", metric.unit);
            errors.at_span(place.unwrap_or_else(Span::call_site), message);
            None
        }
        (unit, None) => unit,
    }
}

fn refuse_const(function: &Function, errors: &mut Errors) {
    if let Some(constness) = &function.signature.constness {
        errors.at_span(
            constness.span(),
            "a `const fn` may run inside the compiler, where nothing can be recorded; remove `const`, or the annotation",
        );
    }
}

/// The body of a function that is not async becomes that of a closure, which has a caller of its own.
fn refuse_track_caller(function: &Function, errors: &mut Errors) {
    if let Some(attribute) = function.track_caller() {
        errors.at(attribute, "`#[track_caller]` would give the place of this function and not of its caller; remove it, or the annotation");
    }
}

impl ToTokens for Name {
    fn to_tokens(&self, tokens: &mut proc_macro2::TokenStream) {
        match self {
            Self::Literal(literal) => literal.to_tokens(tokens),
            Self::Constant(path) => path.to_tokens(tokens),
        }
    }
}
