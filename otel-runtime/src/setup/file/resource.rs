//! The resource: what is written of it, by its types, and what is detected.

use opentelemetry::{Array, KeyValue, Value};

use super::field::{Field, Section};
use crate::metering::Pattern;
use crate::setup::env::pairs;
use crate::setup::resource::{Described, Detection, Detector};

pub(super) fn read(field: &Field<'_>) -> Option<Described> {
    field.section(|resource| {
        let mut described = Described::default();
        if let Some(list) = resource.value("attributes_list") {
            match list.text().map(|text| pairs::pairs(&text)).transpose() {
                Ok(pairs) => described.add(pairs.into_iter().flatten().map(|(key, value)| KeyValue::new(key, value))),
                // The list is a variable's as a rule, which spoils nothing else either.
                Err(_) => list.warn("this is not a list like `key=value,…`, percent-encoded, so all of it is ignored"),
            }
        }
        for item in resource.value("attributes").iter().flat_map(Field::items) {
            described.add(item.section(attribute).flatten());
        }
        described.schema_url = resource.value("schema_url").and_then(|url| url.text());
        let detection = resource.development("detection").and_then(|detection| detection.section(detection_of));
        described.detection = detection.unwrap_or_default();
        described
    })
}

#[derive(Clone, Copy)]
enum Type {
    String,
    Bool,
    Int,
    Double,
}

const TYPES: &[(&str, (Type, bool))] = &[
    ("string", (Type::String, false)),
    ("bool", (Type::Bool, false)),
    ("int", (Type::Int, false)),
    ("double", (Type::Double, false)),
    ("string_array", (Type::String, true)),
    ("bool_array", (Type::Bool, true)),
    ("int_array", (Type::Int, true)),
    ("double_array", (Type::Double, true)),
];

/// An attribute, unless it has no value, as where a variable is not set.
fn attribute(section: &Section<'_>) -> Option<KeyValue> {
    let name = section.required("name").and_then(|name| name.text());
    let value = section.required("value");
    let (of, is_array) = match section.value("type") {
        Some(field) => field.word(TYPES)?,
        None => (Type::String, false),
    };
    let value = value.filter(|value| !value.is_null())?;
    let value = if is_array { Value::Array(array(&value, of)) } else { scalar(&value, of)? };
    Some(KeyValue::new(name?, value))
}

fn scalar(field: &Field<'_>, of: Type) -> Option<Value> {
    match of {
        Type::String => field.text().map(Value::from),
        Type::Bool => field.boolean().map(Value::from),
        Type::Int => field.integer(i64::MIN..=i64::MAX).map(Value::from),
        Type::Double => field.any_number("a number").map(Value::from),
    }
}

fn array(field: &Field<'_>, of: Type) -> Array {
    fn all<'a, T>(items: &[Field<'a>], read: impl Fn(&Field<'a>) -> Option<T>) -> Vec<T> {
        items.iter().filter_map(read).collect()
    }
    let items = field.items();
    match of {
        Type::String => Array::String(all(&items, |item| item.text().map(Into::into))),
        Type::Bool => Array::Bool(all(&items, Field::boolean)),
        Type::Int => Array::I64(all(&items, |item| item.integer(i64::MIN..=i64::MAX))),
        Type::Double => Array::F64(all(&items, |item| item.any_number("a number"))),
    }
}

fn patterns(section: &Section<'_>, key: &'static str) -> Vec<Pattern> {
    section.value(key).map(|patterns| patterns.texts()).unwrap_or_default().into_iter().map(Pattern::new).collect()
}

/// The detectors of the schema that look at what we do not.
const NOT_OURS: [&str; 5] = ["aws.ec2", "aws.ecs", "aws.eks", "azure.vm", "gcp"];

fn detection_of(section: &Section<'_>) -> Detection {
    let mut detection = Detection::default();
    if let Some(attributes) = section.value("attributes") {
        attributes.section(|attributes| {
            (detection.included, detection.excluded) = (patterns(attributes, "included"), patterns(attributes, "excluded"));
        });
    }
    let choices: Vec<&'static str> = Detector::NAMED.iter().map(|(name, _)| *name).chain(NOT_OURS).collect();
    for item in section.value("detectors").iter().flat_map(Field::items) {
        item.section(|item| {
            let Some((name, field)) = item.component(&choices) else { return };
            field.empty();
            match (Detector::NAMED.iter().find(|(known, _)| *known == name), Described::missing_feature()) {
                (None, _) => field.warn("there is no such detector in this version, so it finds nothing"),
                (Some((_, detector)), missing) => {
                    if let Some(feature) = missing {
                        field.warn(format!("to detect this, otel-runtime must be built with its feature `{feature}`; it finds nothing"));
                    }
                    if !detection.detectors.contains(detector) {
                        detection.detectors.push(*detector);
                    }
                }
            }
        });
    }
    detection
}
