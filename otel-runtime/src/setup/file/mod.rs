//! The configuration file of `OTEL_CONFIG_FILE` (OpenTelemetry specification, "Declarative configuration":
//! <https://opentelemetry.io/docs/specs/otel/configuration/#declarative-configuration>; what there is to say is in its schema:
//! <https://github.com/open-telemetry/opentelemetry-configuration>).
//!
//! ```text
//! text → yaml (nodes with places) → field (typed, by key) → root, resource, traces, … → Config → write → text
//! ```
//!
//! Variables are substituted while the nodes are made. Everything that is wrong is said at once, with its place; then there is no configuration.

mod distribution;
mod exporter;
mod field;
#[cfg(feature = "testing")]
mod known;
mod metrics;
mod problem;
mod processor;
mod resource;
mod root;
mod sampler;
mod scalar;
mod substitute;
mod views;
mod write;
mod yaml;

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

#[cfg(feature = "testing")]
pub use self::known::known_keys;
pub use self::write::to_config_file;

use self::field::Field;
use self::problem::{Problem, Remarks};
use self::substitute::Variables;
use super::config::Config;
use super::env::Lookup;
use super::error::InitError;
use super::warning::Warning;
use crate::delivery::File;

/// What a file says.
#[derive(Debug)]
pub(super) struct FileRead {
    pub(super) config: Config,
    /// What was ignored.
    pub(super) warnings: Vec<Warning>,
    /// The variables that it refers to.
    pub(super) substituted: BTreeSet<String>,
}

/// No configuration is longer.
const MAX_LENGTH: u64 = 1024 * 1024;

/// Reads a file, with the variables that it refers to.
pub(super) fn read(file: &File, lookup: &Lookup<'_>) -> Result<FileRead, InitError> {
    let invalid = |problems: Vec<String>, warnings: Vec<String>| {
        let (variable, path) = (file.variable.clone(), file.path.clone());
        InitError::InvalidFile { variable, path, problems, warnings }
    };
    let text = text(&file.path).map_err(|problem| invalid(vec![problem], Vec::new()))?;
    let parsed = parse(&text, lookup);
    let Parsed { config, errors, warnings, substituted } = parsed;
    let lines = |problems: &[Problem]| problems.iter().map(ToString::to_string).collect();
    let config = config.filter(|_| errors.is_empty()).ok_or_else(|| invalid(lines(&errors), lines(&warnings)))?;
    let warning = |Problem { place, text }| Warning::new(format!("{}:{place}", file.path.display()), text);
    Ok(FileRead { config, warnings: warnings.into_iter().map(warning).collect(), substituted })
}

/// The text of a file, if it is a file, of a length that can be meant, and text.
fn text(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
    // Reading from something else might never end.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(unreadable)?.take(MAX_LENGTH + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_LENGTH {
        return Err(format!("it is longer than {MAX_LENGTH} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|error| format!("it is not UTF-8 after {} bytes", error.utf8_error().valid_up_to()))?;
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

/// What is made of a text.
struct Parsed {
    /// Not to be used if there are errors.
    config: Option<Config>,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    substituted: BTreeSet<String>,
}

fn parse(text: &str, lookup: &Lookup<'_>) -> Parsed {
    let remarks = Remarks::default();
    let variables = Variables::new(lookup, &remarks);
    let config = match yaml::parse(text, &variables) {
        Ok(node) => root::read(&Field::root(&remarks, &node)),
        Err(problem) => {
            remarks.error(problem);
            None
        }
    };
    let substituted = variables.into_asked();
    let (errors, warnings) = remarks.finish();
    Parsed { config, errors, warnings, substituted }
}

#[cfg(test)]
mod tests;
