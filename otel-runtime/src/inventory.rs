//! Every annotated place of the program, for documentation, dashboards and tests.
//!
//! A place is known from the moment the program is linked, whether or not it is ever called: the linker gathers them, and nothing runs for
//! it, neither at the start of the program nor at a call.
//!
//! ```
//! use otel_runtime::inventory::{self, Kind};
//! use otel_runtime::{sites, timed, traced};
//!
//! #[traced("shop.place_order", fields(http.response.status_code = 200, order.id = %id))]
//! #[timed("shop.order.duration")]
//! fn place_order(id: u64) {}
//!
//! let sites = sites();
//! let site = sites.iter().find(|site| site.function().ends_with("::place_order")).unwrap();
//! let span = site.span().unwrap();
//! assert_eq!(span.name, "shop.place_order");
//! assert_eq!(span.attributes[0].key, "http.response.status_code");
//! assert_eq!(span.attributes[0].kind, Some(Kind::Int));
//! assert_eq!(site.metrics()[0].unit, "s");
//!
//! let table = inventory::markdown(&sites);
//! assert!(table.contains("| `shop.place_order` | internal |"));
//! ```
//!
//! What is listed of a place are the attributes that it names. Those of a whole value (`..order`) are the business of its type, and those that
//! the runtime adds to all places (`code.*`, `error.type`, `function.outcome`) are not repeated for each.

mod entry;
mod markdown;
mod weaver;

use std::fmt;

use opentelemetry::trace::SpanKind;

pub use entry::{Entry, SITES, kinds};
pub use markdown::markdown;
pub use weaver::{Weaver, weaver};

use crate::name::AttributeKey;

/// The kind of an attribute's values, as far as it is known before one is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A string.
    String,
    /// An integer.
    Int,
    /// A floating-point number.
    Double,
    /// A boolean.
    Bool,
    /// An array of strings.
    StringArray,
    /// An array of integers.
    IntArray,
}

/// As the semantic conventions write it: `string`, `int`, `double`, `boolean`, `string[]`, `int[]`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "string",
            Self::Int => "int",
            Self::Double => "double",
            Self::Bool => "boolean",
            Self::StringArray => "string[]",
            Self::IntArray => "int[]",
        })
    }
}

/// One annotated place.
#[derive(Clone, Copy, Debug)]
pub struct Site(&'static Entry);

/// What `#[traced]` records at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Span {
    /// The name of the span.
    pub name: &'static str,
    /// Its kind.
    pub kind: SpanKind,
    /// The attributes that are named: those of `fields`, then those of `ok`, then those of `err`.
    pub attributes: Vec<Attribute>,
}

/// What `#[counted]` or `#[timed]` records at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// The name of the metric.
    pub name: &'static str,
    /// What it is recorded with.
    pub instrument: Instrument,
    /// Its unit, in UCUM.
    pub unit: &'static str,
    /// Its description; empty if there is none.
    pub description: &'static str,
    /// The attributes that are named.
    pub attributes: Vec<Attribute>,
}

/// An attribute that a place names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Attribute {
    /// Its key.
    pub key: &'static str,
    /// The kind of its values: that of the semantic conventions, or else what the source shows (`%value`, `?value` and literals). `None` where
    /// only the type of an expression would tell.
    pub kind: Option<Kind>,
    /// The attribute of the semantic conventions that it is. That of a template is the template: `http.request.header`.
    pub convention: Option<&'static str>,
}

/// What a metric is recorded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Instrument {
    /// A counter.
    Counter,
    /// A histogram.
    Histogram,
    /// An up-down counter.
    UpDownCounter,
}

/// As the semantic conventions write it: `counter`, `histogram`, `updowncounter`.
impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Histogram => "histogram",
            Self::UpDownCounter => "updowncounter",
        })
    }
}

/// Every annotated place of the program, of all its crates, sorted by instrumentation scope, file and line.
///
/// ```
/// #[otel_runtime::traced("shop.ship")]
/// fn ship() {}
///
/// assert!(otel_runtime::sites().iter().any(|site| site.span().is_some_and(|span| span.name == "shop.ship")));
/// ```
///
/// A place in a library is there if anything of the part that the linker takes in is: one that nothing of the program refers to may be missing.
#[must_use]
pub fn sites() -> Vec<Site> {
    let mut sites: Vec<_> = SITES.iter().map(Site).collect();
    sites.sort_by_key(|site| (site.scope(), site.file(), site.line(), site.function()));
    sites
}

impl Site {
    /// The path of the function: `shop::orders::place_order`.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.0.site.code.function
    }

    /// The file of the source, as the compiler was given it.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.0.site.code.file
    }

    /// The line of the annotation's function.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.0.site.code.line
    }

    /// The instrumentation scope: the name of the crate, if nothing else was said.
    #[must_use]
    pub fn scope(&self) -> &'static str {
        self.0.site.place.scope.name
    }

    /// The span, if one is recorded.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        let span = self.0.site.span.as_ref()?;
        Some(Span { name: span.name.as_str(), kind: span.kind.clone(), attributes: self.attributes(0, span.keys) })
    }

    /// The metrics, if any are recorded.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let mut metrics = Vec::new();
        if let Some(count) = &self.0.site.count {
            let (name, unit, description) = (count.name.as_str(), count.unit.as_str(), count.description);
            metrics.push(Metric { name, instrument: Instrument::Counter, unit, description, attributes: self.attributes(1, count.keys) });
            if count.in_flight {
                let (name, unit, description) = crate::metrics::ACTIVE_CALLS;
                metrics.push(Metric { name, instrument: Instrument::UpDownCounter, unit, description, attributes: Vec::new() });
            }
        }
        if let Some(time) = &self.0.site.time {
            let (name, description) = (time.name.as_str(), time.description);
            let attributes = self.attributes(2, time.keys);
            metrics.push(Metric { name, instrument: Instrument::Histogram, unit: "s", description, attributes });
        }
        metrics
    }

    fn attributes(self, list: usize, keys: &[AttributeKey]) -> Vec<Attribute> {
        let shown = self.0.kinds.get(list).copied().unwrap_or_default();
        let all = keys.iter().zip(shown).map(|(key, shown)| {
            let key = key.as_str();
            let (convention, kind) = entry::convention(key).map_or((None, *shown), |(name, kind)| (Some(name), kind));
            Attribute { key, kind, convention }
        });
        all.collect()
    }
}

/// The kind of a span as the semantic conventions write it.
fn span_kind(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Internal => "internal",
    }
}
