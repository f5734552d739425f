//! Variables in values (OpenTelemetry specification, "Environment variable substitution":
//! <https://opentelemetry.io/docs/specs/otel/configuration/data-model/#environment-variable-substitution>).

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::problem::{Place, Problem, Remarks};
use crate::setup::env::Lookup;

/// The variables that a file may refer to.
pub(super) struct Variables<'a> {
    lookup: &'a Lookup<'a>,
    remarks: &'a Remarks,
    /// Those that it does refer to.
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(lookup: &'a Lookup<'a>, remarks: &'a Remarks) -> Self {
        Self { lookup, remarks, asked: RefCell::default() }
    }

    pub(super) fn into_asked(self) -> BTreeSet<String> {
        self.asked.into_inner()
    }

    /// A value with `${NAME}`, `${env:NAME}` and `${NAME:-default}` replaced, and `$$` by `$`; `None` if it has nothing of that. What a variable
    /// has is not looked at again.
    pub(super) fn substitute(&self, text: &str, place: Place) -> Option<String> {
        if !text.contains('$') {
            return None;
        }
        let parts: Vec<String> = text.split("$$").map(|part| self.references(part, place)).collect();
        let substituted = parts.join("$");
        (substituted != text).then_some(substituted)
    }

    /// A text without `$$`.
    fn references(&self, text: &str, place: Place) -> String {
        let mut substituted = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((reference, after)) = after.split_once('}') else { break };
            substituted.push_str(before);
            match self.value(reference, place) {
                Ok(value) => substituted.push_str(&value),
                Err(problem) => self.remarks.error(problem),
            }
            rest = after;
        }
        substituted.push_str(rest);
        substituted
    }

    fn value(&self, reference: &str, place: Place) -> Result<String, Problem> {
        let (name, default) = match reference.split_once(":-") {
            Some((name, default)) => (name, default),
            None => (reference, ""),
        };
        let name = name.strip_prefix("env:").unwrap_or(name);
        if !is_name(name) {
            // It is not repeated: it may be a password with these letters in it.
            let problem =
                "what stands in `${…}` is not the name of a variable, as in `${NAME}` or `${NAME:-default}`; a `$` is written `$$`";
            return Err(Problem::new(place, "", problem));
        }
        self.asked.borrow_mut().insert(name.to_owned());
        let Some(value) = (self.lookup)(name).filter(|value| !value.is_empty()) else { return Ok(default.to_owned()) };
        value.into_string().map_err(|_| Problem::new(place, "", format!("the value of the variable {name} is not Unicode")))
    }
}

/// Whether a value is a variable's alone, but for the word that says what kind of secret it is: then it can be shown as it is written.
pub(super) fn is_reference(written: &str) -> bool {
    let reference = ["Bearer ", "Basic "].iter().find_map(|scheme| written.strip_prefix(scheme)).unwrap_or(written);
    let name = reference.strip_prefix("${").and_then(|reference| reference.strip_suffix('}'));
    name.is_some_and(|name| is_name(name.strip_prefix("env:").unwrap_or(name)))
}

fn is_name(name: &str) -> bool {
    let is_letter = |letter: u8| letter.is_ascii_alphabetic() || letter == b'_';
    name.bytes().next().is_some_and(is_letter) && name.bytes().all(|letter| is_letter(letter) || letter.is_ascii_digit())
}
