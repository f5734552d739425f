//! The names of the conventions, from the tables by which the macros check them.

#[path = "../../../otel-macros/src/semconv/attributes.rs"]
mod attributes;
#[path = "../../../otel-macros/src/semconv/kinds.rs"]
mod kinds;
#[path = "../../../otel-macros/src/semconv/metrics.rs"]
mod metrics;
#[path = "../../../otel-macros/src/semconv/namespaces.rs"]
mod namespaces;

use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValue, any_value::Value};

use self::attributes::{ATTRIBUTES, VERSION};
use self::kinds::{KINDS, TEMPLATES};
use self::metrics::METRICS;

/// The type of an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    String,
    Int,
    Double,
    Bool,
    StringArray,
    IntArray,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Current,
    Deprecated,
}

/// What a metric is recorded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instrument {
    Counter,
    UpDownCounter,
    Gauge,
    Histogram,
}

/// The instrument and the unit of a metric of the conventions.
pub(super) fn metric(name: &str) -> Option<(Instrument, &'static str)> {
    let at = METRICS.binary_search_by_key(&name, |(name, ..)| name).ok()?;
    Some((METRICS[at].1, METRICS[at].2))
}

/// What is wrong with the name of a metric.
pub(super) fn metric_problem(name: &str) -> Option<String> {
    match METRICS.binary_search_by_key(&name, |(name, ..)| name) {
        Ok(at) => (METRICS[at].3 == Status::Deprecated).then(|| "it is deprecated".to_owned()),
        Err(_) => is_reserved(name).then(|| format!("it is not in the semantic conventions ({VERSION})")),
    }
}

/// Whether the name belongs to the conventions, and not to whoever writes a program.
pub(super) fn is_reserved(name: &str) -> bool {
    name.split_once('.').is_some_and(|(namespace, _)| namespaces::guard(namespace).is_some())
}

/// Whether a key is this one, or a member of it if it is a template.
pub(super) fn is_of(key: &str, known: &str) -> bool {
    key == known || (TEMPLATES.contains(&known) && is_below(key, known))
}

fn is_below(key: &str, template: &str) -> bool {
    key.strip_prefix(template).is_some_and(|rest| rest.starts_with('.') && rest.len() > 1)
}

/// What is wrong with a key, or with the type of its value.
pub(super) fn attribute_problem(attribute: &KeyValue) -> Option<String> {
    let key = attribute.key.as_str();
    let known = match ATTRIBUTES.binary_search_by_key(&key, |(name, _)| name) {
        Ok(at) if TEMPLATES.contains(&key) => return Some(format!("`{}` stands for a family of keys", ATTRIBUTES[at].0)),
        Ok(at) => at,
        Err(_) => {
            let template = TEMPLATES.iter().find(|template| is_below(key, template));
            let Some(at) = template.and_then(|template| ATTRIBUTES.binary_search_by_key(template, |(name, _)| name).ok()) else {
                return is_reserved(key).then(|| format!("`{key}` is not in the semantic conventions ({VERSION})"));
            };
            at
        }
    };
    let (name, status) = ATTRIBUTES[known];
    if status == Status::Deprecated {
        return Some(format!("`{key}` is deprecated"));
    }
    let kind = KINDS.binary_search_by_key(&name, |(name, _)| name).map_or(Kind::String, |at| KINDS[at].1);
    let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
    (!value.is_some_and(|value| kind.has(value))).then(|| format!("`{key}` is {kind:?} in the conventions, and not {value:?}"))
}

impl Kind {
    fn has(self, value: &Value) -> bool {
        let all =
            |array: &ArrayValue, kind: Self| array.values.iter().all(|value| value.value.as_ref().is_some_and(|value| kind.has(value)));
        match (self, value) {
            (Self::Any, _)
            | (Self::String, Value::StringValue(_))
            | (Self::Int, Value::IntValue(_))
            | (Self::Double, Value::DoubleValue(_))
            | (Self::Bool, Value::BoolValue(_)) => true,
            (Self::StringArray, Value::ArrayValue(array)) => all(array, Self::String),
            (Self::IntArray, Value::ArrayValue(array)) => all(array, Self::Int),
            _ => false,
        }
    }
}
