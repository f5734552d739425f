//! Protobuf's encoding (<https://protobuf.dev/programming-guides/encoding/>), as far as OTLP needs it: what spans are recorded in, and what JSON is
//! made of.

mod read;
#[cfg(test)]
mod tests;
mod write;

#[cfg_attr(not(feature = "json"), allow(unused_imports, reason = "JSON needs more of it"))]
pub(crate) use read::{FIXED32, FIXED64, Fields, VARINT, Value, malformed, value};
pub(crate) use write::{FieldKind, delimited, key, length_of_varint, message, varint, varint_in};
