//! The environment as a carrier: <https://opentelemetry.io/docs/specs/otel/context/env-carriers/>.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;

use opentelemetry::propagation::{Extractor, Injector};

/// The variables that a process was started with, as a carrier to extract from.
///
/// A key is looked for under its name as a variable: `traceparent` is `TRACEPARENT`, `x-b3-traceid` is `X_B3_TRACEID`.
/// [`context::from_environment`](crate::context::from_environment) is what a program usually needs.
///
/// ```
/// use otel_runtime::opentelemetry::propagation::Extractor;
/// use otel_runtime::propagation::EnvironmentExtractor;
///
/// let environment = EnvironmentExtractor::new([("X_B3_TRACEID".into(), "463ac35c9f6413ad".into())]);
/// assert_eq!(environment.get("x-b3-traceid"), Some("463ac35c9f6413ad"));
/// ```
///
/// Names that are made of data, as those of Jaeger's baggage, do not survive as variables: they are not found again.
#[derive(Clone, Default)]
pub struct EnvironmentExtractor(HashMap<String, String>);

impl EnvironmentExtractor {
    /// Of the given variables, those that can be a key's, and are Unicode.
    #[must_use]
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let unicode = variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self(unicode.filter(|(name, _)| variable(name) == *name).collect())
    }

    /// The variables of this process, as they are now.
    #[must_use]
    pub fn current() -> Self {
        Self::new(std::env::vars_os())
    }
}

impl Extractor for EnvironmentExtractor {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(&variable(key)).map(String::as_str)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

/// Only the names: an environment has secrets.
impl fmt::Debug for EnvironmentExtractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EnvironmentExtractor").field(&self.0.keys()).finish()
    }
}

/// The variables for a child process, as a carrier to inject into.
#[derive(Debug, Default)]
pub(crate) struct Variables(pub(crate) Vec<(String, String)>);

impl Variables {
    /// The name of the variable for a key.
    pub(crate) fn name(key: &str) -> String {
        variable(key)
    }
}

impl Injector for Variables {
    fn set(&mut self, key: &str, value: String) {
        self.0.push((variable(key), value));
    }
}

/// The name that a key has as a variable: `[A-Z_][A-Z0-9_]*`.
fn variable(key: &str) -> String {
    let mut name: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}
