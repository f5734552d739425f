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
/// Its `Display` is a line `NAME=value`, or `NAME is ignored: a configuration file says everything`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    name: &'static str,
    kind: ValueKind,
    default: &'static str,
    value: String,
    is_ignored: bool,
}

impl Variable {
    pub(super) fn in_force(row: &'static Row, value: String) -> Self {
        Self { name: row.name, kind: row.kind, default: row.default, value, is_ignored: false }
    }

    /// The same, as a configuration file finds it that names it, unless that is secret or something else than what is written.
    pub(super) fn found(self, written: Option<String>) -> Self {
        use ValueKind::{Headers, KeyValueList, Path, Url};

        let is_shown_as_read = matches!(self.kind, Headers | KeyValueList | Path | Url);
        if is_shown_as_read { self } else { Self { value: written.unwrap_or_default(), ..self } }
    }

    /// The same, of which nothing holds, because a configuration file says everything.
    pub(super) fn ignored(self) -> Self {
        Self { value: String::new(), is_ignored: true, ..self }
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

    /// What holds: from code, from the environment, or by default. Of headers only the names. Empty if it [is ignored](Self::is_ignored).
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether it says nothing, because a configuration file that does not name it says everything in its place (OpenTelemetry specification,
    /// "Declarative configuration", `OTEL_CONFIG_FILE`).
    ///
    /// ```
    /// let variables = otel_runtime::builder().environment(|_| None).variables();
    /// assert!(variables.iter().all(|variable| !variable.is_ignored()));
    /// ```
    #[must_use]
    pub fn is_ignored(&self) -> bool {
        self.is_ignored
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ignored {
            return write!(f, "{} is ignored: a configuration file says everything", self.name);
        }
        write!(f, "{}={}", self.name, self.value)
    }
}

/// Every variable, with its kind, its default, and the value in force in the environment of this process: `builder().variables()`. Where
/// `OTEL_CONFIG_FILE` names a configuration file, those that it does not name [are ignored](Variable::is_ignored).
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
