//! The list of variables: that of the specification, that of the code and that of the README are one.

use std::collections::BTreeSet;

use otel_runtime::setup::variables;

/// The variables of the OpenTelemetry specification 1.60 ("Environment Variable Specification", "OpenTelemetry Protocol Exporter"), and of the
/// semantic conventions; those of a signal alone as `<SIGNAL>`.
const SPECIFIED: &[&str] = &[
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_LOG_LEVEL",
    "OTEL_PROPAGATORS",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BLRP_SCHEDULE_DELAY",
    "OTEL_BLRP_EXPORT_TIMEOUT",
    "OTEL_BLRP_MAX_QUEUE_SIZE",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",
    "OTEL_SPAN_LINK_COUNT_LIMIT",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_LOGS_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_<SIGNAL>_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_<SIGNAL>_PROTOCOL",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_<SIGNAL>_HEADERS",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_<SIGNAL>_TIMEOUT",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_<SIGNAL>_COMPRESSION",
    "OTEL_EXPORTER_OTLP_INSECURE",
    "OTEL_EXPORTER_OTLP_<SIGNAL>_INSECURE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_<SIGNAL>_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_<SIGNAL>_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_<SIGNAL>_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
    "OTEL_METRIC_EXPORT_INTERVAL",
    "OTEL_METRIC_EXPORT_TIMEOUT",
    "OTEL_METRICS_EXEMPLAR_FILTER",
    "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
    "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
    "OTEL_EXPORTER_PROMETHEUS_HOST",
    "OTEL_EXPORTER_PROMETHEUS_PORT",
    "OTEL_CONFIG_FILE",
    "OTEL_EXPERIMENTAL_CONFIG_FILE",
    "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
    "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN",
];

/// Those that no specification has.
const OURS: &[&str] = &[
    "NO_COLOR",
    "OTEL_RUST_BAGGAGE_ATTRIBUTES",
    "OTEL_RUST_BAGGAGE_METRIC_ATTRIBUTES",
    "OTEL_RUST_FILTER",
    "OTEL_RUST_MAX_CONCURRENT_EXPORTS",
    "OTEL_RUST_OTLP_FILE",
    "OTEL_RUST_QUEUE_MAX_BYTES",
    "OTEL_RUST_RETRY_MAX_ELAPSED",
    "OTEL_RUST_SELF_METRICS",
    "OTEL_RUST_SPOOL_DIR",
    "OTEL_RUST_SPOOL_MAX_BYTES",
];

const SIGNAL: &str = "<SIGNAL>";

/// One name for each signal.
fn expanded(name: &str) -> Vec<String> {
    if name.contains(SIGNAL) {
        ["TRACES", "METRICS", "LOGS"].map(|signal| name.replace(SIGNAL, signal)).into()
    } else {
        vec![name.to_owned()]
    }
}

fn known() -> BTreeSet<String> {
    variables().iter().map(|variable| variable.name().to_owned()).collect()
}

#[test]
fn the_code_knows_what_the_specification_has_and_what_is_ours() {
    let listed: BTreeSet<String> = SPECIFIED.iter().chain(OURS).flat_map(|name| expanded(name)).collect();
    assert_eq!(known(), listed);
}

/// Each row of the README's tables: the names in the first column, and the defaults in the second.
fn rows() -> Vec<(Vec<String>, String)> {
    let readme = include_str!("../../README.md");
    let section =
        readme.split("## Set-up by environment").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the section is there");
    let row = |line: &str| {
        let mut cells = line.split('|').skip(1);
        let names: Vec<String> = cells.next()?.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let is_variable = names.first().is_some_and(|name| name.starts_with("OTEL_") || name == "NO_COLOR");
        is_variable.then(|| (names, cells.next().unwrap_or_default().trim().to_owned()))
    };
    section.lines().filter(|line| line.starts_with("| `")).filter_map(row).collect()
}

#[test]
fn the_readme_lists_every_variable_once() {
    let mut names: Vec<String> = rows().into_iter().flat_map(|(names, _)| names).collect();
    // What is said of every option of OTLP in one row.
    let all = names.iter().position(|name| name == "OTEL_EXPORTER_OTLP_<SIGNAL>_…").expect("there is such a row");
    names.remove(all);
    let general = names.iter().filter_map(|name| name.strip_prefix("OTEL_EXPORTER_OTLP_")).filter(|option| !option.starts_with("METRICS_"));
    let own: Vec<String> = general.flat_map(|option| expanded(&format!("OTEL_EXPORTER_OTLP_{SIGNAL}_{option}"))).collect();
    names.extend(own);
    let listed: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(listed.len(), names.len(), "none twice: {names:?}");
    assert_eq!(listed, known());
}

#[test]
fn the_readme_has_the_defaults() {
    let variables = variables();
    for (names, defaults) in rows() {
        for (index, name) in names.iter().enumerate() {
            let Some(variable) = variables.iter().find(|variable| variable.name() == name) else { continue };
            let written: Vec<&str> = defaults.split('`').skip(1).step_by(2).collect();
            let written = written.get(index).or(written.first()).copied().unwrap_or_default();
            // What falls back to a general variable, or stands for the sampler's own, has no default of its own to show.
            let shown = written == variable.default() || (defaults.is_empty() && name.contains("ATTRIBUTE_COUNT_LIMIT"));
            let is_ratio = name == "OTEL_TRACES_SAMPLER_ARG" && written.parse() == variable.default().parse::<f64>();
            assert!(shown || is_ratio, "{name}: {written} in the README, {}", variable.default());
        }
    }
}
