//! Names of metrics, units and labels, as Prometheus writes them.
//!
//! The rules are those of the specification, "Prometheus and OpenMetrics Compatibility", "OTLP Metric points to Prometheus":
//! <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus>. Where it leaves
//! something open, names are those that Prometheus itself gives to metrics which it receives by OTLP, so that a metric is the same series
//! whichever way it came.

/// What a metric is, as far as its name and its type depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    /// A sum that also falls: a gauge to Prometheus.
    UpDown,
    Histogram,
    /// What there is to know of something, in labels; its value is 1.
    Info,
}

/// The name of a metric family, without the suffixes that its samples have, and the unit that it ends in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) family: String,
    pub(super) unit: Option<String>,
}

/// The name of a metric: `http.server.request.duration` in `s` is `http_server_request_duration_seconds`.
pub(super) fn metric(name: &str, unit: &str, kind: Kind) -> Name {
    let mut family = legal(name, |character| character.is_ascii_alphanumeric() || character == ':');
    if family.is_empty() || family.starts_with(|first: char| first.is_ascii_digit()) {
        family = format!("_{family}");
    }
    if kind == Kind::Counter
        && let Some(bare) = family.strip_suffix("_total").filter(|bare| !bare.is_empty())
    {
        // Its samples get it back, behind the unit.
        family.truncate(bare.len());
    }
    let unit = self::unit(unit, kind);
    if let Some(unit) = &unit
        && !ends_in(&family, unit)
        && family != *unit
    {
        family = format!("{}_{unit}", family.trim_end_matches('_'));
    }
    // A family that is called `seconds`, and nothing else, does not end in `_seconds`, which is what a unit has to be.
    let unit = unit.filter(|unit| ends_in(&family, unit));
    Name { family, unit }
}

/// The name of a label: `http.request.method` is `http_request_method`.
pub(super) fn label(key: &str) -> String {
    let name = legal(key, |character| character.is_ascii_alphanumeric());
    match name.chars().next() {
        None => "_".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("key_{name}"),
        Some(_) => name,
    }
}

/// The unit in words, of which there are none for what is merely counted.
fn unit(ucum: &str, kind: Kind) -> Option<String> {
    let unit = without_annotations(ucum);
    let unit = unit.trim();
    if unit == "1" {
        // A gauge without a unit is a fraction; a number of somethings, which are counted in `1` by mistake, is not.
        return (kind == Kind::Gauge).then(|| "ratio".to_owned());
    }
    let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
    let main = word(main.trim());
    let per = match per_word(per.trim()) {
        per if per.is_empty() => per,
        per => format!("per_{per}"),
    };
    let joined = [main, per].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
    let joined = joined.trim_matches('_');
    (!joined.is_empty()).then(|| joined.to_owned())
}

/// `By{data}` without what stands in braces: `{packet}` says what is counted, not in what.
fn without_annotations(ucum: &str) -> String {
    let mut left = String::with_capacity(ucum.len());
    let mut depth = 0_usize;
    for character in ucum.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => left.push(character),
            _ => {}
        }
    }
    left
}

/// The units that the specification lists.
const WORDS: &[(&str, &str)] = &[
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tebibytes"),
    ("kBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("%", "percent"),
];

/// What a rate is over. `m` is a minute here, as it is to Prometheus, though UCUM means a metre.
const PER_WORDS: &[(&str, &str)] =
    &[("s", "second"), ("m", "minute"), ("min", "minute"), ("h", "hour"), ("d", "day"), ("w", "week"), ("mo", "month"), ("y", "year")];

fn word(unit: &str) -> String {
    // The 1 of `1/s` is no unit.
    if unit == "1" { String::new() } else { look_up(WORDS, unit) }
}

fn per_word(unit: &str) -> String {
    look_up(PER_WORDS, unit)
}

/// A unit that is in no list is a word already, or as good as one.
fn look_up(words: &[(&str, &str)], unit: &str) -> String {
    let found = words.iter().find(|(symbol, _)| *symbol == unit).map(|(_, word)| (*word).to_owned());
    found.unwrap_or_else(|| legal(unit, |character| character.is_ascii_alphanumeric() || character == ':'))
}

/// The text with an underscore for each run of what is not allowed.
fn legal(text: &str, is_allowed: impl Fn(char) -> bool) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        if is_allowed(character) {
            written.push(character);
        } else if !written.ends_with('_') {
            written.push('_');
        }
    }
    written
}

/// Whether a name has this as its last word: `request_seconds` ends in `seconds`, `request_milliseconds` does not.
fn ends_in(name: &str, word: &str) -> bool {
    name.strip_suffix(word).is_some_and(|before| before.ends_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(name: &str, unit: &str, kind: Kind) -> String {
        metric(name, unit, kind).family
    }

    #[test]
    fn names_follow_the_specification() {
        let cases = [
            ("http.server.request.duration", "s", Kind::Histogram, "http_server_request_duration_seconds"),
            ("http.server.active_requests", "{request}", Kind::UpDown, "http_server_active_requests"),
            ("system.network.io", "By", Kind::Counter, "system_network_io_bytes"),
            ("process.cpu.utilization", "1", Kind::Gauge, "process_cpu_utilization_ratio"),
            ("cpu_usage_ratio", "1", Kind::Gauge, "cpu_usage_ratio"),
            ("items", "1", Kind::Counter, "items"),
            ("items", "1", Kind::UpDown, "items"),
            ("items", "1", Kind::Histogram, "items"),
            ("throughput", "By/s", Kind::Gauge, "throughput_bytes_per_second"),
            ("speed", "m/s", Kind::Gauge, "speed_meters_per_second"),
            ("requests", "1/s", Kind::Gauge, "requests_per_second"),
            ("requests", "{request}/s", Kind::Gauge, "requests_per_second"),
            ("requests", "{request}/min", Kind::Gauge, "requests_per_minute"),
            ("packet.size", "By/{packet}", Kind::Gauge, "packet_size_bytes"),
            ("sent", "By{data}", Kind::Counter, "sent_bytes"),
            ("calls", "{call}", Kind::Counter, "calls"),
            ("memory", "TiBy", Kind::Gauge, "memory_tebibytes"),
            ("custom", "furlong", Kind::Gauge, "custom_furlong"),
            ("custom", "unit@with#special/chars", Kind::Gauge, "custom_unit_with_special_per_chars"),
            ("custom", "", Kind::Gauge, "custom"),
            // Not twice what is there.
            ("response_time_seconds", "s", Kind::Gauge, "response_time_seconds"),
            ("cpu_seconds_total", "s", Kind::Counter, "cpu_seconds"),
            ("cpu.total", "s", Kind::Counter, "cpu_seconds"),
            ("requests.total", "", Kind::Counter, "requests"),
            ("requests.total", "", Kind::UpDown, "requests_total"),
            ("time_milliseconds", "s", Kind::Gauge, "time_milliseconds_seconds"),
            // Characters that Prometheus does not take.
            ("metric@@##$$name", "", Kind::Gauge, "metric_name"),
            ("a__b.-c", "", Kind::Gauge, "a_b_c"),
            ("trailing.", "s", Kind::Gauge, "trailing_seconds"),
            ("naïve", "", Kind::Gauge, "na_ve"),
            ("1st", "", Kind::Gauge, "_1st"),
            ("job:rate", "", Kind::Gauge, "job:rate"),
            ("", "", Kind::Gauge, "_"),
            ("@#$%", "", Kind::Counter, "_"),
            ("_total", "", Kind::Counter, "_total"),
        ];
        for (name, unit, kind, expected) in cases {
            assert_eq!(family(name, unit, kind), expected, "{name} in {unit:?}");
        }
    }

    #[test]
    fn a_unit_is_what_the_family_ends_in() {
        assert_eq!(metric("a", "s", Kind::Counter).unit.as_deref(), Some("seconds"));
        assert_eq!(metric("a", "1", Kind::Gauge).unit.as_deref(), Some("ratio"));
        assert_eq!(metric("a", "By/s", Kind::Gauge).unit.as_deref(), Some("bytes_per_second"));
        assert_eq!(metric("a", "{call}", Kind::Counter).unit, None);
        assert_eq!(metric("seconds", "s", Kind::Gauge), Name { family: "seconds".to_owned(), unit: None });
        for (symbol, word) in WORDS {
            assert_eq!(metric("a", symbol, Kind::Gauge), Name { family: format!("a_{word}"), unit: Some((*word).to_owned()) });
        }
    }

    #[test]
    fn names_of_labels_have_letters_digits_and_underscores() {
        let cases = [
            ("http.request.method", "http_request_method"),
            ("a..b", "a_b"),
            ("__name__", "_name_"),
            ("with:colon", "with_colon"),
            ("1st", "key_1st"),
            ("größe", "gr_e"),
            ("", "_"),
        ];
        for (key, expected) in cases {
            assert_eq!(label(key), expected, "{key}");
        }
    }
}
