use opentelemetry::Key;

use super::*;
use crate::delivery::Protocol;

/// Who takes spans or log records, when it is one backend over OTLP.
fn otlp(processors: &[Processor]) -> &Destination {
    match processors {
        [Processor { exporter: Exporter::Otlp(destination), .. }] => destination,
        others => panic!("{others:?}"),
    }
}

/// The same of metrics.
fn metrics_otlp(config: &Config) -> &Destination {
    match config.metrics.readers.as_slice() {
        [Reader::Periodic { exporter: Exporter::Otlp(destination), .. }] => destination,
        others => panic!("{others:?}"),
    }
}

/// Reads the configuration of an environment with these variables.
fn read(variables: &[(&str, &str)]) -> (Config, Vec<String>) {
    let lookup = |wanted: &str| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.into());
    let Read { config, warnings, .. } = Config::read(&lookup, &|_| None);
    (config, warnings.iter().map(ToString::to_string).collect())
}

fn resource(config: &Config, key: &'static str) -> Option<String> {
    config.resource.build(&|_| None).get(&Key::from_static_str(key)).map(|value| value.to_string())
}

#[test]
fn an_empty_environment_is_the_specification_s_defaults() {
    let (config, warnings) = read(&[]);
    assert_eq!(warnings, [""; 0]);
    assert!(!config.disabled);
    assert_eq!(config.propagators, [Format::TRACE_CONTEXT, Format::BAGGAGE]);
    assert_eq!(config.traces.sampler, Sampler::AlwaysOn.parent_based());
    let batch = Batch { max_queue_size: 2048, max_export_batch_size: 512, schedule_delay: Duration::from_secs(5) };
    assert_eq!(config.traces.processors[0].batch, batch);
    assert_eq!(config.logs.processors[0].batch, Batch { schedule_delay: Duration::from_secs(1), ..batch });
    let Reader::Periodic { interval, temporality, .. } = config.metrics.readers[0] else { panic!("{config:?}") };
    assert_eq!((interval, temporality), (Duration::from_secs(60), Temporality::Cumulative));
    assert_eq!(otlp(&config.logs.processors).endpoint, "http://localhost:4318/v1/logs");
    assert_eq!(metrics_otlp(&config).endpoint, "http://localhost:4318/v1/metrics");
    let otlp = otlp(&config.traces.processors);
    assert_eq!((otlp.protocol, otlp.endpoint.to_string()), (Protocol::HttpProtobuf, "http://localhost:4318/v1/traces".to_owned()));
    assert_eq!((otlp.headers.values.len(), otlp.timeout), (0, Some(Duration::from_secs(10))));
    assert!(resource(&config, "service.name").is_some_and(|name| name.starts_with("unknown_service:")));
}

#[test]
fn propagators_are_named_and_one_that_the_build_lacks_is_left_out() {
    let formats = |names: &str| {
        let (config, warnings) = read(&[("OTEL_PROPAGATORS", names)]);
        (config.propagators.iter().map(ToString::to_string).collect::<Vec<_>>().join(","), warnings)
    };
    for names in ["tracecontext", "baggage,tracecontext", "b3,b3multi,jaeger"] {
        assert_eq!(formats(names), (names.to_owned(), Vec::new()));
    }
    assert_eq!(formats("none"), (String::new(), Vec::new()));
    assert_eq!(formats("B3, b3"), ("b3".to_owned(), Vec::new()));
    let lacks = "OTEL_PROPAGATORS: for `xray` otel-runtime must be built with its feature `xray`; it is ignored".to_owned();
    let xray = Format::NAMED.last().map(|(_, format)| *format);
    let (both, alone, warnings) = match xray.and_then(Format::missing_feature) {
        Some(_) => ("b3", "tracecontext,baggage", vec![lacks]),
        None => ("xray,b3", "xray", Vec::new()),
    };
    assert_eq!(formats("xray,b3"), (both.to_owned(), warnings.clone()));
    assert_eq!(formats("xray"), (alone.to_owned(), warnings));
}

#[test]
fn empty_is_the_same_as_unset() {
    let variables: Vec<(&str, &str)> = crate::setup::variables::TABLE.iter().map(|row| (row.name, "")).collect();
    let (config, warnings) = read(&variables);
    assert_eq!(warnings, [""; 0]);
    assert_eq!(config, read(&[]).0);
}

#[test]
fn metrics_can_be_sent_and_scraped() {
    let scraped = [
        ("OTEL_METRICS_EXPORTER", "otlp, Prometheus"),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
    ];
    let (config, warnings) = read(&scraped);
    assert_eq!(warnings, [""; 0]);
    assert!(matches!(config.metrics.readers[0], Reader::Periodic { exporter: Exporter::Otlp(_), .. }));
    assert!(matches!(&config.metrics.readers[1..], [Reader::Prometheus { host, port: 0, .. }] if host == "0.0.0.0"));
}

#[test]
fn endpoints() {
    let endpoint = |variables: &[(&str, &str)]| otlp(&read(variables).0.traces.processors).endpoint.to_string();
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1")], "http://a:1/v1/traces"),
        (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1/")], "http://a:1/v1/traces"),
        (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1/base/")], "http://a:1/base/v1/traces"),
        (&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a:1")], "http://a:1/"),
        (&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a:1/x"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://b")], "http://a:1/x"),
        (&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], "http://localhost:4317/"),
        (&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1")], "http://a:1/"),
        (&[("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", " GRPC "), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")], "http://localhost:4317/"),
    ];
    for (variables, expected) in cases {
        assert_eq!(endpoint(variables), expected, "{variables:?}");
    }
}

#[test]
fn a_bad_value_is_named_with_what_is_used_instead() {
    let cases = [
        ("OTEL_SDK_DISABLED", "yes", "OTEL_SDK_DISABLED: `yes` is neither `true` nor `false`; using false"),
        (
            "OTEL_TRACES_SAMPLER",
            "AlwaysOn",
            "OTEL_TRACES_SAMPLER: `AlwaysOn` is not one of always_on, always_off, traceidratio, parentbased_always_on, \
             parentbased_always_off, parentbased_traceidratio, rate_limited, parentbased_rate_limited (did you mean `always_on`?); \
             using parentbased_always_on",
        ),
        (
            "OTEL_TRACES_EXPORTER",
            "jaeger",
            "OTEL_TRACES_EXPORTER: `jaeger` is not one of otlp, console, otlp/stdout, otlp/file, zipkin, none; using otlp",
        ),
        ("OTEL_TRACES_EXPORTER", "console,none", "OTEL_TRACES_EXPORTER: `none` stands beside others in `console,none`; it is ignored"),
        (
            "OTEL_LOGS_EXPORTER",
            "prometheus",
            "OTEL_LOGS_EXPORTER: `prometheus` is not one of otlp, console, otlp/stdout, otlp/file, none; using otlp",
        ),
        (
            "OTEL_METRICS_EXPORTER",
            "prom",
            "OTEL_METRICS_EXPORTER: `prom` is not one of otlp, console, otlp/stdout, otlp/file, prometheus, none (did you mean `prometheus`?); using otlp",
        ),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "65536", "OTEL_EXPORTER_PROMETHEUS_PORT: `65536` is not a number from 0 to 65535; using 9464"),
        (
            "OTEL_PROPAGATORS",
            "zipkin",
            "OTEL_PROPAGATORS: `zipkin` is not one of tracecontext, baggage, b3, b3multi, jaeger, xray, none; using tracecontext,baggage",
        ),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1", "OTEL_EXPORTER_OTLP_TIMEOUT: `-1` is not a number of milliseconds; using 10000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0", "OTEL_BSP_SCHEDULE_DELAY: `0` is not a number of milliseconds of at least 1; using 5000"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "OTEL_BSP_MAX_QUEUE_SIZE: `0` is not a number from 1 to 1048576; using 2048"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 4096 is more than OTEL_BSP_MAX_QUEUE_SIZE; using 2048"),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "thrift",
            "OTEL_EXPORTER_OTLP_PROTOCOL: `thrift` is not one of http/protobuf, http/json, grpc; using http/protobuf",
        ),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "a=1,b",
            "OTEL_RESOURCE_ATTRIBUTES: `b` has no `=` in `a=1,b`, so all of it is ignored; using none of it",
        ),
        (
            "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
            "GET,a b",
            "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS: `a b` is no method of HTTP; it is ignored",
        ),
    ];
    for (variable, value, warning) in cases {
        let (_, warnings) = read(&[(variable, value)]);
        assert!(warnings.contains(&warning.to_owned()), "{variable}={value}: {warnings:#?}");
    }
}

#[test]
fn what_may_be_a_secret_is_not_repeated() {
    let cases = [
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer tea,s3cr3t"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=s3cr3t%0Ax"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:s3cr3t@host:1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://s3cr3t@host"),
    ];
    for (variable, value) in cases {
        let (config, warnings) = read(&[(variable, value)]);
        assert_eq!(warnings.len(), 1, "{value}: {warnings:?}");
        assert!(!warnings[0].contains("s3cr3t"), "{warnings:?}");
        assert!(!format!("{config:?}").contains("s3cr3t"), "{config:?}");
        assert!(!format!("{config:?}").contains("tea"), "{config:?}");
    }
}

#[test]
fn the_resource() {
    let (config, warnings) = read(&[("OTEL_SERVICE_NAME", "shop"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=x, a.b=c%2Cd ,e=")]);
    assert_eq!(warnings, [""; 0]);
    assert_eq!(resource(&config, "service.name").as_deref(), Some("shop"));
    assert_eq!(resource(&config, "a.b").as_deref(), Some("c,d"));
    assert_eq!(resource(&config, "e").as_deref(), Some(""));
    let (config, _) = read(&[("OTEL_RESOURCE_ATTRIBUTES", "service.name=x")]);
    assert_eq!(resource(&config, "service.name").as_deref(), Some("x"));
}

#[test]
fn samplers() {
    let sampler = |name: &str, ratio: &str| read(&[("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", ratio)]).0.traces.sampler;
    let of = |root: Sampler, parent_based| if parent_based { root.parent_based() } else { root };
    assert_eq!(sampler("Always_Off", "x"), of(Sampler::AlwaysOff, false));
    assert_eq!(sampler("traceidratio", "0.25"), of(Sampler::TraceIdRatio(0.25), false));
    assert_eq!(sampler(" TraceIDRatio ", " 0.5 "), of(Sampler::TraceIdRatio(0.5), false));
    for none in ["0", "-0", "0.0", "1e-400"] {
        assert_eq!(sampler("traceidratio", none), of(Sampler::TraceIdRatio(0.0), false), "{none}");
    }
    for unusable in ["", " ", "1.5", "-0.1", "NaN", "inf", "-inf", "1e400", "0,5", "50%", "0x1"] {
        assert_eq!(sampler("parentbased_traceidratio", unusable), of(Sampler::TraceIdRatio(1.0), true), "{unusable}");
    }
    assert_eq!(sampler("rate_limited", "2.5"), of(Sampler::RateLimited(2.5), false));
    for unusable in ["", "0", "-1", "NaN", "inf", "1e7"] {
        assert_eq!(sampler("parentbased_rate_limited", unusable), of(Sampler::RateLimited(100.0), true), "{unusable}");
    }
    let (_, warnings) = read(&[("OTEL_TRACES_SAMPLER", "rate_limited"), ("OTEL_TRACES_SAMPLER_ARG", "0")]);
    assert_eq!(warnings, ["OTEL_TRACES_SAMPLER_ARG: `0` is not a number from 0.001 to 1000000; using 100"]);
}

#[test]
fn samplers_are_described_as_they_were_configured() {
    let described = |name: &str| {
        crate::Sampler::from(read(&[("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", "0.25")]).0.traces.sampler).to_string()
    };
    let cases = [
        ("always_on", "AlwaysOnSampler"),
        ("always_off", "AlwaysOffSampler"),
        ("traceidratio", "TraceIdRatioBased{0.250000}"),
        ("parentbased_always_on", "ParentBased{root:AlwaysOnSampler,"),
        ("parentbased_always_off", "ParentBased{root:AlwaysOffSampler,"),
        ("parentbased_traceidratio", "ParentBased{root:TraceIdRatioBased{0.250000},"),
        ("rate_limited", "RateLimited{0.25}"),
        ("parentbased_rate_limited", "ParentBased{root:RateLimited{0.25},"),
    ];
    for (name, description) in cases {
        assert!(described(name).starts_with(description), "{}", described(name));
    }
}

#[test]
fn a_bad_entry_of_a_filter_spoils_no_other() {
    let filter = |text: &str| read(&[("OTEL_RUST_FILTER", text)]);
    assert_eq!(filter("off,shop=on").1, [""; 0]);
    let (config, warnings) = filter("off,shop=on,shop.hot=off,shop=0.5");
    assert_eq!(config.filter, filter("off,shop=0.5").0.filter);
    assert_eq!(
        warnings,
        [
            "OTEL_RUST_FILTER: `shop.hot` in `shop.hot=off` is not a path like `shop::orders` (did you mean `shop::hot`?); it is ignored",
            "OTEL_RUST_FILTER: `shop` stands there more than once; the last one counts"
        ]
    );
    let (config, warnings) = filter("fast");
    assert!(config.filter.is_empty() && warnings[0].ends_with("; using none"), "{warnings:?}");

    let written = |wanted: &str| (wanted == "OTEL_RUST_FILTER").then(|| "on,typo".into());
    let fallback = |wanted: &str| (wanted == "OTEL_RUST_FILTER").then(|| "off".into());
    assert!(Config::read(&written, &fallback).config.filter.is_empty(), "what can be used of what was written comes first");
}

#[test]
fn what_cannot_be_used_is_as_if_it_were_unset() {
    let (config, warnings) = read(&[
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "bogus"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "abc"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "3000"),
    ]);
    let traces = otlp(&config.traces.processors);
    assert_eq!((traces.protocol, traces.timeout), (Protocol::Grpc, Some(Duration::from_secs(3))));
    assert_eq!(warnings.len(), 2);
    assert!(warnings[0].ends_with("; using that of OTEL_EXPORTER_OTLP_PROTOCOL"), "{warnings:?}");

    let written = |wanted: &str| (wanted == "OTEL_TRACES_EXPORTER").then(|| "consol".into());
    let fallback = |wanted: &str| (wanted == "OTEL_TRACES_EXPORTER").then(|| "console".into());
    let Read { config, warnings, .. } = Config::read(&written, &fallback);
    assert_eq!(config.traces.processors, [Processor { exporter: Exporter::Console, batch: Batch::SINGLE }]);
    assert!(warnings[0].to_string().ends_with("; using the program's own"), "{warnings:?}");
}

/// Somebody who writes `no` does not want what the general variable says.
#[test]
fn a_truth_that_is_none_is_false_whatever_comes_after_it() {
    let (config, warnings) = read(&[
        ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "no"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
    ]);
    assert_eq!(otlp(&config.traces.processors).endpoint.scheme_str(), Some("https"));
    assert_eq!(otlp(&config.logs.processors).endpoint.scheme_str(), Some("http"));
    assert_eq!(warnings, ["OTEL_EXPORTER_OTLP_TRACES_INSECURE: `no` is neither `true` nor `false`; using false"]);

    let written = |wanted: &str| (wanted == "OTEL_RUST_SELF_METRICS").then(|| "no".into());
    let fallback = |wanted: &str| (wanted == "OTEL_RUST_SELF_METRICS").then(|| "true".into());
    assert!(!Config::read(&written, &fallback).config.self_metrics);
}

#[test]
fn an_argument_that_the_sampler_does_not_take_is_said() {
    assert_eq!(
        read(&[("OTEL_TRACES_SAMPLER_ARG", "0.1")]).1,
        [
            "OTEL_TRACES_SAMPLER_ARG: is ignored, because the sampler takes no argument; for a ratio, set OTEL_TRACES_SAMPLER=parentbased_traceidratio"
        ]
    );
}

#[test]
fn names_that_are_nearly_those_of_variables_are_found() {
    use crate::setup::variables::{misspelt, nearest};

    assert_eq!(misspelt("OTEL_SERVCE_NAME"), Some("OTEL_SERVICE_NAME"));
    assert_eq!(misspelt("OTEL_TRACE_EXPORTER"), Some("OTEL_TRACES_EXPORTER"));
    assert_eq!(misspelt("OTEL_SERVICE_NAME"), None);
    assert_eq!(misspelt("OTEL_PYTHON_LOG_CORRELATION"), None);
    assert_eq!(misspelt("OTEL_RUST_SPOOL"), Some("OTEL_RUST_SPOOL_DIR"));
    assert_eq!(nearest("service_name"), Some("OTEL_SERVICE_NAME"));
}

#[cfg(unix)]
#[test]
fn what_is_not_unicode_is_ignored_and_said() {
    use std::os::unix::ffi::OsStringExt;

    let lookup = |wanted: &str| (wanted == "OTEL_SERVICE_NAME").then(|| std::ffi::OsString::from_vec(vec![0xff]));
    let Read { warnings, .. } = Config::read(&lookup, &|_| None);
    assert_eq!(
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["OTEL_SERVICE_NAME: the value is not Unicode; using the default"]
    );
}

#[test]
fn a_limit_of_one_kind_comes_before_the_general_one() {
    let limits = |variables: &[(&str, &str)]| {
        let (config, warnings) = read(variables);
        (config.traces.limits, config.logs.limits, warnings)
    };
    let (spans, logs) = (limits::OfSpans::default(), limits::OfLogs::default());
    assert_eq!(limits(&[]), (spans, logs, Vec::new()));
    let general = [("OTEL_ATTRIBUTE_COUNT_LIMIT", "7"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9")];
    let spans = limits::OfSpans { attributes: 7, event_attributes: 7, link_attributes: 7, value_length: Some(9), ..spans };
    let logs = limits::OfLogs { attributes: 7, value_length: Some(9) };
    assert_eq!(limits(&general), (spans, logs, Vec::new()));
    let own = |variables: &[(&'static str, &'static str)]| limits(&[&general, variables].concat());
    let of_spans = [("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "0"), ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "0")];
    assert_eq!(own(&of_spans), (limits::OfSpans { attributes: 0, value_length: Some(0), ..spans }, logs, Vec::new()));
    let of_logs = [("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "200"), ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "200")];
    assert_eq!(own(&of_logs), (spans, limits::OfLogs { attributes: 200, value_length: Some(200) }, Vec::new()));
    let others = [
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "1"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "2"),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "3"),
        ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "4"),
    ];
    let expected = limits::OfSpans { events: 1, links: 2, event_attributes: 3, link_attributes: 4, ..spans };
    assert_eq!(own(&others), (expected, logs, Vec::new()));
    let warning =
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: `4294967296` is not a number from 0 to 4294967295; using that of OTEL_ATTRIBUTE_COUNT_LIMIT";
    assert_eq!(own(&[("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "4294967296")]), (spans, logs, vec![warning.to_owned()]));
}

#[test]
fn a_request_has_the_shorter_of_two_times() {
    let timeouts = |variables: &[(&str, &str)]| {
        let config = read(variables).0;
        [otlp(&config.traces.processors), metrics_otlp(&config), otlp(&config.logs.processors)]
            .map(|destination| destination.timeout.map(|time| time.as_secs()))
    };
    assert_eq!(timeouts(&[]), [Some(10); 3]);
    let own = [("OTEL_BSP_EXPORT_TIMEOUT", "1000"), ("OTEL_METRIC_EXPORT_TIMEOUT", "2000"), ("OTEL_BLRP_EXPORT_TIMEOUT", "0")];
    assert_eq!(timeouts(&own), [Some(1), Some(2), Some(10)]);
    let unlimited = [("OTEL_EXPORTER_OTLP_TIMEOUT", "0")];
    assert_eq!(timeouts(&unlimited), [Some(30); 3]);
    assert_eq!(timeouts(&[own.as_slice(), &unlimited].concat()), [Some(1), Some(2), None]);
}

#[test]
fn what_does_not_go_together_is_said() {
    let (endpoint, own) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let cases: [(&[(&str, &str)], &str); 7] = [
        (
            &[(endpoint, "http://a:1"), ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem")],
            "OTEL_EXPORTER_OTLP_CERTIFICATE: is not used where the endpoint is http, without TLS; did you mean https?",
        ),
        (
            &[grpc, (endpoint, "https://a:1"), ("OTEL_EXPORTER_OTLP_INSECURE", "true")],
            "OTEL_EXPORTER_OTLP_INSECURE: has no effect, because the endpoint says https",
        ),
        (&[(endpoint, "http://a:4317")], "4317 is the port of OTLP over gRPC by convention; did you mean 4318, or the protocol grpc?"),
        (&[grpc, (endpoint, "http://a:4318")], "4318 is the port of OTLP over HTTP by convention; did you mean 4317,"),
        (&[(own, "http://a:1")], "requests go to the path `/`; did you mean http://a:1/v1/traces?"),
        (&[(endpoint, "http://a:1/v1/traces")], "Using the path `/v1/traces/v1/traces`"),
        (&[("OTEL_EXPORTER_OTLP_HEADERS", "a=b,content-length=5")], "entry 2, `content-length`, is for the exporter to set; it is ignored"),
    ];
    for (variables, expected) in cases {
        let (_, warnings) = read(variables);
        assert!(warnings.iter().any(|warning| warning.contains(expected)), "{variables:?}: {warnings:#?}");
    }
    for fine in [
        &[(endpoint, "http://a:4318")] as &[_],
        &[grpc, (endpoint, "https://a:4317")],
        &[(own, "http://a:1/x")],
        &[grpc, (own, "http://a:1")],
    ] {
        assert_eq!(read(fine).1, [""; 0], "{fine:?}");
    }
    assert_eq!(otlp(&read(&[(endpoint, "http://a:1/x?key=v")]).0.logs.processors).endpoint.to_string(), "http://a:1/x/v1/logs?key=v");
}

#[test]
fn metrics_about_the_telemetry_that_go_nowhere_are_said() {
    const NONE: (&str, &str) = ("OTEL_METRICS_EXPORTER", "none");
    const SELF: (&str, &str) = ("OTEL_RUST_SELF_METRICS", "true");
    let (config, warnings) = read(&[SELF, NONE]);
    assert!(!config.self_metrics);
    let said = "OTEL_RUST_SELF_METRICS: is ignored, because metrics are not exported; say where to in OTEL_METRICS_EXPORTER, as `otlp`";
    assert_eq!(warnings, [said]);
    for silent in [&[SELF][..], &[NONE], &[SELF, NONE, ("OTEL_SDK_DISABLED", "true")]] {
        assert_eq!(read(silent).1, [""; 0], "{silent:?}");
    }
}

/// The variable is of the exporters of OTLP (OpenTelemetry specification, "OpenTelemetry Protocol Exporter").
#[test]
fn an_aggregation_for_otlp_is_for_no_other_exporter() {
    let (config, _) = read(&[
        ("OTEL_METRICS_EXPORTER", "otlp,console,prometheus,otlp/stdout"),
        ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram"),
    ]);
    let exponential: Vec<bool> = config.metrics.readers.iter().map(|reader| reader.defaults().exponential_histograms).collect();
    assert_eq!(exponential, [true, false, false, true]);
}
