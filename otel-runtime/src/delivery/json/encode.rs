//! JSON of a message that is encoded as Protobuf, by the table of its fields, without making the message in between.
//!
//! The forms are those of Protobuf's JSON (<https://protobuf.dev/programming-guides/json/>) as OTLP has it: ids are hexadecimal, enums are
//! numbers. What the Protobuf does not have, the JSON has not either.

use std::io::{self, Write};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;

use super::packed::packed;
use super::schema::{Field, Kind, Message};
use crate::wire::{Fields, Value, malformed};

/// How deep messages may stand in each other, which is as deep as other readers of Protobuf go.
const MAX_DEPTH: usize = 100;

/// Writes the JSON of a message, on one line.
pub(super) fn write(out: &mut impl Write, message: &Message, encoded: &[u8]) -> io::Result<()> {
    object(out, message, encoded, 1)
}

fn object(out: &mut impl Write, message: &Message, encoded: &[u8], depth: usize) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(malformed("something in it stands too deep"));
    }
    out.write_all(b"{")?;
    let mut separator = "";
    for field in message.fields {
        // The fields of a message are few, and what is in them is skipped: to look for each anew costs less than to remember where they are.
        let mut values = Fields::new(encoded).filter(|read| read.as_ref().map_or(true, |(number, _)| *number == field.number)).peekable();
        if values.peek().is_none() && !field.is_always_written {
            continue;
        }
        write!(out, "{separator}\"{}\":", field.name)?;
        separator = ",";
        let values = values.map(|read| read.map(|(_, value)| value));
        if field.is_repeated {
            array(out, field, values, depth)?;
        } else {
            // Of several, the last is meant.
            match values.reduce(Result::and).transpose()? {
                Some(read) => value(out, field.kind, &read, depth)?,
                // Nothing but texts is always written and not repeated.
                None => out.write_all(b"\"\"")?,
            }
        }
    }
    out.write_all(b"}")
}

fn array<'a>(out: &mut impl Write, field: &Field, values: impl Iterator<Item = io::Result<Value<'a>>>, depth: usize) -> io::Result<()> {
    out.write_all(b"[")?;
    let mut separator: &[u8] = b"";
    for read in values {
        for element in packed(field.kind, read?) {
            out.write_all(separator)?;
            separator = b",";
            value(out, field.kind, &element?, depth)?;
        }
    }
    out.write_all(b"]")
}

#[allow(clippy::cast_possible_truncation, reason = "what is 32 bits long is encoded as 64 with the sign")]
fn value(out: &mut impl Write, kind: Kind, value: &Value<'_>, depth: usize) -> io::Result<()> {
    match (kind, *value) {
        (Kind::Text, Value::Bytes(bytes)) => {
            let text = str::from_utf8(bytes).map_err(|_| malformed("a text is not UTF-8"))?;
            Ok(serde_json::to_writer(out, text)?)
        }
        (Kind::Bytes, Value::Bytes(bytes)) => write!(out, "\"{}\"", Base64Display::new(bytes, &STANDARD)),
        (Kind::Id, Value::Bytes(bytes)) => {
            out.write_all(b"\"")?;
            bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
            out.write_all(b"\"")
        }
        (Kind::Bool, Value::Varint(bits)) => write!(out, "{}", bits != 0),
        (Kind::Enum, Value::Varint(bits)) => write!(out, "{}", bits.cast_signed() as i32),
        (Kind::Uint32, Value::Varint(bits)) => write!(out, "{}", bits as u32),
        (Kind::Sint32, Value::Varint(bits)) => write!(out, "{}", zigzag(bits as u32)),
        (Kind::Fixed32, Value::Fixed32(bits)) => write!(out, "{bits}"),
        // 64 bits are more than a number of JavaScript holds.
        (Kind::Int64, Value::Varint(bits)) | (Kind::Sfixed64, Value::Fixed64(bits)) => write!(out, "\"{}\"", bits.cast_signed()),
        (Kind::Uint64, Value::Varint(bits)) | (Kind::Fixed64, Value::Fixed64(bits)) => write!(out, "\"{bits}\""),
        (Kind::Double, Value::Fixed64(bits)) => double(out, f64::from_bits(bits)),
        (Kind::Message(message), Value::Bytes(bytes)) => object(out, message, bytes, depth + 1),
        _ => Err(malformed("a field is of another type")),
    }
}

/// 0, 1, 2, 3 are 0, -1, 1, -2.
fn zigzag(bits: u32) -> i32 {
    (bits >> 1).cast_signed() ^ -((bits & 1).cast_signed())
}

/// JSON has no numbers for the last three.
fn double(out: &mut impl Write, value: f64) -> io::Result<()> {
    if value.is_finite() {
        // The shortest text that is read as this number; a large one with an exponent.
        write!(out, "{value:?}")
    } else if value.is_nan() {
        out.write_all(b"\"NaN\"")
    } else {
        out.write_all(if value > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" })
    }
}
