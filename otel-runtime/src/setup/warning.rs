//! [`Warning`]: what the set-up has to say of the configuration.

use std::fmt;

/// Something in the configuration that was ignored or corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    variable: String,
    problem: String,
}

impl Warning {
    /// Of a variable, or of whatever else is set up.
    pub(super) fn new(subject: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { variable: subject.into(), problem: problem.into() }
    }

    /// The variable in question, `Cargo.lock`, or the place in a configuration file: its path, line and column, or the key with these.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

/// `OTEL_TRACES_SAMPLER: …`, with the value as it was written unless it may be a secret, and what is used instead.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.problem)
    }
}
