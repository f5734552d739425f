//! Set-up, flush and shutdown when something of the user's, or the backend, is in their way.

use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use otel_runtime::opentelemetry::Context;
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use otel_runtime::{Telemetry, timed, traced};
use tests::receiver::{Behaviour, Protocol, Receiver, captured};
use tests::telemetry::{Printed, Said, Watched, isolated, to};
use tonic::Code;

const LONG: Duration = Duration::from_secs(30);

#[traced]
fn work() {}

#[traced]
fn opaque() -> impl Future<Output = ()> + Send + 'static {
    async { work() }
}

fn run(telemetry: &Telemetry, work: impl FnOnce()) {
    let _attached = telemetry.context().attach();
    work();
}

/// A callback of a metric that does not return until it is let go.
fn blocked_callback(telemetry: &Telemetry) -> mpsc::Sender<()> {
    let (let_go, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("shop");
    let observe = move |_: &dyn otel_runtime::opentelemetry::metrics::AsyncInstrument<u64>| {
        let _ = wait.lock().expect("no callback panics").recv();
    };
    meter.u64_observable_gauge("shop.blocked").with_callback(observe).build();
    let_go
}

#[test]
fn a_callback_that_blocks_holds_up_no_shutdown_and_is_named_by_it() {
    let receiver = Receiver::start();
    let said = Said::default();
    let builder = said.listen(to(&receiver, Protocol::Http)).set("OTEL_METRICS_EXPORTER", "otlp");
    let telemetry = builder.build().expect("telemetry can be set up");
    let let_go = blocked_callback(&telemetry);
    run(&telemetry, work);
    // Returns although the callback cannot: it is let go only below.
    let error = telemetry.shutdown_with_timeout(Duration::from_millis(200)).expect_err("metrics are missing");
    assert_eq!((error.lost(), error.spooled()), (0, 0), "{error}");
    assert!(error.to_string().starts_with("metrics could not be collected in time"), "{error}");
    assert_eq!(captured(&receiver.spans()).tree(), "work\n", "the span is delivered");
    assert_eq!(said.lines(), [] as [&str; 0], "the error says it");
    drop(let_go);
}

#[test]
fn a_callback_may_ask_the_telemetry_itself() {
    let receiver = Receiver::start();
    let builder = to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp");
    let telemetry = Arc::new(builder.build().expect("telemetry can be set up"));
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("shop");
    let asked = Arc::downgrade(&telemetry);
    let gauge = meter.u64_observable_gauge("shop.asks");
    gauge
        .with_callback(move |gauge| {
            gauge.observe(asked.upgrade().map_or(0, |telemetry| u64::from(telemetry.meter_provider().is_some())), &[]);
        })
        .build();
    telemetry.force_flush().expect("everything is delivered");
    assert_eq!(receiver.metrics().len(), 1);
}

#[test]
fn a_wait_of_ages_that_a_server_asks_for_does_not_end_the_delivery() {
    let receiver = Receiver::start();
    let mut headers = http::HeaderMap::new();
    headers.insert("retry-after", http::HeaderValue::from(u64::MAX));
    receiver.respond_once(Behaviour::Status { http: 503, grpc: Code::Unavailable, headers });
    let said = Said::default();
    let builder = said.listen(to(&receiver, Protocol::Http)).set("OTEL_RUST_RETRY_MAX_ELAPSED", "200");
    let telemetry = builder.build().expect("telemetry can be set up");
    run(&telemetry, work);
    telemetry.force_flush().expect("it is asked again when the time for retries is over");
    run(&telemetry, work);
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!(receiver.spans().len(), 2);
}

#[test]
fn diagnostics_that_panic_do_not_end_the_delivery() {
    let receiver = Receiver::start();
    receiver.respond_once(Behaviour::status(503, Code::Unavailable));
    let telemetry =
        to(&receiver, Protocol::Http).diagnostics(|line| panic!("nobody wants to hear: {line}")).build().expect("telemetry can be set up");
    run(&telemetry, work);
    telemetry.force_flush().expect("the second attempt succeeds");
    assert_eq!(receiver.spans().len(), 1);
}

#[test]
fn a_timeout_beyond_all_clocks_is_taken() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    run(&telemetry, work);
    telemetry.shutdown_with_timeout(Duration::MAX).expect("everything is delivered");
    assert_eq!(receiver.spans().len(), 1);
}

#[test]
fn a_timeout_beyond_all_clocks_is_taken_by_the_provider_of_logs_too() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).set("OTEL_LOGS_EXPORTER", "otlp").build().expect("telemetry can be set up");
    run(&telemetry, work);
    let logger = telemetry.logger_provider();
    logger.expect("logs are exported").shutdown_with_timeout(Duration::MAX).expect("everything is handed over");
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!(receiver.spans().len(), 1);
}

#[test]
fn a_second_shutdown_returns_when_the_first_is_done() {
    let receiver = Receiver::start();
    receiver.respond_once(Behaviour::Delay(Duration::from_millis(300)));
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    run(&telemetry, work);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| telemetry.shutdown_with_timeout(LONG));
        receiver.wait_for(LONG, |requests| !requests.is_empty());
        telemetry.shutdown_with_timeout(LONG).expect("the first one did all there was to do");
        assert_eq!(receiver.spans().len(), 1);
        first.join().expect("it does not panic").expect("everything is delivered");
    });
}

#[test]
fn a_console_is_flushed_although_the_backend_is_away() {
    let printed = Printed::default();
    let telemetry = isolated()
        .set("OTEL_TRACES_EXPORTER", "otlp,console")
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
        .diagnostics(|_| {})
        .console(printed.clone())
        .build()
        .expect("telemetry can be set up");
    run(&telemetry, work);
    assert!(printed.text().contains("work"));
    assert_eq!(telemetry.shutdown_with_timeout(Duration::from_millis(50)).expect_err("nobody is there").lost(), 1);
}

#[test]
fn what_is_not_sampled_stays_so_wherever_it_goes_on() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let unsampled = SpanContext::new(TraceId::from(1), SpanId::from(1), TraceFlags::NOT_SAMPLED, false, TraceState::NONE);
    run(&telemetry, || {
        let made = {
            let _attached = Context::current().with_remote_span_context(unsampled).attach();
            opaque()
        };
        // Here no span is current, but what was made there remembers.
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made").block_on(made);
    });
    telemetry.shutdown().expect("there is nothing to deliver");
    assert_eq!(captured(&receiver.spans()).tree(), "");
}

#[test]
fn a_context_of_telemetry_that_has_ended_records_nowhere() {
    let receiver = Receiver::start();
    let ended = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let other = Receiver::start();
    let telemetry = to(&other, Protocol::Http).build().expect("telemetry can be set up");
    let context = ended.context();
    ended.shutdown().expect("there is nothing to deliver");
    let _attached = context.attach();
    work();
    telemetry.shutdown().expect("there is nothing to deliver");
    assert_eq!((receiver.spans().len(), other.spans().len()), (0, 0));
}

/// Calls something annotated when its thread ends.
struct AtExit {
    _telemetry: Watched,
}

impl Drop for AtExit {
    fn drop(&mut self) {
        work();
    }
}

#[test]
fn a_call_while_a_thread_ends_is_harmless() {
    thread_local! {
        static LATE: std::cell::RefCell<Option<AtExit>> = const { std::cell::RefCell::new(None) };
    }
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let thread = std::thread::spawn(move || {
        // Made before the thread has a context, so destroyed after it.
        LATE.with(|_| ());
        run(&telemetry, work);
        LATE.set(Some(AtExit { _telemetry: telemetry }));
    });
    thread.join().expect("it does not panic");
    assert_eq!(captured(&receiver.spans()).tree(), "work\n");
}

#[traced(root)]
fn begins_a_trace() {
    work();
}

#[traced(parent = SpanContext::NONE)]
fn has_no_valid_parent() {}

#[traced]
fn parent() {
    begins_a_trace();
    has_no_valid_parent();
}

#[test]
fn a_root_is_sampled_as_one_whatever_is_current() {
    for sampler in ["parentbased_always_on", "parentbased_traceidratio", "always_on"] {
        let receiver = Receiver::start();
        let telemetry = to(&receiver, Protocol::Http).set("OTEL_TRACES_SAMPLER", sampler).build().expect("telemetry can be set up");
        run(&telemetry, || {
            parent();
            begins_a_trace();
        });
        telemetry.shutdown().expect("everything is delivered");
        let tree = "parent\nbegins_a_trace\n  work\nhas_no_valid_parent\nbegins_a_trace\n  work\n";
        assert_eq!(captured(&receiver.spans()).tree(), tree, "{sampler}");
    }
}

#[traced(parent = parent)]
fn under(parent: &Context) -> bool {
    work();
    Context::current().span().span_context().is_sampled()
}

#[traced]
fn sampled(unsampled: &Context) -> bool {
    under(unsampled)
}

#[test]
fn an_explicit_parent_that_is_not_sampled_is_followed() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let unsampled = SpanContext::new(TraceId::from(1), SpanId::from(1), TraceFlags::NOT_SAMPLED, false, TraceState::NONE);
    run(&telemetry, || {
        let unsampled = Context::current().with_remote_span_context(unsampled);
        assert!(!sampled(&unsampled), "inside, the unsampled parent is the current one");
    });
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!(captured(&receiver.spans()).tree(), "sampled\n");
}

#[timed("shop.shared", buckets = [0.1, 1.0])]
fn declares_first() {}

#[timed("shop.shared", buckets = [5.0, 6.0])]
fn declares_otherwise() {}

#[timed("shop.shared")]
fn declares_otherwise_again() {}

#[test]
fn places_that_do_not_agree_on_a_metric_are_told_once() {
    let receiver = Receiver::start();
    let said = Said::default();
    let telemetry =
        said.listen(to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp")).build().expect("telemetry can be set up");
    run(&telemetry, || {
        for _ in 0..2 {
            declares_first();
            declares_otherwise();
            declares_otherwise_again();
        }
    });
    telemetry.shutdown().expect("everything is delivered");
    let lines = said.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("the metric shop.shared is a histogram with the buckets [0.1, 1.0]"), "{lines:?}");
    assert!(lines[0].contains("at life_cycle::declares_first, and a histogram with the buckets [5.0, 6.0]"), "{lines:?}");
}

#[test]
fn a_callback_that_panics_costs_its_own_values_and_nothing_else() {
    let receiver = Receiver::start();
    let said = Said::default();
    let builder = said.listen(to(&receiver, Protocol::Http)).set("OTEL_METRICS_EXPORTER", "otlp");
    let telemetry = builder.build().expect("telemetry can be set up");
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("test");
    meter.u64_observable_gauge("shop.broken").with_callback(|_| panic!("the shelf is not there")).build();
    let counter = meter.u64_counter("shop.orders").build();
    for _ in 0..3 {
        counter.add(1, &[]);
        telemetry.force_flush().expect("everything is delivered");
    }
    let broken: Vec<_> = said.lines().into_iter().filter(|line| line.contains("`shop.broken` panicked")).collect();
    assert_eq!(broken.len(), 1, "{:?}", said.lines());
    assert_eq!(receiver.metrics().iter().filter(|metric| metric.data.name == "shop.orders").count(), 3);
    let health = telemetry.health();
    assert_eq!((health.metrics.accepted, health.metrics.delivered), (3, 3));
}

#[test]
fn a_level_says_how_much_is_said() {
    // A port that was free a moment ago.
    let port = Receiver::start().http_port();
    let lines = |level: &str| {
        let said = Said::default();
        let builder = isolated()
            .set("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{port}"))
            .set("OTEL_BSP_SCHEDULE_DELAY", "1")
            .set("OTEL_BLRP_SCHEDULE_DELAY", "often")
            .set("OTEL_LOG_LEVEL", level);
        let telemetry = said.listen(builder).build().expect("telemetry can be set up");
        run(&telemetry, work);
        // Its trouble is said when it comes, and that of a shutdown is returned.
        while telemetry.health().traces.last_error.is_none() {
            thread::yield_now();
        }
        assert!(telemetry.shutdown_with_timeout(Duration::ZERO).is_err(), "whatever is said, the caller knows");
        let lines = said.lines();
        ["OTEL_SERVICE_NAME=tests", "OTEL_BLRP_SCHEDULE_DELAY: `often`", "cannot deliver traces"]
            .map(|wanted| lines.iter().any(|line| line.contains(wanted)))
    };
    assert_eq!(lines("debug"), [true, true, true]);
    assert_eq!(lines("INFO"), [false, true, true]);
    assert_eq!(lines("warn"), [false, true, true]);
    assert_eq!(lines("error"), [false, false, false]);
    assert_eq!(lines("none"), [false, false, false]);
}

/// As where cargo runs a program whose libraries want two versions.
#[test]
fn a_second_version_of_the_api_is_said_at_the_start() {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("two-versions");
    std::fs::create_dir_all(&package).expect("the target folder can be written to");
    let lock =
        "[[package]]\nname = \"opentelemetry\"\nversion = \"0.27.1\"\n\n[[package]]\nname = \"opentelemetry\"\nversion = \"0.33.1\"\n";
    std::fs::write(package.join("Cargo.lock"), lock).expect("the target folder can be written to");
    let environment = move |variable: &str| (variable == "CARGO_MANIFEST_DIR").then(|| package.clone().into_os_string());
    let said = Said::default();
    let builder = otel_runtime::builder().environment(environment).set("OTEL_TRACES_EXPORTER", "none");
    let builder = builder.set("OTEL_METRICS_EXPORTER", "none").set("OTEL_LOGS_EXPORTER", "none");
    let telemetry = said.listen(builder).build().expect("telemetry can be set up");
    let warnings: Vec<_> = telemetry.warnings().iter().map(ToString::to_string).collect();
    let [warning] = warnings.as_slice() else { panic!("one warning, not {warnings:?}") };
    assert!(warning.starts_with("Cargo.lock: opentelemetry 0.27.1 is there beside 0.33"), "{warning}");
    assert_eq!(said.lines(), warnings);
}
