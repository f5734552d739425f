//! Each setting of a file, and what it changes in the configuration of the same file without it.

use std::path::PathBuf;
use std::time::Duration;

use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind, Temporality};

use super::*;
use crate::copied::{BaggageKeys, MetricBaggage};
use crate::delivery::{Batch, Compression, Destination, Files, Protocol, Stated};
use crate::diagnostics::Level;
use crate::exceptions::Exceptions;
use crate::filter::Filter;
use crate::limits;
use crate::metering::{CardinalityLimits, Defaults, Pattern, View};
use crate::propagation::Format;
use crate::semconv::methods::KnownMethods;
use crate::setup::config::{Exporter, ParentBased, Processor, Reader, Sampler};
use crate::setup::resource::Detector;

/// A file with everything by default, and where a setting goes that stands for `@`.
const TRACES: &str = "tracer_provider: {processors: [{batch: {exporter: {otlp_http: }}}], @}";
const BATCH: &str = "tracer_provider: {processors: [{batch: {exporter: {otlp_http: }, @}}]}";
const RECORDS: &str = "logger_provider: {processors: [{batch: {exporter: {otlp_http: }, @}}]}";
const LOGS: &str = "logger_provider: {processors: [{batch: {exporter: {otlp_http: }}}], @}";
const HTTP: &str = "tracer_provider: {processors: [{batch: {exporter: {otlp_http: {@}}}}]}";
const GRPC: &str = "logger_provider: {processors: [{batch: {exporter: {otlp_grpc: {@}}}}]}";
const ZIPKIN: &str = "tracer_provider: {processors: [{batch: {exporter: {zipkin: {@}}}}]}";
const METRICS: &str = "meter_provider: {readers: [{periodic: {exporter: {otlp_http: {@}}}}]}";
const READER: &str = "meter_provider: {readers: [{periodic: {exporter: {otlp_http: }, @}}]}";
const PULL: &str = "meter_provider: {readers: [{pull: {exporter: {prometheus/development: {@}}}}]}";
const VIEW: &str =
    "meter_provider: {readers: [{pull: {exporter: {prometheus: }}}], views: [{selector: {instrument_name: 'a.b'}, stream: {@}}]}";
const SELECTOR: &str =
    "meter_provider: {readers: [{pull: {exporter: {prometheus: }}}], views: [{selector: {@}, stream: {description: a}}]}";
const RESOURCE: &str = "resource: {@}";
const OWN: &str = "distribution: {otel-runtime: {@}}";
const TOP: &str = "@";

type Change = fn(&mut Config);

fn otlp(exporter: &mut Exporter) -> &mut Destination {
    match exporter {
        Exporter::Otlp(destination) | Exporter::Zipkin(destination) => destination,
        other => panic!("{other:?}"),
    }
}

fn spans_to(config: &mut Config) -> &mut Destination {
    otlp(&mut config.traces.processors[0].exporter)
}

fn records_to(config: &mut Config) -> &mut Destination {
    otlp(&mut config.logs.processors[0].exporter)
}

fn metrics_to(config: &mut Config) -> &mut Destination {
    match &mut config.metrics.readers[0] {
        Reader::Periodic { exporter, .. } => otlp(exporter),
        other @ Reader::Prometheus { .. } => panic!("{other:?}"),
    }
}

fn batch(config: &mut Config) -> &mut Batch {
    &mut config.traces.processors[0].batch
}

fn add(config: &mut Config, key: &'static str, value: impl Into<Value>) {
    config.resource.attributes.push(KeyValue::new(key, value));
}

fn change(cases: &[(&str, &str, Change)]) {
    for (place, setting, change) in cases {
        let (mut expected, _) = read(&file(&place.replace('@', "")));
        change(&mut expected);
        let (config, warnings) = read(&file(&place.replace('@', setting)));
        assert_eq!(config, expected, "{setting}");
        assert_eq!(warnings, [""; 0], "{setting}");
        written::written(&config, &|_| None);
        let (without, _) = read(&file(&place.replace('@', "")));
        assert_ne!(config, without, "{setting}");
    }
}

#[test]
fn at_the_top() {
    change(&[
        (TOP, "disabled: true", |config| config.disabled = true),
        (TOP, "log_level: debug", |config| config.log_level = Level::Debug),
        (TOP, "log_level: warn3", |config| config.log_level = Level::Warn),
        (TOP, "log_level: error", |config| config.log_level = Level::Error),
        (TOP, "log_level: fatal", |config| config.log_level = Level::None),
        (TOP, "propagator: {composite: [{b3: }, {baggage: }]}", |config| config.propagators = vec![Format::B3, Format::BAGGAGE]),
        (TOP, "propagator: {composite_list: 'jaeger, b3multi'}", |config| config.propagators = vec![Format::JAEGER, Format::B3_MULTI]),
        (TOP, "propagator: {composite: [{b3: }], composite_list: 'tracecontext,b3'}", |config| {
            config.propagators = vec![Format::B3, Format::TRACE_CONTEXT];
        }),
    ]);
}

#[test]
fn of_the_resource() {
    change(&[
        (RESOURCE, "attributes: [{name: a, value: b}]", |config| add(config, "a", "b")),
        (RESOURCE, "attributes: [{name: a, value: '7', type: string}]", |config| add(config, "a", "7")),
        (RESOURCE, "attributes: [{name: a, value: true, type: bool}]", |config| add(config, "a", true)),
        (RESOURCE, "attributes: [{name: a, value: -7, type: int}]", |config| add(config, "a", -7)),
        (RESOURCE, "attributes: [{name: a, value: 7, type: double}]", |config| add(config, "a", 7.0)),
        (RESOURCE, "attributes: [{name: a, value: [b, c], type: string_array}]", |config| {
            add(config, "a", Value::Array(Array::String(vec!["b".into(), "c".into()])));
        }),
        (RESOURCE, "attributes: [{name: a, value: [true, false], type: bool_array}]", |config| {
            add(config, "a", Value::Array(Array::Bool(vec![true, false])));
        }),
        (RESOURCE, "attributes: [{name: a, value: [1, 2], type: int_array}]", |config| {
            add(config, "a", Value::Array(Array::I64(vec![1, 2])));
        }),
        (RESOURCE, "attributes: [{name: a, value: [1.5, 2], type: double_array}]", |config| {
            add(config, "a", Value::Array(Array::F64(vec![1.5, 2.0])));
        }),
        (RESOURCE, "attributes: [{name: a, value: b}, {name: c, value: }]", |config| add(config, "a", "b")),
        (RESOURCE, "attributes_list: 'a=b,c=%2C'", |config| {
            add(config, "a", "b");
            add(config, "c", ",");
        }),
        (RESOURCE, "attributes: [{name: a, value: b}], attributes_list: 'c=d,a=e'", |config| {
            add(config, "c", "d");
            add(config, "a", "b");
        }),
        (RESOURCE, "schema_url: 'https://opentelemetry.io/schemas/1.40.0'", |config| {
            config.resource.schema_url = Some("https://opentelemetry.io/schemas/1.40.0".to_owned());
        }),
    ]);
    if crate::setup::resource::Described::missing_feature().is_none() {
        change(&[
            (RESOURCE, "detection/development: {detectors: [{host: }, {service: }]}", |config| {
                config.resource.detection.detectors = vec![Detector::Host, Detector::Service];
            }),
            (RESOURCE, "detection: {detectors: [{container: }, {process: }, {kubernetes: }]}", |config| {
                config.resource.detection.detectors = vec![Detector::Container, Detector::Process, Detector::Kubernetes];
            }),
            (RESOURCE, "detection: {attributes: {included: ['host.*'], excluded: [host.id]}}", |config| {
                config.resource.detection.included = vec![Pattern::new("host.*")];
                config.resource.detection.excluded = vec![Pattern::new("host.id")];
            }),
        ]);
    }
}

#[test]
fn of_batches_and_of_what_becomes_of_them() {
    change(&[
        (BATCH, "schedule_delay: 700", |config| batch(config).schedule_delay = Duration::from_millis(700)),
        (BATCH, "max_queue_size: 700", |config| batch(config).max_queue_size = 700),
        (BATCH, "max_queue_size: 7", |config| {
            batch(config).max_queue_size = 7;
            batch(config).max_export_batch_size = 7;
        }),
        (BATCH, "max_export_batch_size: 7", |config| batch(config).max_export_batch_size = 7),
        (BATCH, "export_timeout: 700", |config| spans_to(config).timeout = Some(Duration::from_millis(700))),
        (RECORDS, "schedule_delay: 70000", |config| config.logs.processors[0].batch.schedule_delay = Duration::from_secs(70)),
        (TOP, "tracer_provider: {processors: [{simple: {exporter: {console: }}}]}", |config| {
            config.traces.processors = vec![Processor { exporter: Exporter::Console, batch: Batch::SINGLE }];
        }),
        (
            TOP,
            "logger_provider: {processors: [{simple: {exporter: {otlp_file/development: {output_stream: 'file:///tmp/a.jsonl'}}}}]}",
            |config| {
                let exporter = Exporter::OtlpFile(Some(PathBuf::from("/tmp/a.jsonl")));
                config.logs.processors = vec![Processor { exporter, batch: Batch::SINGLE }];
            },
        ),
        (TOP, "logger_provider: {processors: [{simple: {exporter: {otlp_file: {output_stream: stdout}}}}]}", |config| {
            config.logs.processors = vec![Processor { exporter: Exporter::OtlpStdout, batch: Batch::SINGLE }];
        }),
    ]);
}

#[test]
fn of_exporters() {
    change(&[
        (HTTP, "endpoint: 'http://a:1/x'", |config| spans_to(config).endpoint = http::Uri::from_static("http://a:1/x")),
        (HTTP, "encoding: json", |config| spans_to(config).protocol = Protocol::HttpJson),
        (HTTP, "compression: gzip", |config| spans_to(config).compression = Compression::Gzip),
        (HTTP, "compression: zstd", |config| spans_to(config).compression = Compression::Zstd),
        (HTTP, "timeout: 700", |config| spans_to(config).timeout = Some(Duration::from_millis(700))),
        // The batch's own limit is left.
        (HTTP, "timeout: 0", |config| spans_to(config).timeout = Some(Duration::from_secs(30))),
        (HTTP, "endpoint: 'https://a/x', tls: {ca_file: /a, cert_file: /b, key_file: /c}", |config| {
            spans_to(config).endpoint = http::Uri::from_static("https://a/x");
            let file = |path: &str| Some(File { path: PathBuf::from(path), variable: String::new() });
            spans_to(config).tls = Files { certificate: file("/a"), client_certificate: file("/b"), client_key: file("/c") };
        }),
        (GRPC, "endpoint: 'http://a:1'", |config| records_to(config).endpoint = http::Uri::from_static("http://a:1")),
        (GRPC, "endpoint: 'a:1'", |config| records_to(config).endpoint = http::Uri::from_static("https://a:1")),
        (GRPC, "endpoint: 'a:1', tls: {insecure: true}", |config| records_to(config).endpoint = http::Uri::from_static("http://a:1")),
        (GRPC, "compression: gzip", |config| records_to(config).compression = Compression::Gzip),
        (METRICS, "endpoint: 'http://a:1/x'", |config| metrics_to(config).endpoint = http::Uri::from_static("http://a:1/x")),
        (ZIPKIN, "endpoint: 'http://a:1/x'", |config| spans_to(config).endpoint = http::Uri::from_static("http://a:1/x")),
        (ZIPKIN, "timeout: 700", |config| spans_to(config).timeout = Some(Duration::from_millis(700))),
    ]);
    let protocol = |text: &str| spans_to(&mut read(&file(&HTTP.replace("otlp_http", text).replace('@', ""))).0).clone();
    assert_eq!(
        (protocol("otlp_grpc").protocol, protocol("otlp_grpc").endpoint.to_string()),
        (Protocol::Grpc, "http://localhost:4317/".to_owned())
    );
    assert_eq!(protocol("otlp_http").endpoint, "http://localhost:4318/v1/traces");
    assert_eq!(records_to(&mut read(&file(&LOGS.replace('@', ""))).0).endpoint, "http://localhost:4318/v1/logs");
    assert_eq!(metrics_to(&mut read(&file(&METRICS.replace('@', ""))).0).endpoint, "http://localhost:4318/v1/metrics");
}

#[test]
fn of_headers_the_named_ones_win_and_values_are_nowhere() {
    let headers = |setting: &str| {
        let (mut config, _) = read_with(&file(&HTTP.replace('@', setting)), &[("KEY", "s3cr3t"), ("LIST", "a=s3cr3t,b=tea%2C")]);
        assert!(!format!("{config:?}").contains("s3cr3t") && !format!("{config:?}").contains("tea"), "{config:?}");
        let headers = &spans_to(&mut config).headers;
        let values: Vec<String> =
            headers.values.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap_or_default())).collect();
        let references: Vec<String> = headers.references.iter().map(|(_, reference)| reference.clone()).collect();
        (values.join(";"), references.join(";"))
    };
    let of = |values: &str, references: &str| (values.to_owned(), references.to_owned());
    assert_eq!(headers("headers: [{name: a-b, value: s3cr3t}]"), of("a-b=s3cr3t", "${HEADER_A_B}"));
    assert_eq!(headers("headers: [{name: a, value: 'Bearer ${KEY}'}]"), of("a=Bearer s3cr3t", "Bearer ${KEY}"));
    assert_eq!(headers("headers: [{name: a, value: 's3cr3t-${KEY}'}]"), of("a=s3cr3t-s3cr3t", "${HEADER_A}"));
    assert_eq!(headers("headers: [{name: a, value: '${NO:-s3cr3t}'}]"), of("a=s3cr3t", "${HEADER_A}"));
    assert_eq!(headers("headers: [{name: a, value: 's3cr3t$$'}]"), of("a=s3cr3t$", "${HEADER_A}"));
    assert_eq!(headers("headers: [{name: a, value: }]"), of("", ""), "nothing is no header");
    assert_eq!(headers("headers_list: '${LIST}'"), of("a=s3cr3t;b=tea,", "${LIST}"));
    assert_eq!(headers("headers_list: 'a=s3cr3t,b=tea'"), of("a=s3cr3t;b=tea", "${HEADER_A};${HEADER_B}"));
    assert_eq!(headers("headers_list: '${NONE}'"), of("", ""));
    assert_eq!(headers("headers: [{name: A, value: '${KEY}'}], headers_list: 'a=x,c=tea'"), of("c=tea;a=s3cr3t", "${HEADER_C};${KEY}"));
}

#[test]
fn of_samplers() {
    change(&[
        (TRACES, "sampler: {always_on: }", |config| config.traces.sampler = Sampler::AlwaysOn),
        (TRACES, "sampler: {always_off: {}}", |config| config.traces.sampler = Sampler::AlwaysOff),
        (TRACES, "sampler: {trace_id_ratio_based: {ratio: 0.25}}", |config| config.traces.sampler = Sampler::TraceIdRatio(0.25)),
        (TRACES, "sampler: {trace_id_ratio_based: }", |config| config.traces.sampler = Sampler::TraceIdRatio(1.0)),
        (TRACES, "sampler: {probability/development: {ratio: 0}}", |config| config.traces.sampler = Sampler::TraceIdRatio(0.0)),
        (TRACES, "sampler: {composite/development: {probability: {ratio: 0.5}}}", |config| {
            config.traces.sampler = Sampler::TraceIdRatio(0.5);
        }),
        (TRACES, "sampler: {rate_limited: {per_second: 5}}", |config| config.traces.sampler = Sampler::RateLimited(5.0)),
        (TRACES, "sampler: {parent_based: {root: {always_off: }}}", |config| config.traces.sampler = Sampler::AlwaysOff.parent_based()),
        (
            TRACES,
            "sampler: {parent_based: {root: {rate_limited: }, remote_parent_sampled: {parent_based: {root: {always_off: }}}, \
             remote_parent_not_sampled: {trace_id_ratio_based: {ratio: 0.01}}, local_parent_sampled: {always_off: }, local_parent_not_sampled: {always_on: }}}",
            |config| {
                config.traces.sampler = Sampler::ParentBased(Box::new(ParentBased {
                    root: Sampler::RateLimited(100.0),
                    remote_parent_sampled: Sampler::AlwaysOff.parent_based(),
                    remote_parent_not_sampled: Sampler::TraceIdRatio(0.01),
                    local_parent_sampled: Sampler::AlwaysOff,
                    local_parent_not_sampled: Sampler::AlwaysOn,
                }));
            },
        ),
    ]);
}

#[test]
fn of_limits() {
    change(&[
        (TRACES, "limits: {attribute_count_limit: 7}", |config| config.traces.limits.attributes = 7),
        (TRACES, "limits: {attribute_value_length_limit: 7}", |config| config.traces.limits.value_length = Some(7)),
        (TRACES, "limits: {event_count_limit: 7}", |config| config.traces.limits.events = 7),
        (TRACES, "limits: {link_count_limit: 7}", |config| config.traces.limits.links = 7),
        (TRACES, "limits: {event_attribute_count_limit: 7}", |config| config.traces.limits.event_attributes = 7),
        (TRACES, "limits: {link_attribute_count_limit: 0}", |config| config.traces.limits.link_attributes = 0),
        (LOGS, "limits: {attribute_count_limit: 7}", |config| config.logs.limits.attributes = 7),
        (LOGS, "limits: {attribute_value_length_limit: 7}", |config| config.logs.limits.value_length = Some(7)),
    ]);
    let general = "attribute_limits: {attribute_count_limit: 7, attribute_value_length_limit: 9}\n";
    let both = format!("{}\n{}", TRACES.replace('@', ""), LOGS.replace('@', ""));
    let (config, _) = read(&file(&format!("{general}{both}")));
    let spans =
        limits::OfSpans { attributes: 7, event_attributes: 7, link_attributes: 7, value_length: Some(9), ..limits::OfSpans::default() };
    assert_eq!((config.traces.limits, config.logs.limits), (spans, limits::OfLogs { attributes: 7, value_length: Some(9) }));
    let own = TRACES.replace('@', "limits: {attribute_count_limit: 1, attribute_value_length_limit: 2}");
    let (config, _) = read(&file(&format!("{general}{own}")));
    assert_eq!(config.traces.limits, limits::OfSpans { attributes: 1, value_length: Some(2), ..spans });
}

#[test]
fn of_readers() {
    fn scraped(host: &str, port: u16) -> Reader {
        Reader::Prometheus { host: host.to_owned(), port, stated: Stated::InVariables, defaults: Defaults::default() }
    }
    fn limits(config: &mut Config) -> &mut CardinalityLimits {
        &mut config.metrics.readers[0].defaults_mut().cardinality_limits
    }
    fn periodic(config: &mut Config) -> (&mut Duration, &mut Temporality) {
        match &mut config.metrics.readers[0] {
            Reader::Periodic { interval, temporality, .. } => (interval, temporality),
            other @ Reader::Prometheus { .. } => panic!("{other:?}"),
        }
    }
    change(&[
        (READER, "interval: 700", |config| *periodic(config).0 = Duration::from_millis(700)),
        (READER, "timeout: 700", |config| metrics_to(config).timeout = Some(Duration::from_millis(700))),
        (METRICS, "temporality_preference: delta", |config| *periodic(config).1 = Temporality::Delta),
        (METRICS, "temporality_preference: low_memory", |config| *periodic(config).1 = Temporality::LowMemory),
        (METRICS, "default_histogram_aggregation: base2_exponential_bucket_histogram", |config| {
            config.metrics.readers[0].defaults_mut().exponential_histograms = true;
        }),
        (PULL, "host: a, port: 0", |config| config.metrics.readers = vec![scraped("a", 0)]),
        (READER, "cardinality_limits: {counter: 7}", |config| limits(config).counter = Some(7)),
        (
            READER,
            "cardinality_limits: {default: 7, gauge: 1, histogram: 2, observable_counter: 3, observable_gauge: 4, observable_up_down_counter: 5, up_down_counter: 6}",
            |config| {
                *limits(config) = CardinalityLimits {
                    counter: Some(7),
                    gauge: Some(1),
                    histogram: Some(2),
                    observable_counter: Some(3),
                    observable_gauge: Some(4),
                    observable_up_down_counter: Some(5),
                    up_down_counter: Some(6),
                };
            },
        ),
        (
            TOP,
            "meter_provider: {readers: [{periodic: {interval: 1, exporter: {console: }}}, {periodic: {exporter: {otlp_file: {temporality_preference: delta}}}}]}",
            |config| {
                config.metrics.readers = vec![
                    Reader::periodic(Exporter::Console, Duration::from_millis(1), Temporality::Cumulative),
                    Reader::periodic(Exporter::OtlpStdout, Duration::from_secs(60), Temporality::Delta),
                ];
            },
        ),
    ]);
    assert_eq!(read(&file(&PULL.replace('@', ""))).0.metrics.readers, [scraped("localhost", 9464)]);
    let of_two = "meter_provider: {readers: [{periodic: {exporter: {console: }}}, {pull: {exporter: {prometheus: }, cardinality_limits: {gauge: 3}}}]}";
    let limits = read(&file(of_two)).0.metrics.readers.iter().map(|reader| reader.defaults().cardinality_limits.gauge).collect::<Vec<_>>();
    assert_eq!(limits, [None, Some(3)], "limits are a reader's own");
}

#[test]
fn of_views() {
    fn view(config: &mut Config, change: impl FnOnce(View) -> View) {
        config.metrics.views = config.metrics.views.pop().map(change).into_iter().collect();
    }
    change(&[
        (SELECTOR, "instrument_name: 'a.*'", |config| config.metrics.views = vec![View::of("a.*").description("a")]),
        (SELECTOR, "instrument_type: observable_gauge", |config| view(config, |view| view.kind(InstrumentKind::ObservableGauge))),
        (SELECTOR, "unit: ms", |config| view(config, |view| view.unit("ms"))),
        (SELECTOR, "meter_name: a", |config| view(config, |view| view.meter_name("a"))),
        (SELECTOR, "meter_version: '1.0'", |config| view(config, |view| view.meter_version("1.0"))),
        (SELECTOR, "meter_schema_url: 'https://a'", |config| view(config, |view| view.meter_schema_url("https://a"))),
        (VIEW, "name: c", |config| view(config, |view| view.name("c"))),
        (VIEW, "description: c", |config| view(config, |view| view.description("c"))),
        (VIEW, "aggregation_cardinality_limit: 7", |config| view(config, |view| view.cardinality_limit(7))),
        (VIEW, "attribute_keys: {included: [c, 'd.*']}", |config| view(config, |view| view.attributes(["c", "d.*"]))),
        (VIEW, "attribute_keys: {excluded: [c]}", |config| view(config, |view| view.except_attributes(["c"]))),
        (VIEW, "aggregation: {drop: }", |config| view(config, |view| view.aggregation(Aggregation::Drop))),
        (VIEW, "aggregation: {sum: }", |config| view(config, |view| view.aggregation(Aggregation::Sum))),
        (VIEW, "aggregation: {last_value: }", |config| view(config, |view| view.aggregation(Aggregation::LastValue))),
        (VIEW, "aggregation: {default: }", |config| view(config, |view| view.aggregation(Aggregation::Default))),
        (VIEW, "aggregation: {explicit_bucket_histogram: {boundaries: [0, 0.5], record_min_max: false}}", |config| {
            let aggregation = Aggregation::ExplicitBucketHistogram { boundaries: vec![0.0, 0.5], record_min_max: false };
            view(config, |view| view.aggregation(aggregation));
        }),
        (VIEW, "aggregation: {base2_exponential_bucket_histogram: {max_size: 16, max_scale: -1}}", |config| {
            let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 16, max_scale: -1, record_min_max: true };
            view(config, |view| view.aggregation(aggregation));
        }),
    ]);
}

#[test]
fn of_this_distribution() {
    change(&[
        (OWN, "filter: 'off,shop=0.5'", |config| config.filter = Filter::parse("off,shop=0.5").filter),
        (OWN, "baggage_attributes: [tenant.id, a]", |config| {
            config.baggage_attributes = BaggageKeys::new(vec!["tenant.id".to_owned(), "a".to_owned()]);
        }),
        (OWN, "baggage_metric_attributes: [tier=gold|silver]", |config| {
            config.baggage_metric_attributes = MetricBaggage::new(&["tier=gold|silver".to_owned()]);
        }),
        (OWN, "http_known_methods: [GET, BREW]", |config| {
            config.http_methods = KnownMethods::new(vec!["GET".to_owned(), "BREW".to_owned()]);
        }),
        (OWN, "max_concurrent_exports: 7", |config| config.sending.max_concurrent_exports = 7),
        (OWN, "queue_max_bytes: 7", |config| config.sending.queue_max_bytes = 7),
        (OWN, "retry_max_elapsed: 7", |config| config.sending.retry_max_elapsed = Duration::from_millis(7)),
        (OWN, "spool: {folder: /a, max_bytes: 7}", |config| {
            config.sending.spool_folder = Some(File { path: PathBuf::from("/a"), variable: String::new() });
            config.sending.spool_max_bytes = 7;
        }),
    ]);
    let measured = format!("{}\n{}", READER.replace('@', ""), OWN.replace('@', "self_metrics: true"));
    assert!(read(&file(&measured)).0.self_metrics);
    let (config, warnings) = read(&file(&OWN.replace('@', "self_metrics: true")));
    assert!(!config.self_metrics && warnings[0].starts_with("2:31: distribution.otel-runtime.self_metrics: is ignored"), "{warnings:?}");
    let exceptions = format!("{}\n{}", LOGS.replace('@', ""), OWN.replace('@', "exceptions: logs/dup"));
    assert_eq!(read(&file(&exceptions)).0.exceptions, Some(Exceptions::Both));
    let (config, warnings) = read(&file(&OWN.replace('@', "exceptions: logs")));
    assert!(config.exceptions.is_none() && warnings[0].contains("because logs are not exported"), "{warnings:?}");
    let spooled = format!("{}\n{}", BATCH.replace('@', "schedule_delay: 9000"), OWN.replace('@', "spool: {folder: /a}"));
    assert_eq!(batch(&mut read(&file(&spooled)).0).schedule_delay, Duration::from_millis(500), "what waits is on disk within a second");
    let pulled =
        format!("{}\n{}", PULL.replace('@', ""), OWN.replace('@', "default_histogram_aggregation: base2_exponential_bucket_histogram"));
    assert!(read(&file(&pulled)).0.metrics.readers[0].defaults().exponential_histograms);
    let (_, warnings) = read(&file(&OWN.replace('@', "default_histogram_aggregation: base2_exponential_bucket_histogram")));
    assert!(warnings[0].contains("is ignored, because nothing is scraped"), "{warnings:?}");
}

/// What is not there is not: a file says everything.
#[test]
fn a_file_with_nothing_in_it_exports_nothing() {
    let (config, warnings) = read("file_format: 1.0");
    assert_eq!(warnings, [""; 0]);
    let Config { disabled, log_level, propagators, traces, metrics, logs, .. } = config;
    assert_eq!((disabled, log_level, propagators.len()), (false, Level::Info, 0));
    assert!(traces.processors.is_empty() && metrics.readers.is_empty() && logs.processors.is_empty());
}
