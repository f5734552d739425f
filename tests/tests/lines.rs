//! OTLP in lines of JSON, on the standard output and in a file, as a Collector's receiver for such files reads them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use otel_runtime::opentelemetry::logs::{LogRecord as _, Logger, LoggerProvider};
use otel_runtime::{InitError, counted, traced};
use tests::process::Child;
use tests::receiver::{Body, Protocol, Receiver, Request, captured, logs, metrics, spans};
use tests::telemetry::{isolated, to};

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(60);

#[traced("shop.place_order", fields(order.id = id))]
#[counted("shop.orders")]
fn place_order(id: u64) {
    pack();
    let _ = id;
}

#[traced]
fn pack() {}

/// Each line is a request of one signal.
fn parse(text: &str) -> Vec<Request> {
    let line = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        let parsed = if value.get("resourceSpans").is_some() {
            serde_json::from_value::<ExportTraceServiceRequest>(value).map(Body::Traces)
        } else if value.get("resourceMetrics").is_some() {
            serde_json::from_value::<ExportMetricsServiceRequest>(value).map(Body::Metrics)
        } else {
            serde_json::from_value::<ExportLogsServiceRequest>(value).map(Body::Logs)
        };
        let body = parsed.unwrap_or_else(|error| panic!("{error} in {line}"));
        Request {
            protocol: Protocol::Http,
            headers: http::HeaderMap::new(),
            arrived: Instant::now(),
            accepted: true,
            size: line.len(),
            body,
        }
    };
    text.lines().map(line).collect()
}

/// A path in a folder of the test's own, where there is nothing yet.
fn path(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lines");
    std::fs::create_dir_all(&folder).expect("the target folder can be written to");
    let path = folder.join(name);
    let _ = std::fs::remove_file(&path);
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the target folder has a name")
}

#[test]
fn a_file_has_all_signals_and_is_appended_to() {
    let file = path("all.jsonl");
    for id in [1, 2] {
        let telemetry = isolated()
            .set("OTEL_TRACES_EXPORTER", "otlp/file")
            .set("OTEL_METRICS_EXPORTER", "otlp/file")
            .set("OTEL_LOGS_EXPORTER", "otlp/file")
            .set("OTEL_RUST_OTLP_FILE", text(&file))
            .build()
            .expect("telemetry can be set up");
        let attached = telemetry.context().attach();
        place_order(id);
        drop(attached);
        let logger = telemetry.logger_provider().expect("logs are exported").logger("shop");
        let mut log = logger.create_log_record();
        log.set_body("a parcel".into());
        logger.emit(log);
        telemetry.shutdown().expect("it is written");
        let health = telemetry.health();
        assert_eq!((health.traces.delivered, health.metrics.delivered, health.logs.delivered), (2, 1, 1));
    }
    let bodies = parse(&std::fs::read_to_string(&file).expect("the file was written"));
    assert_eq!(bodies.len(), 6, "three signals, twice");
    let tree = "shop.place_order order.id=1\n  pack\nshop.place_order order.id=2\n  pack\n";
    assert_eq!(captured(&spans(&bodies)).tree(), tree);
    assert_eq!(metrics(&bodies).iter().map(|metric| metric.data.name.as_str()).collect::<Vec<_>>(), ["shop.orders"; 2]);
    assert_eq!(logs(&bodies).len(), 2);
}

#[test]
fn the_standard_output_and_a_backend_get_the_same() {
    let receiver = Receiver::start();
    let file = path("both.jsonl");
    let telemetry = to(&receiver, Protocol::Http)
        .set("OTEL_TRACES_EXPORTER", "otlp,otlp/file")
        .set("OTEL_RUST_OTLP_FILE", text(&file))
        .build()
        .expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    place_order(1);
    drop(attached);
    telemetry.shutdown().expect("it is written and delivered");
    let health = telemetry.health().traces;
    assert!(health.is_balanced() && (health.accepted, health.delivered) == (4, 4), "each is counted for each: {health:?}");
    let written = parse(&std::fs::read_to_string(&file).expect("the file was written"));
    let bodies = |requests: Vec<Request>| requests.into_iter().map(|request| request.body).collect::<Vec<_>>();
    assert_eq!(bodies(written), bodies(receiver.requests()));
}

#[test]
fn a_program_writes_lines_to_its_standard_output() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aborting"));
    command.arg("flush").env_clear().envs([
        ("OTEL_TRACES_EXPORTER", "otlp/stdout"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]);
    let output = Child::spawn(command).wait_with_timeout(LONG);
    assert_eq!(captured(&spans(&parse(&output.stdout))).tree(), "aborting.work\n", "{}", output.stderr);
}

#[test]
fn a_file_that_cannot_be_is_an_error_of_the_start() {
    let cases = [(None, "needs a path in OTEL_RUST_OTLP_FILE"), (Some("/dev/null/below"), "/dev/null/below, cannot be written to")];
    for (path, expected) in cases {
        let mut builder = isolated().set("OTEL_TRACES_EXPORTER", "otlp/file");
        if let Some(path) = path {
            builder = builder.set("OTEL_RUST_OTLP_FILE", path);
        }
        let error = builder.build().expect_err("there is nowhere to write");
        assert!(matches!(&error, InitError::Unsupported(problem) if problem.contains(expected)), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_is_said_and_counted() {
    let telemetry = isolated()
        .set("OTEL_TRACES_EXPORTER", "otlp/file")
        .set("OTEL_RUST_OTLP_FILE", "/dev/full")
        .build()
        .expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    pack();
    drop(attached);
    let error = telemetry.shutdown_with_timeout(Duration::from_millis(200)).expect_err("it cannot be written");
    assert_eq!(error.lost(), 1);
    assert!(error.to_string().contains("1 span not delivered to /dev/full: No space left on device"), "{error}");
}
