//! Values that are recorded, but not as they are.

use opentelemetry::Value;
use sha2::{Digest, Sha256};

use crate::value::{AttributeValue, ValueWriter};

/// How a value is redacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redaction {
    /// `redact = erase`: only that there is a value.
    Erase,
    /// `redact = hash`: the first 128 bits of the SHA-256 of its text, in hexadecimal. Equal values can be found, but so can a value that
    /// someone guesses.
    Hash,
    /// `redact = truncate(n)`: at most the first `n` characters of its text.
    Truncate(usize),
}

/// A value with its redaction. What is not recorded is not redacted either: `None` stays `None`.
pub struct Redacted<'a, T: ?Sized>(pub &'a T, pub Redaction);

impl<T: AttributeValue + ?Sized> AttributeValue for Redacted<'_, T> {
    fn write(&self, writer: ValueWriter<'_>) {
        let mut plain = Vec::new();
        self.0.write(ValueWriter::new("", &mut plain));
        let Some(plain) = plain.pop() else { return };
        match self.1 {
            Redaction::Erase => writer.static_str("[erased]"),
            Redaction::Hash => writer.string(hash(&text(&plain.value))),
            Redaction::Truncate(length) => writer.string(text(&plain.value).chars().take(length).collect()),
        }
    }
}

/// Shows nothing of the value.
impl<T: ?Sized> std::fmt::Debug for Redacted<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Redacted").field(&self.1).finish()
    }
}

fn text(value: &Value) -> String {
    value.as_str().into_owned()
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let first: [u8; 16] = std::array::from_fn(|index| digest[index]);
    format!("{:032x}", u128::from_be_bytes(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(value: &impl AttributeValue, redaction: Redaction) -> Option<String> {
        let mut attributes = Vec::new();
        Redacted(value, redaction).write(ValueWriter::new("key", &mut attributes));
        attributes.pop().map(|attribute| attribute.value.to_string())
    }

    #[test]
    fn nothing_of_an_erased_value_is_left() {
        assert_eq!(recorded(&"jo@example.com", Redaction::Erase).as_deref(), Some("[erased]"));
        assert_eq!(recorded(&None::<String>, Redaction::Erase), None);
    }

    #[test]
    fn equal_values_have_equal_hashes() {
        let hashed = recorded(&"abc", Redaction::Hash);
        assert_eq!(hashed.as_deref(), Some("ba7816bf8f01cfea414140de5dae2223"), "SHA-256 of the standard's own example");
        assert_eq!(hashed, recorded(&String::from("abc"), Redaction::Hash));
        assert_ne!(hashed, recorded(&"abd", Redaction::Hash));
    }

    #[test]
    fn a_value_is_cut_between_characters() {
        assert_eq!(recorded(&"Yên Bái", Redaction::Truncate(2)).as_deref(), Some("Yê"));
        assert_eq!(recorded(&12345, Redaction::Truncate(3)).as_deref(), Some("123"));
        assert_eq!(recorded(&"x", Redaction::Truncate(9)).as_deref(), Some("x"));
    }

    #[test]
    fn the_guard_itself_shows_nothing() {
        assert_eq!(format!("{:?}", Redacted(&"secret", Redaction::Hash)), "Redacted(Hash)");
    }
}
