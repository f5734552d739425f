//! Appends fields to an encoded message.

/// The byte before a field whose number is at most 15.
pub(crate) const fn key(field: u8, kind: FieldKind) -> u8 {
    field << 3 | kind as u8
}

/// How a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Varint = 0,
    Fixed64 = 1,
    Delimited = 2,
    Fixed32 = 5,
}

/// Seven bits a byte, the lowest first; the last byte has its highest bit clear.
#[inline]
pub(crate) fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(low(value) | 0x80);
        value >>= 7;
    }
    bytes.push(low(value));
}

/// The same in memory that is there, of which as many bytes are written as are returned.
#[inline]
pub(crate) fn varint_in(bytes: &mut [u8], mut value: u64) -> u8 {
    let mut length = 0;
    for byte in bytes {
        let rest = value >> 7;
        *byte = low(value) | if rest > 0 { 0x80 } else { 0 };
        (value, length) = (rest, length + 1);
        if rest == 0 {
            break;
        }
    }
    length
}

#[allow(clippy::cast_possible_truncation, reason = "the lowest seven bits")]
const fn low(value: u64) -> u8 {
    (value & 0x7f) as u8
}

/// How many bytes a varint takes.
#[inline]
pub(crate) const fn length_of_varint(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// A field with bytes, or a text.
#[inline]
pub(crate) fn delimited(bytes: &mut Vec<u8>, field: u8, content: &[u8]) {
    let (key, length) = (key(field, FieldKind::Delimited), content.len());
    // Most are short enough for a length of one byte, or of two.
    if length < 0x80 {
        bytes.extend_from_slice(&[key, low(length as u64)]);
    } else if length < 0x4000 {
        bytes.extend_from_slice(&[key, low(length as u64) | 0x80, low(length as u64 >> 7)]);
    } else {
        bytes.push(key);
        varint(bytes, length as u64);
    }
    bytes.extend_from_slice(content);
}

/// A field with a message, or anything else that is as long as what `write` appends. It stays as it was if `write` panics.
pub(crate) fn message(bytes: &mut Vec<u8>, field: u8, write: impl FnOnce(&mut Vec<u8>)) {
    let mut unfinished = Unfinished { before: bytes.len(), bytes };
    unfinished.bytes.push(key(field, FieldKind::Delimited));
    // Most are short, and their length is one byte.
    unfinished.bytes.push(0);
    let start = unfinished.bytes.len();
    write(unfinished.bytes);
    let Unfinished { bytes, .. } = &mut unfinished;
    let length = bytes.len() - start;
    let more = length_of_varint(length as u64) - 1;
    if more > 0 {
        let end = bytes.len();
        bytes.resize(end + more, 0);
        bytes.copy_within(start..end, start + more);
    }
    let mut rest = length as u64;
    for byte in &mut bytes[start - 1..start + more] {
        *byte = low(rest) | 0x80;
        rest >>= 7;
    }
    bytes[start + more - 1] &= 0x7f;
    unfinished.before = bytes.len();
}

/// Takes away what was not finished.
struct Unfinished<'a> {
    bytes: &'a mut Vec<u8>,
    before: usize,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.bytes.truncate(self.before);
    }
}
