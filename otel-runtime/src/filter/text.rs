//! The text of a filter: how it is written, and what is said of entries that are written wrongly.

use std::error::Error;
use std::{fmt, mem};

use super::Rule;
use crate::sampling::Threshold;

/// A rule for every path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    default: Rule,
    paths: Vec<(String, Rule)>,
}

/// What a text says, as far as it can be understood.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) filter: Filter,
    /// The entries that could be understood.
    pub(crate) good: Vec<String>,
    /// A sentence for each entry that is written wrongly.
    pub(crate) bad: Vec<String>,
    /// The paths of which more than one thing is said; `None` for what has no path.
    pub(crate) repeated: Vec<Option<String>>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { default: Rule::On, paths: Vec::new() }
    }
}

impl Filter {
    /// Reads `off,shop=on,shop::noisy=off,shop::hot=0.01`.
    pub(crate) fn parse(text: &str) -> Parsed {
        let mut parsed = Parsed { filter: Self::default(), good: Vec::new(), bad: Vec::new(), repeated: Vec::new() };
        let mut default = None;
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (path, rule) = match read(entry) {
                Ok(read) => read,
                Err(problem) => {
                    parsed.bad.push(problem);
                    continue;
                }
            };
            parsed.good.push(entry.to_owned());
            let before = match path {
                Some(path) => parsed.filter.say(path, rule),
                None => default.replace(rule),
            };
            let path = path.map(str::to_owned);
            if before.is_some() && !parsed.repeated.contains(&path) {
                parsed.repeated.push(path);
            }
        }
        parsed.filter.default = default.unwrap_or(Rule::On);
        parsed
    }

    /// Sets the rule of a path, and returns the one that it had.
    fn say(&mut self, path: &str, rule: Rule) -> Option<Rule> {
        if let Some((_, known)) = self.paths.iter_mut().find(|(known, _)| known == path) {
            return Some(mem::replace(known, rule));
        }
        self.paths.push((path.to_owned(), rule));
        None
    }

    /// Whether nothing is said of anything.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The rule of the longest path that a place's path begins with.
    pub(crate) fn rule(&self, place: &str) -> Rule {
        let matching = self.paths.iter().filter(|(path, _)| begins_with(place, path));
        matching.max_by_key(|(path, _)| path.len()).map_or(self.default, |(_, rule)| *rule)
    }
}

impl Parsed {
    /// A sentence for each path of which more than one thing is said.
    pub(crate) fn repetitions(&self) -> impl Iterator<Item = String> {
        self.repeated.iter().map(|path| match path {
            Some(path) => format!("`{path}` stands there more than once; the last one counts"),
            None => "there is more than one entry without a path; the last one counts".to_owned(),
        })
    }
}

/// As it is read.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = |rule: &Rule| match rule {
            Rule::On => "on".to_owned(),
            Rule::Off => "off".to_owned(),
            Rule::Ratio(threshold) => threshold.ratio().to_string(),
        };
        let default = (self.default != Rule::On).then(|| rule(&self.default));
        let paths = self.paths.iter().map(|(path, of_path)| format!("{path}={}", rule(of_path)));
        f.write_str(&default.into_iter().chain(paths).collect::<Vec<_>>().join(","))
    }
}

/// Whether the segments of `path` are the first ones of `place`: `shop` is the beginning of `shop::hot`, and not that of `shopping`.
fn begins_with(place: &str, path: &str) -> bool {
    place.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Reads an entry: `path=rule`, or a rule alone.
fn read(entry: &str) -> Result<(Option<&str>, Rule), String> {
    let Some((path, written)) = entry.split_once('=') else {
        let expected = || format!("`{entry}` is neither `on`, `off`, a ratio from 0 to 1, nor `path=` and one of these");
        return rule(entry).map(|rule| (None, rule)).ok_or_else(expected);
    };
    let (path, written) = (path.trim_end(), written.trim_start());
    if !is_path(path) {
        let meant = path.replace(['-', '.', '/'], if path.contains('-') { "_" } else { "::" });
        let meant = if is_path(&meant) { format!(" (did you mean `{meant}`?)") } else { String::new() };
        return Err(format!("`{path}` in `{entry}` is not a path like `shop::orders`{meant}"));
    }
    let rule = rule(written).ok_or_else(|| format!("`{written}` in `{entry}` is neither `on`, `off` nor a ratio from 0 to 1"))?;
    Ok((Some(path), rule))
}

fn rule(written: &str) -> Option<Rule> {
    match written {
        on if on.eq_ignore_ascii_case("on") => Some(Rule::On),
        off if off.eq_ignore_ascii_case("off") => Some(Rule::Off),
        ratio => ratio.parse().ok().and_then(Threshold::of_ratio).map(Rule::Ratio),
    }
}

/// What modules, types and functions are called.
fn is_path(path: &str) -> bool {
    let is_name = |name: &str| {
        name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    path.split("::").all(|segment| !segment.is_empty() && is_name(segment.strip_prefix("r#").unwrap_or(segment)))
}

/// Why a filter was not taken: what is wrong with each entry that is. Its `Debug` is its `Display`, because that is what `main` prints of an
/// error.
#[derive(Clone, PartialEq, Eq)]
pub struct FilterError {
    pub(crate) problems: Vec<String>,
}

impl FilterError {
    /// A sentence for each entry that is written wrongly.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl fmt::Debug for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for FilterError {}

#[cfg(test)]
mod tests;
