//! What is written is read back as what it was, whatever is in it.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::Sampler;
use crate::setup::builder::builder;
use crate::setup::config::{Exporter, Logs, Metrics, Reader};
use crate::setup::variables::{TABLE, ValueKind};

/// Texts that mean something else without quotes, in quotes, or to the substitution.
const TEXTS: &[&str] = &[
    "tea pot",
    "$HOME",
    "${HOME}",
    "$$",
    "$",
    "a: b # c",
    "\"",
    "\\",
    "'",
    "\u{85}\u{2028}\u{feff}é\u{1f980}",
    "- a",
    "{",
    "null",
    "true",
    "7",
    " ",
    "\n",
    "\t\r",
    "%",
    "a=b",
    "/dev/null",
    "&a",
    "*a",
    "!a",
    "|",
];

/// What can be used, by the kind of a variable, and what nearly can.
fn values(kind: ValueKind) -> &'static [&'static str] {
    match kind {
        ValueKind::Boolean | ValueKind::Flag => &["true", "false"],
        ValueKind::Integer => &["0", "1", "2", "7", "64", "4096", "65535"],
        ValueKind::Float => &["0", "-0", "0.1", "0.5", "1", "7", "1e-300"],
        ValueKind::Duration | ValueKind::Timeout => &["0", "1", "500", "29999", "30001", "31536000000"],
        ValueKind::Enum => &[
            "always_off",
            "traceidratio",
            "parentbased_traceidratio",
            "rate_limited",
            "parentbased_rate_limited",
            "grpc",
            "http/json",
            "gzip",
            "zstd",
            "delta",
            "lowmemory",
            "none",
            "error",
            "warn",
            "debug",
            "logs",
            "logs/dup",
            "base2_exponential_bucket_histogram",
        ],
        ValueKind::EnumList => &[
            "otlp",
            "console,otlp",
            "otlp/stdout,otlp/file",
            "none",
            "prometheus,otlp",
            "prometheus",
            "zipkin",
            "baggage,b3,b3multi,jaeger",
        ],
        ValueKind::Url => &["http://a:4318/$b?key=SE$CRET", "https://a/?SE$CRET", "http://[::1]:1", "a:4317", "https://a/%20${b}"],
        ValueKind::KeyValueList => &["a=b,c=%2C%0A%24", "a=%00", "service.name=%7B,%C3%A9=%F0%9F%A6%80"],
        ValueKind::Headers => &["a=b,api-key=SE$CRET,a=c", "api-key=%53E%24CRET", "b=%E9%A9"],
        ValueKind::List => &["off", "a=on,b::c=0.3333,d=off", "0.1", "tenant.id,a", "a=b|%7C|%20,c=%2C,a=d", "GET,acl", "a=1e-9"],
        ValueKind::String | ValueKind::Path => TEXTS,
    }
}

fn variable() -> impl Strategy<Value = (&'static str, String)> {
    (0..TABLE.len()).prop_flat_map(|row| {
        let row = &TABLE[row];
        let values =
            prop_oneof![8 => select(values(row.kind)).prop_map(str::to_owned), 1 => select(TEXTS).prop_map(str::to_owned), 1 => ".{0,9}"];
        (Just(row.name), values)
    })
}

/// What a file can say of it: the exporter of lines that nobody gave a file is not in it.
fn sayable(mut config: Config) -> Config {
    let is_sayable = |exporter: &Exporter| *exporter != Exporter::OtlpFile(None);
    config.traces.processors.retain(|processor| is_sayable(&processor.exporter));
    config.logs.processors.retain(|processor| is_sayable(&processor.exporter));
    config.metrics.readers.retain(|reader| !matches!(reader, Reader::Periodic { exporter, .. } if !is_sayable(exporter)));
    if config.metrics.readers.is_empty() {
        config.metrics = Metrics::default();
    }
    if config.logs.processors.is_empty() {
        config.logs = Logs::default();
        config.exceptions = config.exceptions.filter(|_| config.disabled);
    }
    config
}

/// What is written of a configuration, of which the same is read and written again.
pub(super) fn written(config: &Config, variables: &Lookup<'_>) -> String {
    let (text, secrets) = write::write(config, None);
    let lookup = |name: &str| {
        let secret = || secrets.iter().find(|(reference, _)| *reference == format!("${{{name}}}"));
        variables(name).or_else(|| secret().map(|(_, secret)| OsString::from(secret)))
    };
    let Parsed { config: again, errors, .. } = parse(&text, &lookup);
    assert_eq!(errors, [], "{text}");
    assert_eq!(again.as_ref(), Some(config), "{text}");
    assert_eq!(again.map(|again| write::write(&again, None).0).as_ref(), Some(&text));
    text
}

proptest! {
    #[test]
    fn what_an_environment_says_is_read_back(environment in proptest::collection::vec(variable(), 0..50)) {
        let lookup = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        let config = sayable(Config::read(&lookup, &|_| None).config);
        let text = written(&config, &lookup);
        prop_assert!(!text.contains("CRET"), "{text}");
    }
}

#[test]
fn a_variable_stands_for_one_secret() {
    let exporter =
        |key: &str| format!("{{processors: [{{batch: {{exporter: {{otlp_http: {{headers: [{{name: api-key, value: {key}}}]}}}}}}}}]}}");
    let (config, _) = read(&file(&format!("tracer_provider: {}\nlogger_provider: {}", exporter("SECRET"), exporter("OTHER"))));
    let (text, secrets) = write::write(&config, None);
    let named = |reference: &str, secret: &str| (reference.to_owned(), secret.to_owned());
    assert_eq!(secrets, [named("${HEADER_API_KEY}", "SECRET"), named("${HEADER_API_KEY_2}", "OTHER")]);
    let first = "# Secrets are not in this file: where it is read, set HEADER_API_KEY, HEADER_API_KEY_2.\n";
    assert!(text.starts_with(first) && !text.contains("SECRET") && !text.contains("OTHER"), "{text}");
}

#[test]
fn a_value_that_is_not_used_is_a_comment() {
    let environment = |name: &str| (name == "OTEL_TRACES_SAMPLER").then(|| "traceidrato".into());
    let text = builder().environment(environment).to_config_file().expect("a file");
    assert!(text.starts_with("# Not in this file: OTEL_TRACES_SAMPLER: `traceidrato` "), "{text}");
    assert!(read(&text).1.is_empty(), "it is read all the same");
}

#[test]
fn without_an_exporter_a_sampler_is_still_in_the_file() {
    let environment = |name: &str| match name {
        "OTEL_TRACES_EXPORTER" => Some("none".into()),
        "OTEL_TRACES_SAMPLER" => Some("always_off".into()),
        _ => None,
    };
    let text = builder().environment(environment).to_config_file().expect("a file");
    assert!(text.contains("sampler:\n    always_off:"), "{text}");
}

#[test]
fn what_a_file_cannot_say_is_a_comment() {
    let environment = |name: &str| (name == "OTEL_TRACES_EXPORTER").then(|| "console,otlp/file".into());
    let sampler = Sampler::rate_limited(50.0).expect("a rate");
    let text = builder().environment(environment).sampler(sampler).to_config_file().expect("a file");
    for line in [
        "tracer_provider:\n  # An exporter of lines is left out, because nothing says into which file it writes: set OTEL_RUST_OTLP_FILE.\n",
        "\n  # The sampler is set in code: RateLimited{50}\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("sampler:"), "{text}");
}
