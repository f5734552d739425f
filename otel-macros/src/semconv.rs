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
    let is_current = |name: &str| ATTRIBUTES.binary_search(&(name, Status::Current)).is_ok();
    let names = ATTRIBUTES.iter().map(|(name, _)| (*name, comparable(key, name)));
    let proposal = match guard {
        Guard::Strict => nearest(names, is_current),
        Guard::Everyday => Some(nearest(slips(names, namespace), is_current)?),
    };
    let proposal = proposal.map(|name| format!("{name}{}", &key[comparable(key, name).len()..]));
    let version = VERSION;
    let advice = match (guard, proposal) {
        (_, Some(proposal)) => format!("did you mean `{proposal}`?"),
        (_, None) => format!("nothing in `{namespace}` is like it, and a key of your own has a namespace of your own."),
    };
    Some(format!("`{key}` is not in the semantic conventions ({version}); {advice}"))
}

/// What is wrong with the name of a metric, if it is nearly one of the conventions.
pub(crate) fn misspelt_metric(name: &str) -> Option<String> {
    let (namespace, _) = name.split_once('.')?;
    if metric(name).is_some() {
        return None;
    }
    let is_current = |name: &str| METRICS.iter().any(|(other, .., status)| *other == name && *status == Status::Current);
    let proposal = nearest(slips(METRICS.iter().map(|(other, ..)| (*other, name)), namespace), is_current)?;
    Some(format!("`{name}` is not in the semantic conventions ({VERSION}); did you mean `{proposal}`?"))
}

/// The part of `written` to compare with a name: all of it, but for a template only as many words as that has.
fn comparable<'a>(written: &'a str, name: &str) -> &'a str {
    let words = if is_template(name) { name.split('.').count() } else { usize::MAX };
    let end = written.match_indices('.').nth(words.saturating_sub(1)).map_or(written.len(), |(end, _)| end);
    &written[..end]
}

/// The names in a namespace that what was written may have been meant for.
fn slips<'a>(names: impl Iterator<Item = (&'a str, &'a str)>, namespace: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    names.filter(move |(name, written)| {
        let after = namespace.len() + 1;
        is_below(name, namespace) && is_below(written, namespace) && is_slip(&written[after..], &name[after..])
    })
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
