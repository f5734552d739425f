mod hostile;
mod mistakes;
mod settings;
mod substitution;
mod written;

use std::ffi::OsString;

use super::*;

/// A file with these lines after the one that every file has.
fn file(lines: &str) -> String {
    format!("file_format: \"1.0\"\n{lines}")
}

/// What a file says, with these variables: a configuration without a mistake, and the warnings.
fn read_with(text: &str, variables: &[(&str, &str)]) -> (Config, Vec<String>) {
    let Parsed { config, errors, warnings, .. } = parsed(text, variables);
    assert_eq!(errors, [], "{text}");
    (config.unwrap_or_else(|| panic!("{text}")), lines(&warnings))
}

fn read(text: &str) -> (Config, Vec<String>) {
    read_with(text, &[])
}

fn parsed(text: &str, variables: &[(&str, &str)]) -> Parsed {
    let lookup = |wanted: &str| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| OsString::from(value));
    parse(text, &lookup)
}

fn errors(text: &str) -> Vec<String> {
    lines(&parsed(text, &[]).errors)
}

fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}
