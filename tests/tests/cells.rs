//! What many threads count and time for the telemetry of the process is exact, whoever collects it and when.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use tests::points::{Kind, Point, points};
use tests::process::{Child, Output};
use tests::receiver::{Received, Receiver};

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(120);

/// Runs the program, and returns what it printed.
fn run(receiver: &Receiver, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counting"));
    command.args(arguments).env_clear();
    command.envs([("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"), ("OTEL_SERVICE_NAME", "parent")]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint()).envs(variables.iter().copied());
    let output = Child::spawn(command).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}{}", output.stdout, output.stderr);
    output
}

/// The calls of each function to each end, as they were printed after `what`.
fn called(output: &Output, what: &str) -> BTreeMap<String, u64> {
    let lines = output.stdout.lines().filter_map(|line| line.strip_prefix(what)?.trim_start().split_once(' '));
    let called: BTreeMap<_, _> = lines.map(|(calls, end)| (end.to_owned(), calls.parse().expect("it is a number"))).collect();
    assert!(!called.is_empty(), "{}", output.stdout);
    called
}

/// Those of some functions.
fn of(called: &BTreeMap<String, u64>, functions: &[&str]) -> BTreeMap<String, f64> {
    let wanted = called.iter().filter(|(end, _)| functions.iter().any(|function| end.starts_with(&format!("{function} "))));
    wanted.map(|(end, calls)| (end.clone(), f64::from(u32::try_from(*calls).expect("they are not that many")))).collect()
}

fn function(point: &Point) -> &str {
    point.attributes["code.function.name"].rsplit("::").next().unwrap_or_default()
}

/// The function and the end of the calls of a point.
fn end(point: &Point) -> String {
    let outcome = &point.attributes["function.outcome"];
    let end = if outcome == "error" { &point.attributes["error.type"] } else { outcome };
    format!("{} {end}", function(point))
}

/// The values of a metric's points by what they are of, as they arrived one after the other.
fn values(got: &[Received<Metric>], metric: &str, of: impl Fn(&Point) -> String) -> BTreeMap<String, Vec<f64>> {
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for point in points(got).into_iter().filter(|point| point.metric == metric) {
        values.entry(of(&point)).or_default().push(point.value);
    }
    values
}

/// The last of values that never fall.
fn last(values: BTreeMap<String, Vec<f64>>) -> BTreeMap<String, f64> {
    let last = |values: Vec<f64>| {
        assert!(values.is_sorted(), "{values:?}");
        values[values.len() - 1]
    };
    values.into_iter().map(|(of, values)| (of, last(values))).collect()
}

fn sum(values: BTreeMap<String, Vec<f64>>) -> BTreeMap<String, f64> {
    values.into_iter().map(|(of, values)| (of, values.iter().sum())).collect()
}

const COUNTED: [&str; 4] = ["count", "fail", "unwind", "wander"];
const TIMED: [&str; 3] = ["fail", "time", "wander"];

#[test]
fn sums_from_the_start_rise_to_what_was_called_and_a_scrape_says_the_same() {
    let receiver = Receiver::start();
    let scraped = [("OTEL_METRICS_EXPORTER", "otlp,prometheus"), ("OTEL_EXPORTER_PROMETHEUS_PORT", "0")];
    let output = run(&receiver, &[], &scraped);
    let (got, called) = (receiver.metrics(), called(&output, "called"));
    assert_eq!(last(values(&got, "function.calls", end)), of(&called, &COUNTED));
    assert_eq!(last(values(&got, "function.duration", end)), of(&called, &TIMED));
    assert_eq!(last(values(&got, "counting.waits", end)), of(&called, &["wait"]));
    // That a point of what is under way is below 0, the conversion into points refuses.
    for (function, active) in values(&got, "function.active_calls", |point| function(point).to_owned()) {
        assert_eq!(active.last(), Some(&0.0), "{function}: {active:?}");
    }
    let scraped = |start: &str| -> u64 {
        let lines = output.stdout.lines().filter_map(|line| line.strip_prefix("scraped ")?.strip_prefix(start)?.rsplit_once(' '));
        lines.map(|(_, value)| value.parse::<u64>().expect("it is a whole number")).sum()
    };
    let all = |functions: &[&str]| of(&called, functions).values().sum::<f64>().to_string();
    assert_eq!(scraped("function_calls_total{").to_string(), all(&COUNTED));
    assert_eq!(scraped("function_duration_seconds_count{").to_string(), all(&TIMED));
    assert_eq!(scraped("function_active_calls{"), 0);
}

#[test]
fn differences_add_up_to_what_was_called() {
    let receiver = Receiver::start();
    let output = run(&receiver, &[], &[("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")]);
    let (got, called) = (receiver.metrics(), called(&output, "called"));
    assert_eq!(sum(values(&got, "function.calls", end)), of(&called, &COUNTED));
    assert_eq!(sum(values(&got, "function.duration", end)), of(&called, &TIMED));
    let buckets: u64 =
        points(&got).iter().filter(|point| point.metric == "function.duration").flat_map(|point| &point.histogram.counts).sum();
    assert_eq!(buckets.to_string(), of(&called, &TIMED).values().sum::<f64>().to_string());
    // Nothing is exported that did not change.
    assert!(points(&got).iter().all(|point| point.kind == Kind::UpDownCounter || point.value > 0.0));
}

#[test]
fn beside_captures_too() {
    let receiver = Receiver::start();
    let output = run(&receiver, &["capture"], &[]);
    let (got, called) = (receiver.metrics(), called(&output, "called"));
    assert_eq!(last(values(&got, "function.calls", end)), of(&called, &COUNTED));
    assert_eq!(last(values(&got, "function.duration", end)), of(&called, &TIMED));
}

#[test]
fn views_hold() {
    let receiver = Receiver::start();
    let output = run(&receiver, &["views"], &[]);
    let (got, called) = (receiver.metrics(), called(&output, "called"));
    let names = |point: &Point| point.metric.clone();
    let metrics: Vec<_> = values(&got, "calls", names).into_keys().collect();
    assert_eq!(metrics, ["calls"]);
    assert!(values(&got, "function.calls", names).is_empty() && values(&got, "counting.waits", names).is_empty());
    // Without outcomes, and with the classes of errors, there are seven sets of attributes, of which four have a place; the rest are one.
    let labels = last(values(&got, "calls", Point::labels));
    assert!(labels.len() == 5 && labels.contains_key("otel.metric.overflow=true"), "{labels:?}");
    assert_eq!(labels.values().sum::<f64>().to_string(), of(&called, &COUNTED).values().sum::<f64>().to_string());
    let points = points(&got);
    let durations: Vec<_> = points.iter().filter(|point| point.metric == "function.duration").collect();
    assert!(durations.iter().all(|point| point.histogram.bounds == [1.0, 60.0] && point.attributes.len() == 1));
    let by_function = |end: String| end.split(' ').next().unwrap_or_default().to_owned();
    let mut expected: BTreeMap<String, f64> = BTreeMap::new();
    for (end, calls) in of(&called, &TIMED) {
        *expected.entry(by_function(end)).or_default() += calls;
    }
    assert_eq!(last(values(&got, "function.duration", |point| function(point).to_owned())), expected);
}

#[test]
fn a_forked_child_sends_its_own_and_nothing_of_its_parent() {
    let receiver = Receiver::start();
    let output = run(&receiver, &["fork"], &[]);
    let got = receiver.metrics();
    for (service, what) in [("parent", "called"), ("child", "child")] {
        let is_of = |metric: &&Received<Metric>| metric.resource_attribute("service.name") == Some(&Value::StringValue(service.to_owned()));
        let (got, called) = (got.iter().filter(is_of).cloned().collect::<Vec<_>>(), called(&output, what));
        assert_eq!(last(values(&got, "function.calls", end)), of(&called, &COUNTED), "{service}");
        assert_eq!(last(values(&got, "function.duration", end)), of(&called, &TIMED), "{service}");
    }
}
