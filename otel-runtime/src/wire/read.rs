//! Reads the fields of an encoded message (<https://protobuf.dev/programming-guides/encoding/>).

use std::io;

/// What a field has, as far as the encoding says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// The fields of a message with their numbers, in their order. After an error there are none.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(encoded: &'a [u8]) -> Self {
        Self { rest: encoded }
    }

    /// What follows the fields that were read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn field(&mut self) -> io::Result<(u64, Value<'a>)> {
        let tag = varint(&mut self.rest)?;
        Ok((tag >> 3, value(&mut self.rest, tag & 7)?))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = io::Result<(u64, Value<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

pub(crate) const VARINT: u64 = 0;
pub(crate) const FIXED64: u64 = 1;
const LENGTH_DELIMITED: u64 = 2;
pub(crate) const FIXED32: u64 = 5;

pub(crate) fn value<'a>(rest: &mut &'a [u8], wire_type: u64) -> io::Result<Value<'a>> {
    match wire_type {
        VARINT => Ok(Value::Varint(varint(rest)?)),
        FIXED64 => {
            let (bytes, after) = rest.split_first_chunk().ok_or_else(cut_off)?;
            *rest = after;
            Ok(Value::Fixed64(u64::from_le_bytes(*bytes)))
        }
        LENGTH_DELIMITED => {
            let length = usize::try_from(varint(rest)?).unwrap_or(usize::MAX);
            let (bytes, after) = rest.split_at_checked(length).ok_or_else(cut_off)?;
            *rest = after;
            Ok(Value::Bytes(bytes))
        }
        FIXED32 => {
            let (bytes, after) = rest.split_first_chunk().ok_or_else(cut_off)?;
            *rest = after;
            Ok(Value::Fixed32(u32::from_le_bytes(*bytes)))
        }
        _ => Err(malformed("a field has no type of Protobuf's")),
    }
}

/// Seven bits a byte, the lowest first; the last byte has its highest bit clear.
fn varint(rest: &mut &[u8]) -> io::Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or_else(cut_off)?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(malformed("a number is too long"))
}

fn cut_off() -> io::Error {
    malformed("it is cut off")
}

pub(crate) fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
