//! The environment: which variables there are, how each kind is parsed, and what is said of values that cannot be used.
//!
//! This is the only reader of the environment in the project. It reads through a look-up closure, so that a test can give any environment
//! without touching that of the process. The rules are those of the OpenTelemetry specification, "Environment Variable Specification":
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use percent_encoding::percent_decode_str;

/// Every variable that is read.
pub(crate) const VARIABLES: &[&str] = &[
    "NO_COLOR",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BLRP_MAX_QUEUE_SIZE",
    "OTEL_BLRP_SCHEDULE_DELAY",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_LOGS_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_METRIC_EXPORT_INTERVAL",
    "OTEL_PROPAGATORS",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_RUST_QUEUE_MAX_BYTES",
    "OTEL_RUST_RETRY_MAX_ELAPSED",
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
];

/// Variables of the specification, and ours to come, that this version does not act on. Whoever sets one is told.
pub(crate) const NOT_READ: &[&str] = &[
    "OTEL_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_BLRP_EXPORT_TIMEOUT",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_CONFIG_FILE",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_EXPERIMENTAL_CONFIG_FILE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_INSECURE",
    "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
    "OTEL_EXPORTER_OTLP_LOGS_INSECURE",
    "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
    "OTEL_EXPORTER_OTLP_METRICS_INSECURE",
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
    "OTEL_EXPORTER_PROMETHEUS_HOST",
    "OTEL_EXPORTER_PROMETHEUS_PORT",
    "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
    "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_LOG_LEVEL",
    "OTEL_METRICS_EXEMPLAR_FILTER",
    "OTEL_METRIC_EXPORT_TIMEOUT",
    "OTEL_RUST_BAGGAGE_ATTRIBUTES",
    "OTEL_RUST_FILTER",
    "OTEL_RUST_SELF_METRICS",
    "OTEL_RUST_SPOOL_DIR",
    "OTEL_RUST_SPOOL_MAX_BYTES",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",
    "OTEL_SPAN_LINK_COUNT_LIMIT",
];

/// Something in the configuration that was ignored or corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    variable: String,
    problem: String,
}

impl Warning {
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
    lookup: &'a Lookup<'a>,
    warnings: Vec<Warning>,
}

impl<'a> Env<'a> {
    pub(crate) fn new(lookup: &'a Lookup<'a>) -> Self {
        let mut env = Self { lookup, warnings: Vec::new() };
        for name in NOT_READ {
            if lookup(name).is_some_and(|value| !value.is_empty()) {
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

    /// The text of a variable. Empty is the same as unset.
    pub(crate) fn string(&mut self, variable: &str) -> Option<String> {
        debug_assert!(VARIABLES.contains(&variable), "{variable} is missing in the list of variables");
        let value = (self.lookup)(variable)?.into_string();
        if value.is_err() {
            self.warn(variable, "the value is not Unicode; it is ignored");
        }
        value.ok().filter(|value| !value.is_empty())
    }

    /// The text of the first of several variables that is set, with the variable's name.
    fn first<'v>(&mut self, variables: &[&'v str]) -> Option<(&'v str, String)> {
        variables.iter().find_map(|variable| self.string(variable).map(|value| (*variable, value)))
    }

    /// True only for `true`, in any case.
    pub(crate) fn boolean(&mut self, variable: &str) -> bool {
        let Some(value) = self.string(variable) else { return false };
        let trimmed = value.trim();
        let is_true = trimmed.eq_ignore_ascii_case("true");
        if !is_true && !trimmed.eq_ignore_ascii_case("false") {
            self.warn(variable, format!("`{value}` is neither `true` nor `false`; using false"));
        }
        is_true
    }

    /// A number of a range, or the default.
    pub(crate) fn number<T: FromStr + PartialOrd + fmt::Display + Copy>(
        &mut self,
        variable: &str,
        range: std::ops::RangeInclusive<T>,
        default: T,
    ) -> T {
        let Some(value) = self.string(variable) else { return default };
        match value.trim().parse::<T>() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let (low, high) = range.into_inner();
                self.warn(variable, format!("`{value}` is not a number from {low} to {high}; using {default}"));
                default
            }
        }
    }

    /// A number of milliseconds of at least one, or the default.
    pub(crate) fn duration(&mut self, variable: &str, default: Duration) -> Duration {
        let default = u64::try_from(default.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.number(variable, 1..=MAX_MILLIS, default))
    }

    /// A number of milliseconds, where 0 means no limit, from the first variable that is set.
    pub(crate) fn timeout(&mut self, variables: &[&str], default: Duration) -> Option<Duration> {
        let Some((variable, value)) = self.first(variables) else { return Some(default) };
        match value.trim().parse::<u64>() {
            Ok(0) => None,
            Ok(millis) if millis <= MAX_MILLIS => Some(Duration::from_millis(millis)),
            _ => {
                let millis = default.as_millis();
                self.warn(variable, format!("`{value}` is not a number of milliseconds; using {millis}"));
                Some(default)
            }
        }
    }

    /// One of several words, in any case, from the first variable that is set.
    pub(crate) fn word<T: Copy>(&mut self, variables: &[&str], words: &[(&str, T)], default: (&str, T)) -> T {
        let Some((variable, value)) = self.first(variables) else { return default.1 };
        let found = find(words, &value);
        if found.is_none() {
            self.warn(variable, format!("`{value}` is not one of {}; using {}", listed(words), default.0));
        }
        found.unwrap_or(default.1)
    }

    /// Several words, separated by commas, each taken once. `none` stands alone and means an empty list.
    pub(crate) fn words<T: Copy + PartialEq>(&mut self, variable: &str, words: &[(&str, T)], default: &[(&str, T)]) -> Vec<T> {
        let fallback = || default.iter().map(|(_, word)| *word).collect();
        let Some(value) = self.string(variable) else { return fallback() };
        let mut found: Vec<T> = Vec::new();
        let mut none = false;
        for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match find(words, part) {
                Some(word) if found.contains(&word) => {}
                Some(word) => found.push(word),
                None if part.eq_ignore_ascii_case("none") => none = true,
                None => self.warn(variable, format!("`{part}` is not one of {}, none; it is ignored", listed(words))),
            }
        }
        match (none, found.is_empty()) {
            (true, true) => Vec::new(),
            (true, false) => {
                self.warn(variable, format!("`none` stands beside others in `{value}`; it is ignored"));
                found
            }
            (false, true) => {
                let names: Vec<&str> = default.iter().map(|(name, _)| *name).collect();
                self.warn(variable, format!("nothing in `{value}` can be used; using {}", names.join(",")));
                fallback()
            }
            (false, false) => found,
        }
    }

    /// A URL with scheme `http` or `https` and a host.
    pub(crate) fn url(&mut self, variable: &str, instead: &str) -> Option<Uri> {
        let value = self.string(variable)?;
        let url = value.trim().parse::<Uri>().ok();
        match url.filter(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())) {
            Some(url) if url.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
                self.warn(variable, format!("a URL with a user name is not accepted; using {instead}"));
                None
            }
            Some(url) => Some(url),
            None => {
                // What is no URL may still contain a password, so the value is not repeated.
                self.warn(variable, format!("the value is not a URL like http://host:port; using {instead}"));
                None
            }
        }
    }

    /// `key=value,…`, percent-encoded. One bad entry spoils all of them: half a resource is a wrong resource.
    pub(crate) fn attributes(&mut self, variable: &str) -> Vec<(String, String)> {
        let Some(value) = self.string(variable) else { return Vec::new() };
        match pairs(&value) {
            Ok(pairs) => pairs,
            Err(problem) => {
                self.warn(variable, format!("{problem} in `{value}`; all of it is ignored"));
                Vec::new()
            }
        }
    }

    /// `name=value,…`, percent-encoded, from the first variable that is set. Values are secrets: no message repeats them.
    pub(crate) fn headers(&mut self, variables: &[&str]) -> Vec<(HeaderName, HeaderValue)> {
        let Some((variable, value)) = self.first(variables) else { return Vec::new() };
        let mut headers = Vec::new();
        for (index, entry) in value.split(',').enumerate().filter(|(_, entry)| !entry.trim().is_empty()) {
            match header(entry) {
                Some(header) => headers.push(header),
                None => self.warn(variable, format!("entry {} is not a header like name=value; it is ignored", index + 1)),
            }
        }
        headers
    }
}

/// A year: longer is a mistake, and would overflow where a moment is computed.
const MAX_MILLIS: u64 = 365 * 24 * 60 * 60 * 1000;

fn find<T: Copy>(words: &[(&str, T)], value: &str) -> Option<T> {
    words.iter().find(|(name, _)| name.eq_ignore_ascii_case(value.trim())).map(|(_, word)| *word)
}

fn listed<T>(words: &[(&str, T)]) -> String {
    words.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn pairs(value: &str) -> Result<Vec<(String, String)>, String> {
    value.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(pair).collect()
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
