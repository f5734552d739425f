//! Which variables there are: their kinds, their defaults, and the values in force.

pub(super) mod names;
mod table;

use std::fmt;

pub(super) use names::{misspelt, nearest};
pub(super) use table::{Row, TABLE};

/// How the value of a variable is written, in the terms of the specification's
/// [configuration types](https://opentelemetry.io/docs/specs/otel/configuration/common/).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueKind {
    /// `true` in any case; anything else is false.
    Boolean,
    /// A whole number that is not negative.
    Integer,
    /// A number.
    Float,
    /// Milliseconds, at least 1.
    Duration,
    /// Milliseconds; 0 is no limit.
    Timeout,
    /// One of several words, in any case.
    Enum,
    /// Several of several words, separated by commas, in any case.
    EnumList,
    /// Anything.
    String,
    /// Several texts, separated by commas.
    List,
    /// The path of a file or folder.
    Path,
    /// An `http` or `https` URL without a user name.
    Url,
    /// `key=value,…`, percent-encoded.
    KeyValueList,
    /// `name=value,…`, percent-encoded; the values are secrets.
    Headers,
    /// Set to anything, or not.
    Flag,
}

/// One of the environment variables that set telemetry up.
///
/// Its `Display` is a line `NAME=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    name: &'static str,
    kind: ValueKind,
    default: &'static str,
    value: String,
}

impl Variable {
    pub(super) fn in_force(row: &'static Row, value: String) -> Self {
        Self { name: row.name, kind: row.kind, default: row.default, value }
    }

    /// Its name: `OTEL_TRACES_SAMPLER`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How its value is written.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        self.kind
    }

    /// What holds where it is unset; empty for nothing. What holds for all signals comes before the default of one signal.
    #[must_use]
    pub fn default(&self) -> &'static str {
        self.default
    }

    /// What holds: from code, from the environment, or by default. Of headers only the names.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

/// Every variable, with its kind, its default, and the value in force in the environment of this process: `builder().variables()`.
///
/// ```
/// for variable in otel_runtime::setup::variables() {
///     println!("{variable}");
/// }
/// ```
#[must_use]
pub fn variables() -> Vec<Variable> {
    super::builder().variables()
}

#[cfg(test)]
mod tests;
