//! What became of everything: the spool, the accounts, and the metrics about them.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use otel_runtime::opentelemetry::logs::{Logger, LoggerProvider};
use otel_runtime::{DropReason, SignalHealth, Telemetry, traced};
use tests::receiver::{Behaviour, Body, Protocol, Receiver, Request};
use tests::telemetry::{Said, to};
use tonic::Code;

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(30);

#[traced("accounts.work")]
fn work() {}

fn work_on(telemetry: &Telemetry, times: usize) {
    let _attached = telemetry.context().attach();
    (0..times).for_each(|_| work());
}

#[track_caller]
fn assert_balanced(health: &SignalHealth) {
    let sum = health.delivered + health.queued + health.spooled + health.dropped_in_all();
    assert_eq!(health.accepted, sum, "{health:?}");
}

/// Waits until the account of the spans looks as wanted; it balances all the time.
#[track_caller]
fn wait_until(telemetry: &Telemetry, wanted: impl Fn(&SignalHealth) -> bool) -> SignalHealth {
    let began = Instant::now();
    loop {
        let health = telemetry.health().traces;
        assert_balanced(&health);
        if wanted(&health) {
            return health;
        }
        assert!(began.elapsed() < LONG, "{health:?}");
        std::thread::yield_now();
    }
}

/// A folder of the test's own, which is not there yet.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("spool-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn files(folder: &PathBuf) -> usize {
    let folders = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten()).count()
}

#[test]
fn what_a_run_leaves_in_the_spool_the_next_one_delivers() {
    let spool = folder("left");
    let port = Receiver::start().http_port();
    let said = Said::default();
    let dead = Receiver::start();
    let first = said.listen(to(&dead, Protocol::Http)).set("OTEL_RUST_SPOOL_DIR", spool.to_string_lossy());
    let first = first.set("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{port}")).build().expect("telemetry can be set up");
    work_on(&first, 3);
    let error = first.shutdown_with_timeout(Duration::from_millis(200)).expect_err("nobody is there");
    assert_eq!((error.lost(), error.spooled()), (0, 3), "{error}");
    assert!(error.to_string().contains("3 spans not delivered to http://127.0.0.1"), "{error}");
    assert!(error.to_string().contains("(all spooled for the next run)"), "{error}");
    let health = first.health().traces;
    assert_balanced(&health);
    assert_eq!((health.accepted, health.spooled), (3, 3));

    let receiver = Receiver::start();
    let second = said.listen(to(&receiver, Protocol::Http)).set("OTEL_RUST_SPOOL_DIR", spool.to_string_lossy());
    let second = second.build().expect("telemetry can be set up");
    work_on(&second, 1);
    let health = wait_until(&second, |health| health.accepted == 4 && health.delivered == 4);
    assert_eq!((health.queued, health.spooled), (0, 0));
    second.shutdown().expect("everything is delivered");
    assert_eq!(receiver.spans().len(), 4);
    assert!(said.lines().contains(&"the spool has 3 spans of an earlier run, which are sent first".to_owned()), "{:?}", said.lines());
    assert_eq!(files(&spool), 0, "what is delivered is removed");
    let _ = fs::remove_dir_all(&spool);
}

#[test]
fn what_waits_is_on_disk_soon_and_goes_when_it_is_delivered() {
    let spool = folder("waits");
    let receiver = Receiver::start();
    receiver.respond_with(Behaviour::status(503, Code::Unavailable));
    let telemetry =
        to(&receiver, Protocol::Http).set("OTEL_RUST_SPOOL_DIR", spool.to_string_lossy()).build().expect("telemetry can be set up");
    work_on(&telemetry, 5);
    let began = Instant::now();
    // The lock, and the one request.
    while files(&spool) < 2 {
        assert!(began.elapsed() < LONG, "nothing is written");
        std::thread::yield_now();
    }
    receiver.respond_with(Behaviour::Accept);
    wait_until(&telemetry, |health| health.delivered == 5);
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!(files(&spool), 0);
    let _ = fs::remove_dir_all(&spool);
}

/// One request is under way at a time, so that the first would be the only one for ever.
#[test]
fn what_a_backend_does_not_take_from_a_spool_makes_way_for_what_it_may_take() {
    let spool = folder("puts-off");
    let receiver = Receiver::start();
    receiver.respond_with(Behaviour::status(503, Code::Unavailable));
    let builder = to(&receiver, Protocol::Http).set("OTEL_RUST_SPOOL_DIR", spool.to_string_lossy());
    let builder = builder.set("OTEL_RUST_MAX_CONCURRENT_EXPORTS", "1").set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1");
    let telemetry = builder.set("OTEL_RUST_RETRY_MAX_ELAPSED", "10").build().expect("telemetry can be set up");
    work_on(&telemetry, 3);
    receiver.wait_for(LONG, |requests| requests.iter().filter_map(span_id).collect::<HashSet<_>>().len() == 3);
    receiver.respond_with(Behaviour::Accept);
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!(receiver.spans().len(), 3);
    assert_eq!(files(&spool), 0, "what is delivered is removed");
    let _ = fs::remove_dir_all(&spool);
}

fn span_id(request: &Request) -> Option<Vec<u8>> {
    let Body::Traces(traces) = &request.body else { return None };
    Some(traces.resource_spans.first()?.scope_spans.first()?.spans.first()?.span_id.clone())
}

#[test]
fn a_spool_that_cannot_be_opened_is_said_and_nothing_else() {
    let file = folder("no-folder");
    fs::write(&file, "a file").expect("the target folder can be written to");
    let receiver = Receiver::start();
    let said = Said::default();
    let builder = said.listen(to(&receiver, Protocol::Http)).set("OTEL_RUST_SPOOL_DIR", file.to_string_lossy());
    let telemetry = builder.build().expect("telemetry can be set up");
    let warnings = telemetry.warnings().iter().map(ToString::to_string).collect::<String>();
    work_on(&telemetry, 1);
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!(receiver.spans().len(), 1);
    let lines = said.lines();
    assert!(
        lines.len() == 1 && lines[0].starts_with("OTEL_RUST_SPOOL_DIR: ") && lines[0].ends_with("; telemetry is not spooled"),
        "{lines:?}"
    );
    assert_eq!(lines[0], warnings, "it is among the warnings too");
    let _ = fs::remove_file(&file);
}

#[test]
fn the_account_says_why_something_was_dropped() {
    let receiver = Receiver::start();
    receiver.respond_once(Behaviour::status(400, Code::InvalidArgument));
    let said = Said::default();
    let telemetry = said.listen(to(&receiver, Protocol::Http)).build().expect("telemetry can be set up");
    work_on(&telemetry, 2);
    let error = telemetry.force_flush().expect_err("they were refused");
    assert_eq!((error.lost(), error.to_string().ends_with(": HTTP status 400 Bad Request")), (2, true), "{error}");
    let health = telemetry.health().traces;
    assert_balanced(&health);
    assert_eq!((health.dropped(DropReason::Refused), health.last_error.as_deref()), (2, Some("HTTP status 400 Bad Request")));
    work_on(&telemetry, 1);
    telemetry.force_flush().expect("it is settled");
    let health = telemetry.health().traces;
    assert_balanced(&health);
    assert_eq!((health.accepted, health.delivered, health.last_error), (3, 1, None));
    assert_eq!(telemetry.shutdown().expect_err("two were refused").lost(), 2);
}

#[test]
fn the_export_is_measured_if_that_is_wanted() {
    let receiver = Receiver::start();
    let builder = to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp").set("OTEL_RUST_SELF_METRICS", "true");
    let telemetry = builder.build().expect("telemetry can be set up");
    work_on(&telemetry, 2);
    telemetry.force_flush().expect("everything is delivered");
    telemetry.force_flush().expect("everything is delivered");
    telemetry.shutdown().expect("everything is delivered");
    let metrics = receiver.metrics();
    let names: Vec<_> = metrics.iter().map(|metric| metric.data.name.as_str()).collect();
    for name in ["otel.sdk.exporter.span.exported", "otel.sdk.exporter.span.inflight", "otel.sdk.exporter.metric_data_point.exported"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn a_signal_whose_backend_hangs_holds_up_no_other() {
    let (receiver, hanging) = (Receiver::start(), Receiver::start());
    hanging.respond_with(Behaviour::Hang);
    // A request for each log record, so that as many are under way as may be.
    let builder = to(&receiver, Protocol::Http).set("OTEL_LOGS_EXPORTER", "otlp").set("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "1");
    let builder = builder.set("OTEL_BSP_SCHEDULE_DELAY", "10");
    let telemetry = builder.set("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", hanging.http_endpoint()).build().expect("telemetry can be set up");
    let logger = telemetry.logger_provider().expect("logs are exported").logger("test");
    for _ in 0..10 {
        logger.emit(logger.create_log_record());
    }
    work_on(&telemetry, 3);
    wait_until(&telemetry, |health| health.delivered == 3);
    let logs = telemetry.health().logs;
    assert_balanced(&logs);
    assert_eq!((logs.accepted, logs.delivered), (10, 0));
    assert_eq!(telemetry.shutdown_with_timeout(Duration::from_millis(100)).expect_err("logs are left").lost(), 10);
}
