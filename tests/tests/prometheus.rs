//! `OTEL_METRICS_EXPORTER=prometheus`: metrics on a port, as Prometheus scrapes them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use otel_runtime::opentelemetry::KeyValue;
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::{InitError, Telemetry, counted, timed};
use tests::example::example;
use tests::process::Child;
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::{Builder, Said, isolated, to};
use tests::venv;

const LONG: Duration = Duration::from_secs(30);

const TEXT: &str = "text/plain; version=0.0.4";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0";

#[counted("shop.orders", unit = "{order}")]
#[timed("shop.order.duration", buckets = [0.5, 30.0])]
fn place_order() -> Result<(), std::fmt::Error> {
    Ok(())
}

/// Telemetry of metrics alone, at a free port.
fn served() -> Builder {
    isolated()
        .set("OTEL_TRACES_EXPORTER", "none")
        .set("OTEL_METRICS_EXPORTER", "prometheus")
        .set("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")
        .set("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
}

fn run(telemetry: &Telemetry, work: impl FnOnce()) {
    let _attached = telemetry.context().attach();
    work();
}

/// The whole answer to a scrape; nothing if the connection ends before.
fn scrape(address: SocketAddr, accept: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a read can have a limit");
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

/// The metrics alone.
fn page(telemetry: &Telemetry, accept: &str) -> String {
    let answer = scrape(telemetry.prometheus_address().expect("metrics are served"), accept);
    let (head, page) = answer.split_once("\r\n\r\n").expect("it is HTTP");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    page.to_owned()
}

/// The value of the series that has all of this.
fn value(page: &str, parts: &[&str]) -> Option<f64> {
    let mut series = page.lines().filter(|line| !line.starts_with('#') && parts.iter().all(|part| line.contains(part)));
    let value = series.next()?.rsplit_once(' ')?.1.parse().ok();
    assert_eq!(series.next(), None, "several are like {parts:?}");
    value
}

#[test]
fn annotated_calls_are_scraped() {
    let said = Said::default();
    let telemetry = said.listen(served()).build().expect("telemetry can be set up");
    for calls in 1..=3_u8 {
        run(&telemetry, || place_order().expect("it is placed"));
        for accept in [TEXT, OPENMETRICS] {
            let page = page(&telemetry, accept);
            let value = |name: &str, part: &str| value(&page, &[name, "code_function_name=\"prometheus::place_order\"", part]);
            assert_eq!(value("shop_orders_total{", "function_outcome=\"ok\""), Some(f64::from(calls)), "{page}");
            assert_eq!(value("shop_order_duration_seconds_bucket{", "le=\"30.0\""), Some(f64::from(calls)), "{page}");
            assert_eq!(value("shop_order_duration_seconds_count{", ""), Some(f64::from(calls)), "{page}");
            assert!(page.contains("service_name=\"tests\""), "{page}");
        }
    }
    telemetry.shutdown().expect("there is nothing to deliver");
    assert_eq!(said.lines(), [""; 0]);
}

#[test]
fn it_stands_beside_otlp() {
    let receiver = Receiver::start();
    let builder = to(&receiver, Protocol::Http).set("OTEL_EXPORTER_PROMETHEUS_PORT", "0");
    // What is sent may be differences; what is scraped never is.
    let builder = builder.set("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta");
    let telemetry = builder.set("OTEL_METRICS_EXPORTER", "otlp,prometheus").build().expect("telemetry can be set up");
    run(&telemetry, || place_order().expect("it is placed"));
    assert_eq!(value(&page(&telemetry, TEXT), &["shop_orders_total{"]), Some(1.0));
    telemetry.force_flush().expect("it is delivered");
    assert!(receiver.metrics().iter().any(|metric| metric.data.name == "shop.orders"));
    run(&telemetry, || place_order().expect("it is placed"));
    assert_eq!(value(&page(&telemetry, TEXT), &["shop_orders_total{"]), Some(2.0), "neither takes from the other");
}

#[test]
fn a_port_in_use_is_an_error_that_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let port = taken.local_addr().expect("it has an address").port();
    let error = served().set("OTEL_EXPORTER_PROMETHEUS_PORT", port.to_string()).build().expect_err("the port is in use");
    assert!(matches!(error, InitError::PrometheusAddress { .. }));
    let message = error.to_string();
    assert!(message.starts_with(&format!("metrics cannot be served to Prometheus on 127.0.0.1, port {port}: ")), "{message}");
    assert!(message.contains("set OTEL_EXPORTER_PROMETHEUS_PORT to another"), "{message}");

    let error = served().set("OTEL_EXPORTER_PROMETHEUS_HOST", "192.0.2.1").build().expect_err("no machine has this address");
    assert!(error.to_string().contains("set OTEL_EXPORTER_PROMETHEUS_HOST to a host of this machine"), "{error}");
}

#[test]
fn the_shutdown_gives_the_port_back() {
    let telemetry = served().build().expect("telemetry can be set up");
    let address = telemetry.prometheus_address().expect("metrics are served");
    let again = || served().set("OTEL_EXPORTER_PROMETHEUS_PORT", address.port().to_string()).build();
    assert!(again().is_err());
    telemetry.shutdown().expect("there is nothing to deliver");
    assert_eq!(telemetry.prometheus_address(), None);
    // The same by dropping it.
    drop(again().expect("the port is free"));
    again().expect("the port is free").shutdown().expect("there is nothing to deliver");
}

#[test]
fn traces_and_logs_cannot_be_scraped() {
    let builder = Said::default().listen(isolated().set("OTEL_TRACES_EXPORTER", "none,prometheus"));
    let telemetry = builder.build().expect("telemetry can be set up");
    let warnings: Vec<_> = telemetry.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["OTEL_TRACES_EXPORTER: `prometheus` is not one of otlp, console, otlp/stdout, otlp/file, zipkin, none; it is ignored"]
    );
}

#[test]
fn a_callback_that_panics_costs_its_own_values_and_nothing_else() {
    let said = Said::default();
    let telemetry = said.listen(served()).build().expect("telemetry can be set up");
    let meter = telemetry.meter_provider().expect("metrics are served").meter("test");
    meter.u64_observable_gauge("shop.broken").with_callback(|_| panic!("the shelf is not there")).build();
    meter.u64_counter("shop.visits").build().add(1, &[]);
    for _ in 0..3 {
        assert_eq!(value(&page(&telemetry, TEXT), &["shop_visits_total"]), Some(1.0));
    }
    let lines = said.lines();
    assert!(lines.len() == 1 && lines[0].contains("`shop.broken` panicked"), "{lines:?}");
}

#[test]
fn a_callback_that_blocks_does_not_hold_up_the_shutdown() {
    let telemetry = Said::default().listen(served()).build().expect("telemetry can be set up");
    let address = telemetry.prometheus_address().expect("metrics are served");
    let meter = telemetry.meter_provider().expect("metrics are served").meter("test");
    let (entered, has_entered) = mpsc::channel();
    let (let_go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let observe = move |_: &dyn otel_runtime::opentelemetry::metrics::AsyncInstrument<u64>| {
        let _ = entered.send(());
        let _ = wait.lock().expect("no callback panics").recv();
    };
    meter.u64_observable_gauge("shop.blocked").with_callback(observe).build();
    let scraping = thread::spawn(move || scrape(address, TEXT));
    has_entered.recv_timeout(LONG).expect("a scrape collects");
    telemetry.shutdown_with_timeout(Duration::from_millis(200)).expect("there is nothing to deliver");
    assert_eq!(scraping.join().expect("it does not panic"), "", "the connection is closed");
    assert!(TcpListener::bind(address).is_ok(), "the port is free");
    drop(let_go);
}

/// `cargo run -p basics --example prometheus`, as a user runs it, but on a free port.
#[test]
fn the_example_shows_what_it_says() {
    let mut example = example("prometheus");
    example.env("OTEL_EXPORTER_PROMETHEUS_PORT", "0");
    let example = Child::spawn(example);
    let line = example.wait_for_line("curl http://", LONG);
    let address = line.trim_start_matches("curl http://").trim_end_matches("/metrics").parse().expect("it prints its address");
    example.wait_for_line("order 5: timed out", LONG);
    let answer = scrape(address, TEXT);
    assert!(answer.contains("# TYPE shop_orders_total counter\n# HELP shop_orders_total Orders that customers have placed.\n"), "{answer}");
    assert!(answer.contains("# TYPE shop_order_duration_seconds histogram\n") && answer.contains("service_name=\"shop\""), "{answer}");
}

/// Reads both formats with the parsers of Prometheus's client for Python, and prints what it has understood.
const PARSE: &str = "
import sys
from prometheus_client.parser import text_string_to_metric_families as text
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
for family in (openmetrics if sys.argv[1] == 'openmetrics' else text)(sys.stdin.read()):
    print('family', family.name, family.type, family.unit, repr(family.documentation))
    for sample in family.samples:
        labels = {name: value for name, value in sample.labels.items() if not name.startswith('otel_scope')}
        print(sample.name, sorted(labels.items()), float(sample.value))
";

fn parsed(python: &Path, format: &str, page: &str) -> Vec<String> {
    let mut command = Command::new(python);
    command.args(["-c", PARSE, format]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("Python runs");
    child.stdin.take().expect("it is piped").write_all(page.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{page}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text").lines().map(str::to_owned).collect()
}

/// Parsers that nobody here wrote. Run by `.ci/run`; skipped with a reason where they cannot be had.
#[test]
#[ignore = "installs Prometheus's client from PyPI"]
fn prometheus_understands_every_kind_of_metric() {
    let has_parsers = |folder: &Path| {
        let python = venv::python(folder);
        let imports = Command::new(&python).args(["-c", "import prometheus_client"]).stderr(Stdio::null()).status();
        imports.is_ok_and(|status| status.success()).then_some(python)
    };
    let python = match venv::with(&["prometheus-client"], has_parsers) {
        Ok(python) => python,
        Err(reason) => return tests::skipped(format_args!("prometheus-client cannot be had: {reason}")),
    };
    let telemetry = served().build().expect("telemetry can be set up");
    let meter = telemetry.meter_provider().expect("metrics are served").meter("test");
    let odd = [KeyValue::new("odd.key", "\"quoted\"\\\n")];
    meter.u64_counter("sent").with_unit("By").with_description("Bytes \"sent\"\nto C:\\").build().add(7, &odd);
    meter.i64_up_down_counter("balance").build().add(-5, &[]);
    meter.f64_gauge("load").with_unit("1").build().record(0.25, &[]);
    for value in [0.25, 3.0] {
        meter.f64_histogram("wait").with_unit("s").with_boundaries(vec![0.5, 1e6]).build().record(value, &[]);
        meter.f64_histogram("change").with_boundaries(vec![-1.0, 1.0]).build().record(value, &[]);
    }

    let openmetrics = parsed(&python, "openmetrics", &page(&telemetry, OPENMETRICS));
    let text = parsed(&python, "text", &page(&telemetry, TEXT));
    let both = [
        r#"sent_bytes_total [('odd_key', '"quoted"\\\n')] 7.0"#,
        "balance [] -5.0",
        "load_ratio [] 0.25",
        "wait_seconds_bucket [('le', '0.5')] 1.0",
        "wait_seconds_bucket [('le', '1e+06')] 2.0",
        "wait_seconds_bucket [('le', '+Inf')] 2.0",
        "wait_seconds_sum [] 3.25",
        "wait_seconds_count [] 2.0",
        "change_bucket [('le', '-1.0')] 0.0",
        "change_bucket [('le', '+Inf')] 2.0",
    ];
    for line in both {
        assert!(openmetrics.iter().any(|has| has == line), "{line} is missing in {openmetrics:#?}");
        assert!(text.iter().any(|has| has == line), "{line} is missing in {text:#?}");
    }
    let described = r#"'Bytes "sent"\nto C:\\'"#;
    for line in [
        &format!("family sent_bytes counter bytes {described}"),
        "family load_ratio gauge ratio ''",
        "family wait_seconds histogram seconds ''",
        "family target info  'Target metadata'",
    ] {
        assert!(openmetrics.iter().any(|has| has == line), "{line} is missing in {openmetrics:#?}");
    }
    for line in [&format!("family sent_bytes counter  {described}"), "family target_info gauge  'Target metadata'"] {
        assert!(text.iter().any(|has| has == line), "{line} is missing in {text:#?}");
    }
}
