use std::ffi::{OsStr, OsString};

use super::*;
use crate::setup::config::{Config, Read};

/// What an environment of one variable gives: what then holds for it, and the warnings that name it.
fn with(row: &Row, value: Option<&OsStr>) -> (String, Vec<String>) {
    let beside = beside(row.name);
    let lookup = |wanted: &str| match beside {
        _ if wanted == row.name => value.map(OsString::from),
        Some((variable, value)) if wanted == variable => Some(value.into()),
        _ => None,
    };
    let Read { variables, warnings, .. } = Config::read(&lookup, &|_| None);
    let holds = variables.into_iter().find(|variable| variable.name() == row.name).map(|variable| variable.value().to_owned());
    let warnings = warnings.iter().filter(|warning| warning.variable() == row.name);
    (holds.unwrap_or_default(), warnings.map(ToString::to_string).collect())
}

/// What else must be set for a variable to mean anything.
fn beside(variable: &str) -> Option<(&'static str, &'static str)> {
    let is_of_tls =
        variable.starts_with("OTEL_EXPORTER_OTLP_") && (variable.ends_with("_CERTIFICATE") || variable.ends_with("_CLIENT_KEY"));
    match variable {
        "OTEL_TRACES_SAMPLER_ARG" => Some(("OTEL_TRACES_SAMPLER", "traceidratio")),
        _ if is_of_tls => Some(("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector")),
        _ => None,
    }
}

/// What holds for a variable that is unset: its default, but for the name of the program.
fn default(row: &Row) -> String {
    with(row, None).0
}

/// What a value is taken for; `None` is "as if it were unset, and said".
type Case = (&'static str, Option<&'static str>);

/// Values of every kind, right and wrong.
fn cases(row: &Row) -> &'static [Case] {
    match row.kind {
        ValueKind::Boolean => &[
            ("true", Some("true")),
            (" TRUE ", Some("true")),
            ("False", Some("false")),
            ("-1", None),
            ("0", None),
            ("1", None),
            ("yes", None),
        ],
        // Where none can be had, none is as if nothing were said.
        ValueKind::Integer if !row.name.ends_with("_LIMIT") && row.name != "OTEL_EXPORTER_PROMETHEUS_PORT" => &[
            ("7", Some("7")),
            ("0", None),
            (" 7 ", Some("7")),
            ("-1", None),
            ("99999999999999999999999999", None),
            ("1.5", None),
            ("0x10", None),
            ("seven", None),
        ],
        ValueKind::Integer => &[
            ("7", Some("7")),
            ("0", Some("0")),
            (" 7 ", Some("7")),
            ("-1", None),
            ("99999999999999999999999999", None),
            ("1.5", None),
            ("0x10", None),
            ("seven", None),
        ],
        ValueKind::Float => &[
            ("0.5", Some("0.5")),
            (" 0.5 ", Some("0.5")),
            ("0", Some("0")),
            ("-1", None),
            ("1e999", None),
            ("inf", None),
            ("NaN", None),
            ("half", None),
        ],
        ValueKind::Duration => &[
            ("7", Some("7")),
            (" 7 ", Some("7")),
            ("-1", None),
            ("0", None),
            ("99999999999999999999999999", None),
            ("9999999999999999999", None),
            ("5s", None),
        ],
        ValueKind::Timeout => &[
            ("7", Some("7")),
            (" 7 ", Some("7")),
            ("0", Some("0")),
            ("-1", None),
            ("99999999999999999999999999", None),
            ("9999999999999999999", None),
            ("5s", None),
        ],
        ValueKind::Enum | ValueKind::EnumList => &[("no such word", None), ("-1", None), ("0", None), ("99999999999999999999", None)],
        ValueKind::Url => &[
            ("http://collector:4318/base", Some("http://collector:4318/base")),
            (" HTTP://collector:4318/base ", Some("http://collector:4318/base")),
            ("-1", None),
            ("0", None),
            ("http://", None),
            ("http://:4318", None),
            ("collector:4318", None),
            ("ftp://collector", None),
            ("http://user:password@collector", None),
        ],
        ValueKind::KeyValueList => &[("a=b,c=%2C", Some("a=b,c=%2C")), ("a", None), ("-1", None), ("=b", None), ("a=%ff", None)],
        ValueKind::Headers => &[("A=b, c=%2C", Some("a=***,c=***")), ("a", None), ("-1", None), ("a b=c", None), ("a=b%0Ac", None)],
        ValueKind::Flag => &[("1", Some("set")), ("no", Some("set"))],
        // A path is taken as it is, blanks included: nobody knows what a folder is called.
        ValueKind::String | ValueKind::Path => &[("tea pot", Some("tea pot")), ("-1", Some("-1")), ("t\u{e9}", Some("t\u{e9}"))],
        ValueKind::List if row.name == "OTEL_RUST_BAGGAGE_ATTRIBUTES" => &[
            ("tenant.id", Some("tenant.id")),
            (" a , b,,a ", Some("a,b")),
            ("-1", Some("-1")),
            ("a b", None),
            ("tenant.*", None),
            ("*", None),
        ],
        ValueKind::List if row.name == "OTEL_RUST_BAGGAGE_METRIC_ATTRIBUTES" => &[
            ("tenant.tier=gold|silver", Some("tenant.tier=gold|silver")),
            (" a=b , c=%2C,,a=b ", Some("a=b,c=%2C")),
            ("tenant.tier", None),
            ("tenant.tier=|", None),
            ("a b=c", None),
            ("tenant.*=a", None),
            ("error.type=a", None),
        ],
        ValueKind::List if row.name == "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS" => {
            &[("GET", Some("GET")), (" GET , get,,GET,ACL ", Some("GET,get,ACL")), ("-1", Some("-1")), ("a b", None), ("@", None)]
        }
        // The other one is the filter.
        ValueKind::List => &[("off", Some("off")), (" a=on , b=0.5 ", Some("a=on,b=0.5")), ("-1", None), ("a", None), ("2", None)],
    }
}

/// What can be said of a variable that takes words and is no more than taken: others than the default, which a word that is refused gives as well, and
/// then the default.
fn words(row: &Row) -> &'static [&'static str] {
    let is_word = matches!(row.kind, ValueKind::Enum | ValueKind::EnumList);
    match row.name {
        name if name.ends_with("_COMPRESSION") => &["gzip", "zstd", "none"],
        name if name.ends_with("_PROTOCOL") => &["http/json", "grpc", "http/protobuf"],
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION" => &["base2_exponential_bucket_histogram", "explicit_bucket_histogram"],
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE" => &["delta", "lowmemory", "cumulative"],
        "OTEL_LOG_LEVEL" => &["none", "error", "warn", "debug", "info"],
        // The default is what no SDK does, which is said to who asks for it.
        "OTEL_METRICS_EXEMPLAR_FILTER" => &["always_off"],
        "OTEL_PROPAGATORS" => &["baggage", "tracecontext", "baggage,tracecontext", "none", "tracecontext,baggage"],
        // The default is no word.
        "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN" => &["logs", "logs/dup"],
        "OTEL_TRACES_SAMPLER" => &["always_on", "always_off", "parentbased_always_off", "parentbased_always_on"],
        name if name.ends_with("_EXPORTER") => &["console", "console,otlp", "none", "otlp"],
        name => {
            assert!(!is_word, "{name} takes words, and none is here");
            &[]
        }
    }
}

#[test]
fn every_variable_is_parsed_by_its_kind() {
    for row in TABLE {
        let default = default(row);
        assert_eq!(with(row, Some(OsStr::new(""))), (default.clone(), Vec::new()), "{} empty", row.name);
        for (value, expected) in cases(row) {
            let (holds, warnings) = with(row, Some(OsStr::new(value)));
            assert_eq!(holds, expected.map_or_else(|| default.clone(), str::to_owned), "{}={value}", row.name);
            assert_eq!(warnings.len(), usize::from(expected.is_none()), "{}={value}: {warnings:?}", row.name);
        }
        for word in words(row) {
            for written in [(*word).to_owned(), format!(" {} ", word.to_uppercase())] {
                let expected = ((*word).to_owned(), Vec::new());
                assert_eq!(with(row, Some(OsStr::new(&written))), expected, "{}={written}", row.name);
            }
        }
        let huge = "7".repeat(100_000);
        let (holds, warnings) = with(row, Some(OsStr::new(&huge)));
        let is_text = matches!(row.kind, ValueKind::String | ValueKind::Path);
        assert_eq!(holds == huge, is_text, "{} huge", row.name);
        assert_eq!(warnings.is_empty(), is_text || row.kind == ValueKind::Flag, "{} huge: {} warnings", row.name, warnings.len());
        #[cfg(unix)]
        if row.kind != ValueKind::Flag {
            let not_unicode = std::os::unix::ffi::OsStrExt::from_bytes(&[b'a', 0xff]);
            let (holds, warnings) = with(row, Some(not_unicode));
            assert_eq!((holds, warnings.len()), (default, 1), "{} not Unicode: {warnings:?}", row.name);
            assert!(warnings[0].contains("is not Unicode"), "{warnings:?}");
        }
    }
}

#[test]
fn the_table_says_what_holds_by_default() {
    for row in TABLE {
        match row.name {
            "OTEL_SERVICE_NAME" => assert!(default(row).starts_with("unknown_service:")),
            name => assert_eq!(default(row), row.default, "{name}"),
        }
    }
}

#[test]
fn the_table_is_in_order() {
    assert!(TABLE.is_sorted_by(|one, next| one.name < next.name));
}

#[test]
fn which_word_was_meant() {
    let samplers = [
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
        "rate_limited",
        "parentbased_rate_limited",
    ];
    for (written, meant) in [
        ("traceidratiobased", Some("traceidratio")),
        ("trace_id_ratio", Some("traceidratio")),
        ("trace_id_ratio_based", Some("traceidratio")),
        ("TraceIdRatioBased", Some("traceidratio")),
        ("tarceidratio", Some("traceidratio")),
        ("parent_based_trace_id_ratio_based", Some("parentbased_traceidratio")),
        ("ParentBased(root=AlwaysOff)", Some("parentbased_always_off")),
        ("always-of", Some("always_off")),
        ("ratelimiting", Some("rate_limited")),
        ("ratio", None),
        ("probability", None),
        ("", None),
        ("?", None),
    ] {
        assert_eq!(names::meant(written, samplers.into_iter()), meant, "{written}");
    }
    let formats = ["tracecontext", "baggage", "b3", "b3multi", "jaeger", "xray", "none"];
    for (written, meant) in [
        ("w3c-tracecontext", Some("tracecontext")),
        ("b3-single", None),
        ("b3-multi", Some("b3multi")),
        ("nonexistent", None),
        ("ottrace", None),
    ] {
        assert_eq!(names::meant(written, formats.into_iter()), meant, "{written}");
    }
    assert_eq!(names::meant(&"always_on".repeat(20), samplers.into_iter()), None, "it is too long to be compared");
}
