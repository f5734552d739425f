//! Numbers that stand many together in one field.

use std::io;

use super::schema::Kind;
use crate::wire::{FIXED32, FIXED64, VARINT, Value, value};

/// The elements of a repeated field in one of its values: numbers stand there many together.
pub(super) fn packed(kind: Kind, read: Value<'_>) -> impl Iterator<Item = io::Result<Value<'_>>> {
    let wire_type = match kind {
        Kind::Text | Kind::Bytes | Kind::Id | Kind::Message(_) => None,
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => Some(FIXED64),
        Kind::Fixed32 => Some(FIXED32),
        Kind::Bool | Kind::Enum | Kind::Uint32 | Kind::Sint32 | Kind::Int64 | Kind::Uint64 => Some(VARINT),
    };
    let (mut rest, wire_type, alone) = match (read, wire_type) {
        (Value::Bytes(bytes), Some(wire_type)) => (bytes, wire_type, None),
        (alone, _) => (&[][..], VARINT, Some(Ok(alone))),
    };
    let elements = std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let element = value(&mut rest, wire_type);
        if element.is_err() {
            rest = &[];
        }
        Some(element)
    });
    alone.into_iter().chain(elements)
}
