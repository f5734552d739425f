//! The environment: how each kind of variable is parsed, and what is said of values that cannot be used.
//!
//! This is the only reader of the environment in the project. It reads through a look-up closure, so that a test can give any environment
//! without touching that of the process. The rules are those of the OpenTelemetry specification, "Environment Variable Specification":
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use percent_encoding::percent_decode_str;

use super::variables::{NOT_READ, VARIABLES};

/// Something in the configuration that was ignored or corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    variable: String,
    problem: String,
}

impl Warning {
    pub(super) fn misspelt(variable: String, meant: &str) -> Self {
        Self { variable, problem: format!("there is no such variable; did you mean {meant}?") }
    }

    pub(super) fn no_spool(error: &std::io::Error) -> Self {
        Self { variable: "OTEL_RUST_SPOOL_DIR".to_owned(), problem: format!("{error}; telemetry is not spooled") }
    }

    /// The variable in question.
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

/// Gives the value of a variable by its name, as the environment of a process does.
pub(crate) type Lookup<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// Reads variables and keeps what is to be said about them.
pub(crate) struct Env<'a> {
    /// What was written, and then what the program would have where nothing usable was.
    sources: [&'a Lookup<'a>; 2],
    warnings: Vec<Warning>,
}

/// A value that could not be used.
struct Unusable {
    variable: String,
    problem: String,
}

impl<'a> Env<'a> {
    pub(crate) fn new(written: &'a Lookup<'a>, fallback: &'a Lookup<'a>) -> Self {
        let mut env = Self { sources: [written, fallback], warnings: Vec::new() };
        for name in NOT_READ {
            if written(name).is_some_and(|value| !value.is_empty()) {
                env.warn(name, "this version does not act on this variable, and ignores it");
            }
        }
        env
    }

    pub(crate) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    /// Keeps a warning, once: a general variable is read for each signal.
    pub(crate) fn warn(&mut self, variable: &str, problem: impl Into<String>) {
        let warning = Warning { variable: variable.to_owned(), problem: problem.into() };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The first value that can be used: of the first variable as it was written, then as its fallback has it, then of the next variable. What
    /// cannot be used is as if it were unset, and is said, with what is used instead.
    fn first<T>(&mut self, variables: &[&str], instead: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let mut unusable = Vec::new();
        let found = self.look(variables, &mut unusable, parse);
        let instead = found.as_ref().map_or_else(|| instead.to_owned(), |(_, place)| place.clone());
        for Unusable { variable, problem } in unusable {
            self.warn(&variable, format!("{problem}; using {instead}"));
        }
        found.map(|(value, _)| value)
    }

    /// As [`first`](Self::first), with where the value was found.
    fn look<T>(&self, variables: &[&str], unusable: &mut Vec<Unusable>, parse: impl Fn(&str) -> Result<T, String>) -> Option<(T, String)> {
        for variable in variables {
            debug_assert!(VARIABLES.contains(variable), "{variable} is missing in the list of variables");
            for (source, place) in self.sources.iter().zip([format!("that of {variable}"), "the program's own".to_owned()]) {
                let Some(value) = source(variable).filter(|value| !value.is_empty()) else { continue };
                let text = value.into_string().map_err(|_| "the value is not Unicode".to_owned());
                match text.and_then(|text| parse(&text)) {
                    Ok(value) => return Some((value, place)),
                    Err(problem) => unusable.push(Unusable { variable: (*variable).to_owned(), problem }),
                }
            }
        }
        None
    }

    /// The text of a variable. Empty is the same as unset.
    pub(crate) fn string(&mut self, variable: &str) -> Option<String> {
        self.first(&[variable], "the default", |text| Ok(text.to_owned()))
    }

    /// Whether a variable is set to anything at all.
    pub(crate) fn is_set(&self, variable: &str) -> bool {
        self.sources.iter().any(|source| source(variable).is_some_and(|value| !value.is_empty()))
    }

    /// True only for `true`, in any case; anything else is false.
    pub(crate) fn boolean(&mut self, variable: &str) -> bool {
        let parse = |text: &str| match text.trim() {
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(format!("`{text}` is neither `true` nor `false`")),
        };
        self.first(&[variable], "false", parse).unwrap_or(false)
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
        self.first(&[variable], &default.to_string(), parse).unwrap_or(default)
    }

    /// A number of milliseconds of at least one, or the default.
    pub(crate) fn duration(&mut self, variable: &str, default: Duration) -> Duration {
        let parse = |text: &str| match millis(text) {
            Some(0) | None => Err(format!("`{text}` is not a number of milliseconds of at least 1")),
            Some(millis) => Ok(Duration::from_millis(millis)),
        };
        self.first(&[variable], &default.as_millis().to_string(), parse).unwrap_or(default)
    }

    /// A number of milliseconds, where 0 means no limit, from the first variable that has one.
    pub(crate) fn timeout(&mut self, variables: &[&str], default: Duration) -> Option<Duration> {
        let parse = |text: &str| {
            let limit = millis(text).map(|millis| (millis > 0).then(|| Duration::from_millis(millis)));
            limit.ok_or_else(|| format!("`{text}` is not a number of milliseconds"))
        };
        self.first(variables, &default.as_millis().to_string(), parse).unwrap_or(Some(default))
    }

    /// One of several words, in any case, from the first variable that has one.
    pub(crate) fn word<T: Copy>(&mut self, variables: &[&str], words: &[(&str, T)], default: (&str, T)) -> T {
        let parse = |text: &str| find(words, text).ok_or_else(|| format!("`{text}` is not one of {}", listed(words)));
        self.first(variables, default.0, parse).unwrap_or(default.1)
    }

    /// Several words, separated by commas, each taken once. `none` stands alone and means an empty list.
    pub(crate) fn words<T: Copy + PartialEq>(&mut self, variable: &str, words: &[(&str, T)], default: &[(&str, T)]) -> Vec<T> {
        let names: Vec<&str> = default.iter().map(|(name, _)| *name).collect();
        let parse = |text: &str| Words::parse(text, words);
        let Some(list) = self.first(&[variable], &names.join(","), parse) else {
            return default.iter().map(|(_, word)| *word).collect();
        };
        for problem in list.problems {
            self.warn(variable, format!("{problem}; it is ignored"));
        }
        list.found
    }

    /// A URL with scheme `http` or `https` and a host. What is no URL may still contain a password, so the value is not repeated.
    pub(crate) fn url(&mut self, variable: &str, instead: &str) -> Option<Uri> {
        let parse = |text: &str| {
            let url = text.trim().parse::<Uri>().ok();
            let url =
                url.filter(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty()));
            let url = url.ok_or_else(|| "the value is not a URL like http://host:port".to_owned())?;
            if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
                return Err("a URL with a user name is not accepted".to_owned());
            }
            Ok(url)
        };
        self.first(&[variable], instead, parse)
    }

    /// `key=value,…`, percent-encoded. One bad entry spoils all of them: half a resource is a wrong resource.
    pub(crate) fn attributes(&mut self, variable: &str) -> Vec<(String, String)> {
        let parse = |text: &str| {
            let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
            entries.map(pair).collect::<Result<Vec<_>, _>>().map_err(|problem| format!("{problem} in `{text}`, so all of it is ignored"))
        };
        self.first(&[variable], "none of it", parse).unwrap_or_default()
    }

    /// `name=value,…`, percent-encoded, from the first variable that is set. Values are secrets: no message repeats them.
    pub(crate) fn headers(&mut self, variables: &[&str]) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::new();
        let parse = |text: &str| Ok(text.to_owned());
        let Some((value, _)) = self.look(variables, &mut Vec::new(), parse) else { return headers };
        let variable = variables.iter().find(|variable| self.is_set(variable)).copied().unwrap_or_default();
        for (index, entry) in value.split(',').enumerate().filter(|(_, entry)| !entry.trim().is_empty()) {
            match header(entry) {
                Some(header) => headers.push(header),
                None => self.warn(variable, format!("entry {} is not a header like name=value; it is ignored", index + 1)),
            }
        }
        headers
    }
}

/// A list of words, of which at least one can be used.
struct Words<T> {
    found: Vec<T>,
    problems: Vec<String>,
}

impl<T: Copy + PartialEq> Words<T> {
    fn parse(text: &str, words: &[(&str, T)]) -> Result<Self, String> {
        let (mut found, mut problems, mut none): (Vec<T>, _, _) = (Vec::new(), Vec::new(), false);
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match find(words, part) {
                Some(word) if found.contains(&word) => {}
                Some(word) => found.push(word),
                None if part.eq_ignore_ascii_case("none") => none = true,
                None => problems.push(format!("`{part}` is not one of {}, none", listed(words))),
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
const MAX_MILLIS: u64 = 365 * 24 * 60 * 60 * 1000;

fn millis(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|millis| *millis <= MAX_MILLIS)
}

fn find<T: Copy>(words: &[(&str, T)], value: &str) -> Option<T> {
    words.iter().find(|(name, _)| name.eq_ignore_ascii_case(value.trim())).map(|(_, word)| *word)
}

fn listed<T>(words: &[(&str, T)]) -> String {
    words.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn pair(entry: &str) -> Result<(String, String), String> {
    let (key, value) = entry.split_once('=').ok_or_else(|| format!("`{entry}` has no `=`"))?;
    let decoded = |part: &str| {
        let decoded = percent_decode_str(part.trim()).decode_utf8();
        decoded.map(std::borrow::Cow::into_owned).map_err(|_| format!("`{part}` is not UTF-8 after decoding"))
    };
    let key = decoded(key)?;
    if key.is_empty() {
        return Err(format!("`{entry}` has no key"));
    }
    Ok((key, decoded(value)?))
}

fn header(entry: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair(entry).ok()?;
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::try_from(name).ok()?, value))
}
