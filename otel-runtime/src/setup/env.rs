//! The environment: how each kind of variable is parsed, and what is said of values that cannot be used.
//!
//! This is the only reader of the environment in the project. It reads through a look-up closure, so that a test can give any environment
//! without touching that of the process. The rules are those of the OpenTelemetry specification, "Environment Variable Specification":
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

pub(super) mod pairs;
pub(super) mod url;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;

use self::pairs::{List, headers, pairs};
pub(super) use self::url::shown;
use super::variables::names::did_you_mean;
use super::variables::{TABLE, Variable};
use super::warning::Warning;
use crate::delivery::{File, Headers};
use crate::filter::Filter;

/// Gives the value of a variable by its name, as the environment of a process does.
pub(crate) type Lookup<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// Reads variables and keeps what is to be said about them.
pub(crate) struct Env<'a> {
    /// What was written, and then what the program would have where nothing usable was.
    sources: [&'a Lookup<'a>; 2],
    warnings: Vec<Warning>,
    /// What holds, by the name of the variable.
    in_force: BTreeMap<String, String>,
}

impl<'a> Env<'a> {
    pub(crate) fn new(written: &'a Lookup<'a>, fallback: &'a Lookup<'a>) -> Self {
        Self { sources: [written, fallback], warnings: Vec::new(), in_force: BTreeMap::new() }
    }

    /// What is to be said, and every variable with what holds.
    pub(crate) fn finish(mut self) -> (Vec<Warning>, Vec<Variable>) {
        let variables = TABLE.iter().map(|row| {
            let value = self.in_force.remove(row.name).unwrap_or_else(|| row.default.to_owned());
            Variable::in_force(row, value)
        });
        (self.warnings, variables.collect())
    }

    /// Notes what holds for a variable.
    pub(crate) fn holds(&mut self, variable: &str, value: impl fmt::Display) {
        self.in_force.insert(variable.to_owned(), value.to_string());
    }

    /// Keeps a warning, once: a general variable is read for each signal.
    pub(crate) fn warn(&mut self, variable: &str, problem: impl Into<String>) {
        let warning = Warning::new(variable, problem);
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The first value that can be used: of the first variable as it was written, then as its fallback has it, then of the next variable. What
    /// cannot be used is as if it were unset, and is said, with what is used instead.
    fn first<T>(&mut self, variables: &[impl AsRef<str>], instead: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        self.look(variables, instead, parse).map(|(value, _)| value)
    }

    /// As [`first`](Self::first), with the variable that has it.
    fn look<'v, T>(
        &mut self,
        variables: &'v [impl AsRef<str>],
        instead: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<(T, &'v str)> {
        let mut unusable = Vec::new();
        let (mut found, mut instead) = (None, instead.to_owned());
        'found: for variable in variables.iter().map(AsRef::as_ref) {
            debug_assert!(TABLE.iter().any(|row| row.name == variable), "{variable} is missing in the table of variables");
            for (source, place) in self.sources.iter().zip([format!("that of {variable}"), "the program's own".to_owned()]) {
                let Some(value) = source(variable).filter(|value| !value.is_empty()) else { continue };
                let text = value.into_string().map_err(|_| "the value is not Unicode".to_owned());
                match text.and_then(|text| parse(&text)) {
                    Ok(value) => {
                        (found, instead) = (Some((value, variable)), place);
                        break 'found;
                    }
                    Err(problem) => unusable.push((variable, problem)),
                }
            }
        }
        for (variable, problem) in unusable {
            self.warn(variable, format!("{problem}; using {instead}"));
        }
        found
    }

    /// The text of a variable. Empty is the same as unset.
    pub(crate) fn string(&mut self, variable: &str) -> Option<String> {
        let text = self.first(&[variable], "the default", |text| Ok(text.to_owned()))?;
        self.holds(variable, &text);
        Some(text)
    }

    /// A path, from the first variable that has one.
    pub(crate) fn path(&mut self, variables: &[impl AsRef<str>]) -> Option<PathBuf> {
        self.file(variables).map(|file| file.path)
    }

    /// As [`path`](Self::path), with the variable that has it.
    pub(crate) fn file(&mut self, variables: &[impl AsRef<str>]) -> Option<File> {
        let (path, variable) = self.look(variables, "none", |text| Ok(PathBuf::from(text)))?;
        let file = File { path, variable: variable.to_owned() };
        self.holds(variables[0].as_ref(), file.shown());
        Some(file)
    }

    /// A variable that says enough by being set.
    pub(crate) fn flag(&mut self, variable: &str) -> bool {
        let set = self.is_set(variable);
        if set {
            self.holds(variable, "set");
        }
        set
    }

    /// Whether a variable is set to anything at all.
    pub(crate) fn is_set(&self, variable: &str) -> bool {
        self.sources.iter().any(|source| source(variable).is_some_and(|value| !value.is_empty()))
    }

    /// True only for `true`, in any case; anything else is false, so it gives way to nothing that comes after it.
    pub(crate) fn boolean(&mut self, variables: &[impl AsRef<str>]) -> bool {
        let written = self.look(variables, "false", |text| Ok(text.to_owned()));
        let value = written.as_ref().is_some_and(|(text, _)| text.trim().eq_ignore_ascii_case("true"));
        if let Some((text, variable)) = written.filter(|(text, _)| !value && !text.trim().eq_ignore_ascii_case("false")) {
            self.warn(variable, format!("`{text}` is neither `true` nor `false`; using false"));
        }
        self.holds(variables[0].as_ref(), value);
        value
    }

    /// A number of a range, or the default.
    pub(crate) fn number<T: FromStr + PartialOrd + fmt::Display + Copy>(
        &mut self,
        variable: &str,
        range: RangeInclusive<T>,
        default: T,
    ) -> T {
        let parse = |text: &str| {
            let number = text.trim().parse::<T>().ok().filter(|number| range.contains(number));
            number.ok_or_else(|| format!("`{text}` is not a number from {} to {}", range.start(), range.end()))
        };
        let number = self.first(&[variable], &default.to_string(), parse).unwrap_or(default);
        self.holds(variable, number);
        number
    }

    /// A whole number, of which 0 is one too, from the first variable that has one; `None` is no limit.
    pub(crate) fn limit(&mut self, variables: &[&str], default: Option<u32>) -> Option<u32> {
        let parse = |text: &str| text.trim().parse::<u32>().map_err(|_| format!("`{text}` is not a number from 0 to {}", u32::MAX));
        let instead = default.map_or_else(|| "no limit".to_owned(), |default| default.to_string());
        let limit = self.first(variables, &instead, parse).or(default);
        if let Some(limit) = limit {
            self.holds(variables[0], limit);
        }
        limit
    }

    /// A number of milliseconds of at least one, or the default.
    pub(crate) fn duration(&mut self, variable: &str, default: Duration) -> Duration {
        let parse = |text: &str| match millis(text) {
            Some(0) | None => Err(format!("`{text}` is not a number of milliseconds of at least 1")),
            Some(millis) => Ok(Duration::from_millis(millis)),
        };
        let duration = self.first(&[variable], &default.as_millis().to_string(), parse).unwrap_or(default);
        self.holds(variable, duration.as_millis());
        duration
    }

    /// A number of milliseconds, where 0 means no limit, from the first variable that has one.
    pub(crate) fn timeout(&mut self, variables: &[impl AsRef<str>], default: Duration) -> Option<Duration> {
        let parse = |text: &str| {
            let limit = millis(text).map(|millis| (millis > 0).then(|| Duration::from_millis(millis)));
            limit.ok_or_else(|| format!("`{text}` is not a number of milliseconds"))
        };
        let timeout = self.first(variables, &default.as_millis().to_string(), parse).unwrap_or(Some(default));
        self.holds(variables[0].as_ref(), timeout.unwrap_or_default().as_millis());
        timeout
    }

    /// One of several words, in any case, from the first variable that has one.
    pub(crate) fn word<T: Copy>(&mut self, variables: &[impl AsRef<str>], words: &[(&'static str, T)], default: (&'static str, T)) -> T {
        let parse = |text: &str| find(words, text).ok_or_else(|| not_one_of(text, words, &[]));
        let (name, word) = self.first(variables, default.0, parse).unwrap_or(default);
        self.holds(variables[0].as_ref(), name);
        word
    }

    /// Several words, separated by commas, each taken once. `none` stands alone and means an empty list.
    pub(crate) fn words<T: Copy + PartialEq>(
        &mut self,
        variable: &str,
        words: &[(&'static str, T)],
        default: &[(&'static str, T)],
    ) -> Vec<T> {
        let parse = |text: &str| Words::parse(text, words);
        let list = self.first(&[variable], &names(default), parse);
        let Words { found, problems } = list.unwrap_or_else(|| Words { found: default.to_vec(), problems: Vec::new() });
        for problem in problems {
            self.warn(variable, format!("{problem}; it is ignored"));
        }
        self.holds(variable, if found.is_empty() { "none".to_owned() } else { names(&found) });
        found.into_iter().map(|(_, word)| word).collect()
    }

    /// Texts, separated by commas, each taken once. One that cannot be used spoils no other.
    pub(crate) fn list(&mut self, variable: &str, check: impl Fn(&str) -> Result<(), String>) -> Vec<String> {
        let parse = |text: &str| {
            let (mut good, mut bad) = (Vec::new(), Vec::new());
            for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                match check(part) {
                    Ok(()) if good.iter().any(|known| known == part) => {}
                    Ok(()) => good.push(part.to_owned()),
                    Err(problem) => bad.push(problem),
                }
            }
            if good.is_empty() && !bad.is_empty() { Err(bad.join("; ")) } else { Ok((good, bad)) }
        };
        let (good, bad) = self.first(&[variable], "none", parse).unwrap_or_default();
        for problem in bad {
            self.warn(variable, format!("{problem}; it is ignored"));
        }
        self.holds(variable, good.join(","));
        good
    }

    /// Which places record. An entry that cannot be used spoils no other.
    pub(crate) fn filter(&mut self, variable: &str) -> Filter {
        let parse = |text: &str| {
            let parsed = Filter::parse(text);
            if parsed.good.is_empty() && !parsed.bad.is_empty() { Err(parsed.bad.join("; ")) } else { Ok(parsed) }
        };
        let Some(parsed) = self.first(&[variable], "none", parse) else { return Filter::default() };
        for problem in &parsed.bad {
            self.warn(variable, format!("{problem}; it is ignored"));
        }
        for repetition in parsed.repetitions() {
            self.warn(variable, repetition);
        }
        self.holds(variable, parsed.good.join(","));
        parsed.filter
    }

    /// The URL of a backend; `default_scheme` is that of what has none, if that is allowed.
    pub(crate) fn url(&mut self, variable: &str, instead: &str, default_scheme: Option<&str>) -> Option<Uri> {
        let url = self.first(&[variable], instead, |text| url::parse(text, default_scheme))?;
        self.holds(variable, shown(&url));
        Some(url)
    }

    /// `key=value,…`, percent-encoded. One bad entry spoils all of them: half a resource is a wrong resource.
    pub(crate) fn attributes(&mut self, variable: &str) -> Vec<(String, String)> {
        let parse = |text: &str| Ok((text.to_owned(), pairs(text)?));
        let Some((text, pairs)) = self.first(&[variable], "none of it", parse) else { return Vec::new() };
        self.holds(variable, text);
        pairs
    }

    /// `name=value,…`, percent-encoded, from the first variable that is set. Values are secrets: no message repeats them.
    pub(crate) fn headers(&mut self, variables: &[impl AsRef<str>]) -> Headers {
        let parse = |text: &str| Ok(text.to_owned());
        let Some((value, variable)) = self.look(variables, "none", parse) else { return Headers::default() };
        let List { headers, problems } = headers(&value);
        for problem in problems {
            self.warn(variable, problem);
        }
        let shown: Vec<String> = headers.iter().map(|(name, _)| format!("{name}=***")).collect();
        self.holds(variables[0].as_ref(), shown.join(","));
        Headers::listed(headers, format!("${{{variable}}}"))
    }
}

/// A list of words with their names, of which at least one can be used.
struct Words<T> {
    found: Vec<(&'static str, T)>,
    problems: Vec<String>,
}

impl<T: Copy + PartialEq> Words<T> {
    fn parse(text: &str, words: &[(&'static str, T)]) -> Result<Self, String> {
        let (mut found, mut problems, mut none): (Vec<(_, T)>, _, _) = (Vec::new(), Vec::new(), false);
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match find(words, part) {
                Some(word) if found.contains(&word) => {}
                Some(word) => found.push(word),
                None if part.eq_ignore_ascii_case("none") => none = true,
                None => problems.push(not_one_of(part, words, &["none"])),
            }
        }
        if none && !found.is_empty() {
            problems.push(format!("`none` stands beside others in `{text}`"));
        }
        if found.is_empty() && !none {
            let nothing = || format!("nothing in `{text}` can be used");
            return Err(if problems.is_empty() { nothing() } else { problems.join("; ") });
        }
        Ok(Self { found, problems })
    }
}

/// A year: longer is a mistake, and would overflow where a moment is computed.
pub(super) const MAX_MILLIS: u64 = 365 * 24 * 60 * 60 * 1000;

fn millis(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|millis| *millis <= MAX_MILLIS)
}

fn find<T: Copy>(words: &[(&'static str, T)], value: &str) -> Option<(&'static str, T)> {
    words.iter().find(|(name, _)| name.eq_ignore_ascii_case(value.trim())).copied()
}

/// As in the value of a variable.
fn names<T>(words: &[(&str, T)]) -> String {
    words.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",")
}

/// For a message: what was written is none of the words, nor one of `others`.
pub(super) fn not_one_of<T>(written: &str, words: &[(&str, T)], others: &[&str]) -> String {
    shown_not_one_of(written, written, words, others)
}

/// As [`not_one_of`], where what was written is shown as something else.
pub(super) fn shown_not_one_of<T>(shown: &str, written: &str, words: &[(&str, T)], others: &[&str]) -> String {
    let known: Vec<&str> = words.iter().map(|(name, _)| *name).chain(others.iter().copied()).collect();
    format!("`{shown}` is not one of {}{}", known.join(", "), did_you_mean(written.trim(), known.iter().copied()))
}
