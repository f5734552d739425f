//! The semantic conventions, as far as names can be checked against them.
//!
//! Half of the check is the compiler's: a key that is in the conventions is written into the expansion as the path of its constant, at the
//! user's own token. The compiler then warns of a deprecated one, with its replacement, and an editor leads to its documentation. Unknown
//! keys are refused here, because the compiler would propose the nearest *constant*.
//!
//! `attributes` and `metrics` are made from the source of the crate that has the constants: `GOLDEN=overwrite cargo test -p otel-macros`.

mod attributes;
mod kinds;
mod metrics;
mod namespaces;
mod nearest;

#[cfg(test)]
mod tests;

use attributes::{ATTRIBUTES, VERSION};
use kinds::{KINDS, TEMPLATES};
use metrics::METRICS;
use namespaces::Guard;
use nearest::{is_slip, nearest};

use crate::errors::listed;

/// The type of an attribute's values; the names are those of the runtime's `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Int,
    Double,
    Bool,
    StringArray,
    IntArray,
    Any,
}

/// An attribute of the conventions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// The key of the constant: the whole key, or the template that it belongs to.
    pub(crate) name: &'static str,
    pub(crate) is_of_template: bool,
    pub(crate) kind: Kind,
}

/// A metric of the conventions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) instrument: Instrument,
    pub(crate) unit: &'static str,
}

/// What a metric is recorded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instrument {
    Counter,
    UpDownCounter,
    Gauge,
    Histogram,
}

/// Whether the conventions still want a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Current,
    Deprecated,
}

impl Kind {
    /// As the name of a type of the runtime's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Int => "Int",
            Self::Double => "Double",
            Self::Bool => "Bool",
            Self::StringArray => "StringArray",
            Self::IntArray => "IntArray",
            Self::Any => "Any",
        }
    }

    /// In a sentence, with its article.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Int => "an integer",
            Self::Double => "a floating-point number",
            Self::Bool => "a boolean",
            Self::StringArray => "an array of strings",
            Self::IntArray => "an array of integers",
            Self::Any => "anything",
        }
    }
}

impl Attribute {
    /// The name of the constant.
    pub(crate) fn constant(&self) -> String {
        constant(self.name)
    }
}

impl Metric {
    /// The name of the constant.
    pub(crate) fn constant(&self) -> String {
        constant(self.name)
    }
}

impl Instrument {
    /// In a sentence, with its article.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Counter => "a counter",
            Self::UpDownCounter => "an up-down counter",
            Self::Gauge => "a gauge",
            Self::Histogram => "a histogram",
        }
    }
}

/// The name of the constant that has a key: `http.request.method` is `HTTP_REQUEST_METHOD`.
fn constant(key: &str) -> String {
    key.to_ascii_uppercase().replace('.', "_")
}

/// The attribute of the conventions that `key` is, itself or as a member of a template.
pub(crate) fn attribute(key: &str) -> Option<Attribute> {
    if let Ok(at) = ATTRIBUTES.binary_search_by_key(&key, |(name, _)| name) {
        let name = ATTRIBUTES[at].0;
        return Some(Attribute { name, is_of_template: false, kind: kind(name) }).filter(|_| !is_template(name));
    }
    let template = TEMPLATES.iter().find(|template| is_below(key, template))?;
    Some(Attribute { name: template, is_of_template: true, kind: kind(template) })
}

/// All attributes of the conventions, a template as what stands for its members.
pub(crate) fn attributes() -> impl Iterator<Item = Attribute> {
    ATTRIBUTES.iter().map(|(name, _)| Attribute { name, is_of_template: is_template(name), kind: kind(name) })
}

/// The metric of the conventions that `name` is.
pub(crate) fn metric(name: &str) -> Option<Metric> {
    let at = METRICS.binary_search_by_key(&name, |(name, ..)| name).ok()?;
    let (name, instrument, unit, _) = METRICS[at];
    Some(Metric { name, instrument, unit })
}

/// What is wrong with `key`, if it claims to be of the conventions and is not.
pub(crate) fn misspelt_attribute(key: &str) -> Option<String> {
    let (namespace, _) = key.split_once('.')?;
    let guard = namespaces::guard(namespace)?;
    if attribute(key).is_some() {
        return None;
    }
    if is_template(key) {
        return Some(format!("`{key}` stands for a family of keys; write which of them is meant: `{key}.<name>`."));
    }
    let current = || names(Status::Current).filter(|name| is_below(name, namespace));
    let deprecated = || names(Status::Deprecated).filter(|name| is_below(name, namespace));
    let proposal = match guard {
        Guard::Strict => nearest(comparable(key, namespace, current())).or_else(|| nearest(comparable(key, namespace, deprecated()))),
        Guard::Everyday => Some(slip(key, namespace, current()).or_else(|| slip(key, namespace, deprecated()))?),
    };
    let below: Vec<_> = current().filter(|name| is_below(name, key)).take(3).collect();
    let advice = match (proposal, below.as_slice()) {
        (Some(proposal), _) => {
            let proposal = format!("{namespace}.{proposal}");
            let member =
                if is_template(&proposal) { member(key, &proposal).filter(|member| member.len() > 1).unwrap_or(".<name>") } else { "" };
            format!("did you mean `{proposal}{member}`?")
        }
        (None, []) => format!("nothing in `{namespace}` is like it, and a key of your own has a namespace of your own."),
        (None, below) => format!("there is {} below it.", listed(below)),
    };
    Some(format!("`{key}` is not in the semantic conventions ({VERSION}); {advice}"))
}

/// What is wrong with the name of a metric, if it is nearly one of the conventions.
pub(crate) fn misspelt_metric(name: &str) -> Option<String> {
    let (namespace, _) = name.split_once('.')?;
    if metric(name).is_some() {
        return None;
    }
    let of = |wanted: Status| METRICS.iter().filter(move |(.., status)| *status == wanted).map(|(name, ..)| *name);
    let below = |wanted: Status| of(wanted).filter(|name| is_below(name, namespace));
    let proposal = slip(name, namespace, below(Status::Current)).or_else(|| slip(name, namespace, below(Status::Deprecated)))?;
    Some(format!("`{name}` is not in the semantic conventions ({VERSION}); did you mean `{namespace}.{proposal}`?"))
}

fn names(wanted: Status) -> impl Iterator<Item = &'static str> {
    ATTRIBUTES.iter().filter(move |(_, status)| *status == wanted).map(|(name, _)| *name)
}

/// The names without their namespace, each beside the part of what was written to compare with it: all of it, but for a template only as many
/// words as that has.
fn comparable<'a, 'w>(written: &'w str, namespace: &str, names: impl Iterator<Item = &'a str>) -> impl Iterator<Item = (&'a str, &'w str)> {
    let after = namespace.len() + 1;
    names.map(move |name| {
        let part = member(written, name).filter(|_| is_template(name)).map_or(written, |member| &written[..written.len() - member.len()]);
        (&name[after..], &part[after..])
    })
}

/// The first of the names that what was written is a slip of, without its namespace.
fn slip<'a>(written: &str, namespace: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    nearest(comparable(written, namespace, names).filter(|(name, written)| is_slip(written, name)))
}

/// What stands in a key behind as many words as a template has, with its dot.
fn member<'a>(key: &'a str, template: &str) -> Option<&'a str> {
    let words = template.split('.').count();
    key.match_indices('.').nth(words - 1).map(|(end, _)| &key[end..])
}

fn kind(name: &str) -> Kind {
    KINDS.binary_search_by_key(&name, |(name, _)| name).map_or(Kind::String, |at| KINDS[at].1)
}

fn is_template(key: &str) -> bool {
    TEMPLATES.binary_search(&key).is_ok()
}

/// Whether `key` is `parent`, a dot, and something.
fn is_below(key: &str, parent: &str) -> bool {
    key.strip_prefix(parent).and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| !rest.is_empty())
}
