//! `OTEL_RUST_SELF_METRICS`: what the telemetry says of itself, by the conventions' names.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use opentelemetry_semantic_conventions::metric as names;
use otel_runtime::opentelemetry::logs::{Logger, LoggerProvider};
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState, Tracer, TracerProvider};
use otel_runtime::opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use otel_runtime::{Sampler, Telemetry, counted, traced};
use tests::points::{Kind, Point, points};
use tests::receiver::{Behaviour, Protocol, Receiver};
use tests::telemetry::{Builder, Printed, Said, to};
use tonic::Code;
use tracing_subscriber::layer::SubscriberExt;

const LONG: Duration = Duration::from_secs(30);

#[traced]
#[counted]
fn parent() {
    child();
}

#[traced]
fn child() {}

#[traced(parent = caller)]
fn called(caller: &SpanContext) {}

/// Telemetry of all signals, which says what it does.
fn measured(receiver: &Receiver, protocol: Protocol) -> Builder {
    let builder = to(receiver, protocol).set("OTEL_METRICS_EXPORTER", "otlp").set("OTEL_LOGS_EXPORTER", "otlp");
    builder.set("OTEL_RUST_SELF_METRICS", "true")
}

fn work(telemetry: &Telemetry) {
    let _attached = telemetry.context().attach();
    parent();
    let logger = telemetry.logger_provider().expect("logs are exported").logger("test");
    logger.emit(logger.create_log_record());
}

/// What arrived of a metric last, by its attributes.
fn last(points: &[Point], metric: &str) -> BTreeMap<String, f64> {
    points.iter().filter(|point| point.metric == metric).map(|point| (point.labels(), point.value)).collect()
}

/// The values of a metric's points whose attributes have all of these words in them.
fn value(points: &[Point], metric: &str, words: &[&str]) -> Option<f64> {
    let last = last(points, metric);
    let mut fitting = last.iter().filter(|(labels, _)| words.iter().all(|word| labels.split(' ').any(|label| label == *word)));
    let value = fitting.next().map(|(_, value)| *value);
    assert!(fitting.next().is_none(), "{metric} {words:?}: {last:?}");
    value
}

/// What the conventions say of a metric: its unit, its instrument, the attributes that it may have, and those of them that it always has here.
type Row = (&'static str, &'static str, Kind, &'static [&'static str], &'static [&'static str]);

const COMPONENT: &[&str] = &["otel.component.name", "otel.component.type"];
const EXPORTER: &[&str] = &["otel.component.name", "otel.component.type", "server.address", "server.port"];
const EXPORTED: &[&str] = &["error.type", "otel.component.name", "otel.component.type", "server.address", "server.port"];

const TABLE: &[Row] = &[
    (
        names::OTEL_SDK_SPAN_STARTED,
        "{span}",
        Kind::Counter,
        &["otel.span.parent.origin", "otel.span.sampling_result"],
        &["otel.span.parent.origin", "otel.span.sampling_result"],
    ),
    (names::OTEL_SDK_SPAN_LIVE, "{span}", Kind::UpDownCounter, &["otel.span.sampling_result"], &["otel.span.sampling_result"]),
    (names::OTEL_SDK_LOG_CREATED, "{log_record}", Kind::Counter, &[], &[]),
    (names::OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE, "{span}", Kind::UpDownCounter, COMPONENT, COMPONENT),
    (names::OTEL_SDK_PROCESSOR_SPAN_QUEUE_CAPACITY, "{span}", Kind::UpDownCounter, COMPONENT, COMPONENT),
    (
        names::OTEL_SDK_PROCESSOR_SPAN_PROCESSED,
        "{span}",
        Kind::Counter,
        &["error.type", "otel.component.name", "otel.component.type"],
        COMPONENT,
    ),
    (names::OTEL_SDK_PROCESSOR_LOG_QUEUE_SIZE, "{log_record}", Kind::UpDownCounter, COMPONENT, COMPONENT),
    (names::OTEL_SDK_PROCESSOR_LOG_QUEUE_CAPACITY, "{log_record}", Kind::UpDownCounter, COMPONENT, COMPONENT),
    (
        names::OTEL_SDK_PROCESSOR_LOG_PROCESSED,
        "{log_record}",
        Kind::Counter,
        &["error.type", "otel.component.name", "otel.component.type"],
        COMPONENT,
    ),
    (names::OTEL_SDK_EXPORTER_SPAN_INFLIGHT, "{span}", Kind::UpDownCounter, EXPORTER, COMPONENT),
    (names::OTEL_SDK_EXPORTER_SPAN_EXPORTED, "{span}", Kind::Counter, EXPORTED, COMPONENT),
    (names::OTEL_SDK_EXPORTER_LOG_INFLIGHT, "{log_record}", Kind::UpDownCounter, EXPORTER, COMPONENT),
    (names::OTEL_SDK_EXPORTER_LOG_EXPORTED, "{log_record}", Kind::Counter, EXPORTED, COMPONENT),
    (names::OTEL_SDK_EXPORTER_METRIC_DATA_POINT_INFLIGHT, "{data_point}", Kind::UpDownCounter, EXPORTER, COMPONENT),
    (names::OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED, "{data_point}", Kind::Counter, EXPORTED, COMPONENT),
    (
        names::OTEL_SDK_EXPORTER_OPERATION_DURATION,
        "s",
        Kind::Histogram,
        &[
            "error.type",
            "http.response.status_code",
            "otel.component.name",
            "otel.component.type",
            "rpc.response.status_code",
            "server.address",
            "server.port",
        ],
        COMPONENT,
    ),
    (
        names::OTEL_SDK_METRIC_READER_COLLECTION_DURATION,
        "s",
        Kind::Histogram,
        &["error.type", "otel.component.name", "otel.component.type"],
        COMPONENT,
    ),
];

#[test]
fn everything_is_measured_as_the_conventions_have_it() {
    let receiver = Receiver::start();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("self_metrics.jsonl");
    let builder = measured(&receiver, Protocol::Http)
        .set("OTEL_TRACES_EXPORTER", "otlp,otlp/file,console")
        .set("OTEL_METRICS_EXPORTER", "otlp,otlp/file,console,prometheus")
        .set("OTEL_LOGS_EXPORTER", "otlp,otlp/file,console")
        .set("OTEL_RUST_OTLP_FILE", file.to_str().expect("its name is text"))
        .set("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")
        .set("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
        .console(Printed::default());
    let telemetry = builder.build().expect("telemetry can be set up");
    work(&telemetry);
    telemetry.force_flush().expect("the receiver takes everything");
    let page = scrape(&telemetry);
    telemetry.force_flush().expect("the receiver takes everything");
    telemetry.shutdown().expect("the receiver takes everything");
    std::fs::remove_file(&file).expect("it was written");
    let points = points(&receiver.metrics());
    let own: Vec<_> = points.iter().filter(|point| point.metric.starts_with("otel.")).collect();
    let found: BTreeSet<_> = own.iter().map(|point| point.metric.as_str()).collect();
    assert_eq!(found, TABLE.iter().map(|(name, ..)| *name).collect(), "all there are, and nothing else");
    for (name, unit, kind, allowed, always) in TABLE {
        for point in own.iter().filter(|point| point.metric == *name) {
            assert_eq!((point.unit.as_str(), point.kind, point.scope.as_str()), (*unit, *kind, "otel-runtime"), "{name}");
            let keys: BTreeSet<_> = point.attributes.keys().map(String::as_str).collect();
            let (allowed, always) = (allowed.iter().copied().collect(), always.iter().copied().collect());
            assert!(keys.is_subset(&allowed) && keys.is_superset(&always), "{name}: {keys:?}");
            assert!(point.histogram.bounds.is_empty() && !point.description.is_empty(), "{point:?}");
        }
    }

    let exported = |metric, component: &str| value(&points, metric, &[&format!("otel.component.name={component}")]);
    for component in ["otlp_http_span_exporter/0", "otlp_file_span_exporter/0", "console_span_exporter/0"] {
        assert_eq!(exported(names::OTEL_SDK_EXPORTER_SPAN_EXPORTED, component), Some(2.0), "{component}: {points:#?}");
        assert_eq!(exported(names::OTEL_SDK_EXPORTER_SPAN_INFLIGHT, component), Some(0.0), "{component}");
    }
    for component in ["otlp_http_log_exporter/0", "otlp_file_log_exporter/0", "console_log_exporter/0"] {
        assert_eq!(exported(names::OTEL_SDK_EXPORTER_LOG_EXPORTED, component), Some(1.0), "{component}");
    }
    let metric_exporters = [
        "otlp_http_metric_exporter/0",
        "otlp_file_metric_exporter/0",
        "console_metric_exporter/0",
        "prometheus_http_text_metric_exporter/0",
    ];
    for component in metric_exporters {
        assert!(exported(names::OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED, component) > Some(0.0), "{component}");
        let took = own.iter().filter(|point| point.metric == names::OTEL_SDK_EXPORTER_OPERATION_DURATION);
        assert!(took.clone().any(|point| point.attributes["otel.component.name"] == component && point.value > 0.0), "{component}");
    }
    for component in ["batching_span_processor/0", "batching_span_processor/1", "simple_span_processor/0"] {
        assert_eq!(exported(names::OTEL_SDK_PROCESSOR_SPAN_PROCESSED, component), Some(2.0), "{component}");
    }
    assert_eq!(exported(names::OTEL_SDK_PROCESSOR_SPAN_QUEUE_CAPACITY, "batching_span_processor/0"), Some(2048.0));
    assert_eq!(exported(names::OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE, "simple_span_processor/0"), None, "it has none");
    assert_eq!(exported(names::OTEL_SDK_PROCESSOR_LOG_PROCESSED, "simple_log_processor/0"), Some(1.0));
    for component in ["periodic_metric_reader/0", "periodic_metric_reader/2", "prometheus_http_text_metric_exporter/0"] {
        assert!(exported(names::OTEL_SDK_METRIC_READER_COLLECTION_DURATION, component) >= Some(1.0), "{component}");
    }
    assert_eq!(value(&points, names::OTEL_SDK_LOG_CREATED, &[]), Some(1.0));
    assert!(page.contains("otel_sdk_exporter_span_exported_total{"), "{page}");
}

fn scrape(telemetry: &Telemetry) -> String {
    let mut stream = TcpStream::connect(telemetry.prometheus_address().expect("metrics are served")).expect("it listens");
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("it reads");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("it answers");
    page
}

#[test]
fn nothing_is_measured_unless_that_is_wanted() {
    let receiver = Receiver::start();
    let telemetry = measured(&receiver, Protocol::Http).set("OTEL_RUST_SELF_METRICS", "false").build().expect("telemetry can be set up");
    work(&telemetry);
    // What the SDK's own processors count.
    telemetry.meter_provider().expect("metrics are exported").meter("otel.sdk").u64_counter("otel.sdk.log.created").build().add(1, &[]);
    telemetry.shutdown().expect("the receiver takes everything");
    let found: BTreeSet<_> = points(&receiver.metrics()).into_iter().map(|point| point.metric).collect();
    assert_eq!(found, BTreeSet::from(["function.calls".to_owned()]));
}

/// Records roots without sampling them.
#[derive(Clone, Debug)]
struct RecordRoots;

impl ShouldSample for RecordRoots {
    fn should_sample(
        &self,
        _: Option<&otel_runtime::opentelemetry::Context>,
        _: TraceId,
        name: &str,
        _: &otel_runtime::opentelemetry::trace::SpanKind,
        _: &[otel_runtime::opentelemetry::KeyValue],
        _: &[otel_runtime::opentelemetry::trace::Link],
    ) -> SamplingResult {
        let decision = if name == "parent" { SamplingDecision::RecordOnly } else { SamplingDecision::RecordAndSample };
        SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::default() }
    }
}

#[test]
fn spans_are_counted_whoever_makes_them_and_whether_they_record_or_not() {
    let caller = |flags| SpanContext::new(TraceId::from(1), SpanId::from(7), flags, true, TraceState::default());
    let run = |sampler: Sampler, open: bool| {
        let receiver = Receiver::start();
        let telemetry = measured(&receiver, Protocol::Http).sampler(sampler).build().expect("telemetry can be set up");
        let attached = telemetry.context().attach();
        parent();
        called(&caller(TraceFlags::SAMPLED));
        called(&caller(TraceFlags::default()));
        let plain = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
        let left_open = plain.start("plain");
        tracing::subscriber::with_default(tracing_subscriber::registry().with(telemetry.tracing_layer()), || {
            let _entered = tracing::info_span!("bridged").entered();
            child();
        });
        drop(attached);
        if !open {
            drop(left_open);
        }
        telemetry.shutdown().expect("the receiver takes everything");
        let points = points(&receiver.metrics());
        (last(&points, names::OTEL_SDK_SPAN_STARTED), last(&points, names::OTEL_SDK_SPAN_LIVE))
    };
    let label = |origin: &str, result: &str| format!("otel.span.parent.origin={origin} otel.span.sampling_result={result}");
    let live = |result: &str| format!("otel.span.sampling_result={result}");
    let sampled = "RECORD_AND_SAMPLE";

    let (started, open) = run(Sampler::always_on().parent_based().into(), true);
    let expected =
        [(label("none", sampled), 3.0), (label("local", sampled), 2.0), (label("remote", sampled), 1.0), (label("remote", "DROP"), 1.0)];
    assert_eq!(started, BTreeMap::from(expected));
    assert_eq!(open, BTreeMap::from([(live(sampled), 1.0)]));

    // Below a root that is not sampled nothing is even built, and it is counted all the same.
    let (started, open) = run(Sampler::always_off(), false);
    let expected = [(label("none", "DROP"), 3.0), (label("local", "DROP"), 2.0), (label("remote", "DROP"), 2.0)];
    assert_eq!(started, BTreeMap::from(expected));
    assert_eq!(open, BTreeMap::from([(live(sampled), 0.0)]));

    let (started, _) = run(Sampler::custom(RecordRoots), false);
    let expected = [
        (label("none", sampled), 2.0),
        (label("none", "RECORD_ONLY"), 1.0),
        (label("local", sampled), 2.0),
        (label("remote", sampled), 2.0),
    ];
    assert_eq!(started, BTreeMap::from(expected));
}

#[test]
fn exports_are_measured_with_what_the_backend_answered() {
    let span = ["otel.component.name=otlp_http_span_exporter/0"];
    let cases: [(Behaviour, &str, &[&str], &[&str]); 4] = [
        (Behaviour::Accept, "", &["http.response.status_code=200"], &[]),
        (
            Behaviour::status(400, Code::InvalidArgument),
            "refused",
            &["error.type=400", "http.response.status_code=400"],
            &["error.type=INVALID_ARGUMENT", "rpc.response.status_code=INVALID_ARGUMENT"],
        ),
        (
            Behaviour::PartialSuccess { rejected: 1, message: "no".to_owned() },
            "rejected",
            &["error.type=rejected", "http.response.status_code=200"],
            &["error.type=rejected", "rpc.response.status_code=OK"],
        ),
        (Behaviour::Garbage, "refused", &["error.type=invalid_reply", "http.response.status_code=200"], &[]),
    ];
    for (behaviour, dropped, http, grpc) in cases {
        for (protocol, words) in [(Protocol::Http, http), (Protocol::Grpc, grpc)] {
            if words.is_empty() {
                continue;
            }
            let receiver = Receiver::start();
            let telemetry = measured(&receiver, protocol).build().expect("telemetry can be set up");
            receiver.respond_once(behaviour.clone());
            {
                let _attached = telemetry.context().attach();
                child();
            }
            // The traces alone: metrics are not collected before the shutdown.
            let _ = telemetry.tracer_provider().expect("traces are exported").force_flush();
            assert_eq!(telemetry.shutdown().is_ok(), dropped.is_empty());
            let points = points(&receiver.metrics());
            let component = span[0].replace("http", if protocol == Protocol::Http { "http" } else { "grpc" });
            let words: Vec<&str> = words.iter().copied().chain([component.as_str()]).collect();
            assert_eq!(value(&points, names::OTEL_SDK_EXPORTER_OPERATION_DURATION, &words), Some(1.0), "{behaviour:?}: {points:#?}");
            if !dropped.is_empty() {
                let words = [component.as_str(), &format!("error.type={dropped}")];
                assert_eq!(value(&points, names::OTEL_SDK_EXPORTER_SPAN_EXPORTED, &words), Some(1.0), "{behaviour:?}: {points:#?}");
            }
        }
    }
}

#[test]
fn an_export_is_one_however_often_it_is_tried() {
    let receiver = Receiver::start();
    let telemetry = measured(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    receiver.respond_once(Behaviour::status(503, Code::Unavailable));
    {
        let _attached = telemetry.context().attach();
        child();
    }
    receiver.wait_for_spans(1, LONG);
    telemetry.force_flush().expect("the receiver takes everything");
    telemetry.shutdown().expect("the receiver takes everything");
    let points = points(&receiver.metrics());
    let words = ["otel.component.name=otlp_http_span_exporter/0", "http.response.status_code=200"];
    assert_eq!(value(&points, names::OTEL_SDK_EXPORTER_OPERATION_DURATION, &words), Some(1.0), "{points:#?}");
    assert_eq!(value(&points, names::OTEL_SDK_EXPORTER_SPAN_EXPORTED, &words[..1]), Some(1.0));
}

/// A console that is closed.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_a_console_cannot_write_was_not_exported() {
    let (receiver, said) = (Receiver::start(), Said::default());
    let builder = measured(&receiver, Protocol::Http).set("OTEL_TRACES_EXPORTER", "console").set("OTEL_LOGS_EXPORTER", "console");
    let telemetry = said.listen(builder).console(Closed).build().expect("telemetry can be set up");
    work(&telemetry);
    telemetry.shutdown().expect("the receiver takes everything");
    let points = points(&receiver.metrics());
    for (metric, component, items) in [
        (names::OTEL_SDK_EXPORTER_SPAN_EXPORTED, "console_span_exporter/0", 2.0),
        (names::OTEL_SDK_EXPORTER_LOG_EXPORTED, "console_log_exporter/0", 1.0),
    ] {
        let words = [format!("otel.component.name={component}"), "error.type=io_error".to_owned()];
        assert_eq!(value(&points, metric, &[&words[0], &words[1]]), Some(items), "{points:#?}");
    }
    assert_eq!(said.lines(), ["the console cannot write: broken pipe; what it would show is lost"]);
}
