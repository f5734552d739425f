//! [`EncodedAttributes`]: the attributes of a span, encoded as they are set, within the limits.

use std::collections::HashSet;
use std::fmt::{self, Write};

use opentelemetry::{Array, KeyValue, Value};

use crate::limits::{OfSpans, beginning};
use crate::wire::{self, FieldKind, Fields, Value as Field, length_of_varint, varint};

/// The number of the field that a span's attributes are; those of its events and links are others.
pub(super) const ATTRIBUTES: u8 = 9;

/// What is encoded of a span so far, with the account of its attributes.
#[derive(Clone, Debug)]
pub(crate) struct EncodedAttributes {
    pub(super) bytes: Vec<u8>,
    pub(super) count: u32,
    pub(super) dropped: u32,
    most: u32,
    /// Whether a key that comes again at the limit takes the place of its first value, which nobody would see.
    replaces: bool,
    pub(super) value_length: Option<u32>,
}

impl EncodedAttributes {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), count: 0, dropped: 0, most: 0, replaces: false, value_length: None }
    }

    /// Begins with a copy of what is encoded already, with so many attributes in it.
    #[inline]
    pub(super) fn begin(&mut self, encoded: &[u8], count: u32, limits: &OfSpans) {
        self.bytes.clear();
        self.bytes.extend_from_slice(encoded);
        (self.count, self.dropped) = (count, 0);
        (self.most, self.replaces, self.value_length) = (limits.attributes, false, limits.value_length);
    }

    /// Whether there is room for one more; if not, it is counted.
    #[inline]
    fn admits(&mut self, key: &str) -> bool {
        let has_room = self.count < self.most || self.makes_room(key);
        if has_room {
            self.count += 1;
        } else {
            self.dropped += 1;
        }
        has_room
    }

    #[cold]
    fn makes_room(&mut self, key: &str) -> bool {
        let is_there = self.replaces && self.keys().any(|known| known == key.as_bytes());
        if is_there {
            self.remove(key);
        }
        is_there
    }

    /// From now on keys may come again.
    pub(crate) fn replace(&mut self) {
        self.replaces = true;
    }

    #[inline]
    pub(crate) fn bool(&mut self, key: &str, value: bool) {
        if self.admits(key) {
            scalar(&mut self.bytes, ATTRIBUTES, key, &Scalar::bool(value));
        }
    }

    #[inline]
    pub(crate) fn i64(&mut self, key: &str, value: i64) {
        if self.admits(key) {
            scalar(&mut self.bytes, ATTRIBUTES, key, &Scalar::i64(value));
        }
    }

    #[inline]
    pub(crate) fn f64(&mut self, key: &str, value: f64) {
        if self.admits(key) {
            scalar(&mut self.bytes, ATTRIBUTES, key, &Scalar::f64(value));
        }
    }

    #[inline]
    pub(crate) fn str(&mut self, key: &str, value: &str) {
        if self.admits(key) {
            scalar(&mut self.bytes, ATTRIBUTES, key, &Scalar::text(value, self.value_length));
        }
    }

    /// The text of a `Display` or a `Debug`, without a copy in between. If that panics, there is no attribute.
    pub(crate) fn text(&mut self, key: &str, value: fmt::Arguments<'_>) {
        if let Some(literal) = value.as_str() {
            return self.str(key, literal);
        }
        if self.count >= self.most && !self.makes_room(key) {
            self.dropped += 1;
            return;
        }
        let left = self.value_length.map_or(usize::MAX, |limit| limit as usize);
        wire::message(&mut self.bytes, ATTRIBUTES, |bytes| {
            wire::delimited(bytes, KEY, key.as_bytes());
            wire::message(bytes, VALUE, |bytes| {
                wire::message(bytes, TEXT, |bytes| {
                    // Whoever writes may say that it could not; what it has written until then stands.
                    let _ = Limited { bytes, left }.write_fmt(value);
                });
            });
        });
        self.count += 1;
    }

    /// A value of the plain API.
    pub(crate) fn value(&mut self, key: &str, value: &Value) {
        if self.admits(key) {
            attribute(&mut self.bytes, ATTRIBUTES, key, value, self.value_length);
        }
    }

    pub(crate) fn push(&mut self, attribute: &KeyValue) {
        self.value(attribute.key.as_str(), &attribute.value);
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        Fields::new(&self.bytes).filter_map(|field| match field {
            Ok((number, Field::Bytes(attribute))) if number == u64::from(ATTRIBUTES) => Some(key_of(attribute)),
            _ => None,
        })
    }

    /// Leaves of several attributes with one key the last.
    pub(crate) fn keep_last(&mut self) {
        let keys: Vec<&[u8]> = self.keys().collect();
        let mut later = HashSet::with_capacity(keys.len());
        let mut is_last: Vec<bool> = keys.iter().rev().map(|key| later.insert(*key)).collect();
        if is_last.iter().all(|is_last| *is_last) {
            return;
        }
        self.count -= u32::try_from(is_last.iter().filter(|is_last| !**is_last).count()).unwrap_or(0);
        retain(&mut self.bytes, |number, _| number != u64::from(ATTRIBUTES) || is_last.pop().unwrap_or(true));
    }

    pub(super) fn remove(&mut self, key: &str) {
        let mut removed = 0;
        retain(&mut self.bytes, |number, value| {
            let is_it = number == u64::from(ATTRIBUTES) && matches!(value, Field::Bytes(attribute) if key_of(attribute) == key.as_bytes());
            removed += u32::from(is_it);
            !is_it
        });
        self.count -= removed;
    }
}

/// The key of an encoded attribute, which is its first field.
fn key_of(attribute: &[u8]) -> &[u8] {
    match Fields::new(attribute).next() {
        Some(Ok((1, Field::Bytes(key)))) => key,
        _ => &[],
    }
}

/// Keeps the fields that are wanted, each as it is written, in the memory that there is.
pub(super) fn retain(bytes: &mut Vec<u8>, mut is_wanted: impl FnMut(u64, Field<'_>) -> bool) {
    let mut unwanted = Vec::new();
    let mut fields = Fields::new(bytes);
    let mut start = 0;
    while let Some(Ok((number, value))) = fields.next() {
        let end = bytes.len() - fields.rest().len();
        if !is_wanted(number, value) {
            unwanted.push(start..end);
        }
        start = end;
    }
    for range in unwanted.into_iter().rev() {
        bytes.drain(range);
    }
}

/// Appends as many characters as are left.
struct Limited<'a> {
    bytes: &'a mut Vec<u8>,
    left: usize,
}

impl Write for Limited<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.left == usize::MAX {
            self.bytes.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        let kept = beginning(text, self.left).unwrap_or(text);
        self.left -= kept.chars().count();
        self.bytes.extend_from_slice(kept.as_bytes());
        // What follows would be cut off, and need not even be made.
        if kept.len() < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

// The fields of `KeyValue`.
const KEY: u8 = 1;
const VALUE: u8 = 2;
// Those of `AnyValue`, one of which is there.
const TEXT: u8 = 1;
const BOOL: u8 = 2;
const INT: u8 = 3;
const DOUBLE: u8 = 4;
const ARRAY: u8 = 5;
/// That of `ArrayValue`.
const ELEMENT: u8 = 1;

/// How long an `AnyValue` can be that is a number.
const LONGEST: usize = 11;

/// A value without elements.
#[derive(Clone, Copy)]
enum Scalar<'a> {
    /// The `AnyValue` of a number: so many of these bytes.
    Number([u8; LONGEST], u8),
    Text(&'a str),
}

impl<'a> Scalar<'a> {
    #[inline]
    fn bool(value: bool) -> Self {
        let mut bytes = [0; LONGEST];
        (bytes[0], bytes[1]) = (wire::key(BOOL, FieldKind::Varint), u8::from(value));
        Self::Number(bytes, 2)
    }

    #[inline]
    fn i64(value: i64) -> Self {
        let mut bytes = [0; LONGEST];
        bytes[0] = wire::key(INT, FieldKind::Varint);
        let length = wire::varint_in(&mut bytes[1..], value.cast_unsigned());
        Self::Number(bytes, 1 + length)
    }

    #[inline]
    fn f64(value: f64) -> Self {
        let mut bytes = [0; LONGEST];
        bytes[0] = wire::key(DOUBLE, FieldKind::Fixed64);
        bytes[1..9].copy_from_slice(&value.to_le_bytes());
        Self::Number(bytes, 9)
    }

    #[inline]
    fn text(text: &'a str, limit: Option<u32>) -> Self {
        Self::Text(limit.and_then(|limit| beginning(text, limit as usize)).unwrap_or(text))
    }

    /// How many bytes its `AnyValue` takes.
    #[inline]
    fn length(&self) -> usize {
        match self {
            Self::Number(_, length) => (*length).into(),
            Self::Text(text) => 1 + length_of_varint(text.len() as u64) + text.len(),
        }
    }

    /// Appends its `AnyValue`.
    #[inline]
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Number(value, length) => bytes.extend_from_slice(&value[..usize::from(*length)]),
            Self::Text(text) => wire::delimited(bytes, TEXT, text.as_bytes()),
        }
    }
}

/// Appends an attribute as the field of this number.
#[inline]
fn scalar(bytes: &mut Vec<u8>, field: u8, key: &str, value: &Scalar<'_>) {
    const OF_VALUE: u8 = wire::key(VALUE, FieldKind::Delimited);

    let length = value.length();
    head(bytes, field, key, length);
    if let Scalar::Number(value, length) = value {
        // As many bytes for each, which is faster than as many as there are.
        let mut tail = [0; 2 + LONGEST];
        (tail[0], tail[1]) = (OF_VALUE, *length);
        tail[2..].copy_from_slice(value);
        let end = bytes.len() + 2 + usize::from(*length);
        bytes.extend_from_slice(&tail);
        return bytes.truncate(end);
    }
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        bytes.extend_from_slice(&[OF_VALUE, short]);
    } else {
        bytes.push(OF_VALUE);
        varint(bytes, length as u64);
    }
    value.write(bytes);
}

/// Appends everything before the value, whose `AnyValue` takes so many bytes.
#[inline]
fn head(bytes: &mut Vec<u8>, field: u8, key: &str, length: usize) {
    let (of_field, of_key) = (wire::key(field, FieldKind::Delimited), wire::key(KEY, FieldKind::Delimited));
    // The field, the key and the value each with a length of one byte, as most have.
    let all = 4 + key.len() + length;
    if let Ok(short @ 0..0x80) = u8::try_from(all) {
        #[allow(clippy::cast_possible_truncation, reason = "it is less than that sum")]
        let of = key.len() as u8;
        bytes.reserve(2 + all + LONGEST);
        bytes.extend_from_slice(&[of_field, short, of_key, of]);
        bytes.extend_from_slice(key.as_bytes());
        return;
    }
    let with_key = 1 + length_of_varint(key.len() as u64) + key.len();
    let with_value = 1 + length_of_varint(length as u64) + length;
    bytes.push(of_field);
    varint(bytes, (with_key + with_value) as u64);
    wire::delimited(bytes, KEY, key.as_bytes());
}

/// Appends an attribute of the plain API as the field of this number, with no text longer than so many characters.
pub(super) fn attribute(bytes: &mut Vec<u8>, field: u8, key: &str, value: &Value, limit: Option<u32>) {
    let elements: Vec<Scalar<'_>> = match value {
        Value::Bool(value) => return scalar(bytes, field, key, &Scalar::bool(*value)),
        Value::I64(value) => return scalar(bytes, field, key, &Scalar::i64(*value)),
        Value::F64(value) => return scalar(bytes, field, key, &Scalar::f64(*value)),
        Value::String(text) => return scalar(bytes, field, key, &Scalar::text(text.as_str(), limit)),
        Value::Array(Array::Bool(values)) => values.iter().copied().map(Scalar::bool).collect(),
        Value::Array(Array::I64(values)) => values.iter().copied().map(Scalar::i64).collect(),
        Value::Array(Array::F64(values)) => values.iter().copied().map(Scalar::f64).collect(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| Scalar::text(text.as_str(), limit)).collect(),
        // A kind that this version of the API does not have.
        other => return scalar(bytes, field, key, &Scalar::text(&other.to_string(), limit)),
    };
    wire::message(bytes, field, |bytes| {
        wire::delimited(bytes, KEY, key.as_bytes());
        wire::message(bytes, VALUE, |bytes| {
            wire::message(bytes, ARRAY, |bytes| {
                for element in elements {
                    bytes.push(wire::key(ELEMENT, FieldKind::Delimited));
                    varint(bytes, element.length() as u64);
                    element.write(bytes);
                }
            });
        });
    });
}
