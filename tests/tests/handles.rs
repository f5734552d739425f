//! Handles of the plain API that are taken before the set-up: one test in a binary of its own, because `init` is for the whole process.

use std::sync::LazyLock;

use opentelemetry_proto::tonic::metrics::v1::NumberDataPoint;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use otel_runtime::opentelemetry::KeyValue;
use otel_runtime::opentelemetry::global::BoxedTracer;
use otel_runtime::opentelemetry::metrics::{Counter, Meter};
use otel_runtime::opentelemetry::trace::Tracer;
use otel_runtime::testing::capture;
use otel_runtime::traced;
use tests::receiver::{Protocol, Receiver, captured};
use tests::telemetry::to;

static TRACER: LazyLock<BoxedTracer> = LazyLock::new(|| otel_runtime::tracer("plain"));
static METER: LazyLock<Meter> = LazyLock::new(|| otel_runtime::meter("plain"));
static VISITS: LazyLock<Counter<u64>> = LazyLock::new(|| METER.u64_counter("shop.visits").with_unit("{visit}").build());

#[traced]
fn annotated() {
    TRACER.in_span("plain", |_| inner());
}

#[traced]
fn inner() {}

/// A measurement with every kind of synchronous instrument.
fn measurements(meter: &Meter) -> Vec<Box<dyn Fn()>> {
    let counter = meter.f64_counter("f64_counter").build();
    let up_down_counter = meter.i64_up_down_counter("i64_up_down_counter").build();
    let float_up_down_counter = meter.f64_up_down_counter("f64_up_down_counter").build();
    let gauge = meter.u64_gauge("u64_gauge").build();
    let signed_gauge = meter.i64_gauge("i64_gauge").build();
    let float_gauge = meter.f64_gauge("f64_gauge").build();
    let histogram = meter.u64_histogram("u64_histogram").with_boundaries(vec![1.0, 3.0]).build();
    let float_histogram = meter.f64_histogram("f64_histogram").with_unit("s").with_description("How long.").build();
    vec![
        Box::new(move || counter.add(2.5, &[])),
        Box::new(move || up_down_counter.add(-2, &[])),
        Box::new(move || float_up_down_counter.add(-2.5, &[])),
        Box::new(move || gauge.record(2, &[])),
        Box::new(move || signed_gauge.record(-2, &[])),
        Box::new(move || float_gauge.record(2.5, &[])),
        Box::new(move || histogram.record(2, &[])),
        Box::new(move || float_histogram.record(2.5, &[])),
    ]
}

fn observe_all(meter: &Meter) {
    meter.u64_observable_counter("u64_observable_counter").with_callback(|observer| observer.observe(2, &[])).build();
    meter.f64_observable_counter("f64_observable_counter").with_callback(|observer| observer.observe(2.5, &[])).build();
    meter.i64_observable_up_down_counter("i64_observable_up_down_counter").with_callback(|observer| observer.observe(-2, &[])).build();
    meter.f64_observable_up_down_counter("f64_observable_up_down_counter").with_callback(|observer| observer.observe(-2.5, &[])).build();
    meter.u64_observable_gauge("u64_observable_gauge").with_callback(|observer| observer.observe(2, &[])).build();
    meter.i64_observable_gauge("i64_observable_gauge").with_callback(|observer| observer.observe(-2, &[])).build();
    meter.f64_observable_gauge("f64_observable_gauge").with_callback(|observer| observer.observe(2.5, &[])).build();
}

/// The metrics of a receiver, a line each, with a sum or a last value; of a histogram the count and the sum.
fn received(receiver: &Receiver) -> Vec<String> {
    let numbers = |points: &[NumberDataPoint]| match points {
        [NumberDataPoint { value: Some(Value::AsInt(value)), .. }] => value.to_string(),
        [NumberDataPoint { value: Some(Value::AsDouble(value)), .. }] => value.to_string(),
        other => panic!("{other:?}"),
    };
    let metrics = receiver.metrics();
    let lines = metrics.iter().map(|metric| {
        let value = match &metric.data.data {
            Some(Data::Sum(sum)) => numbers(&sum.data_points),
            Some(Data::Gauge(gauge)) => numbers(&gauge.data_points),
            Some(Data::Histogram(histogram)) => {
                let point = &histogram.data_points[0];
                format!("{} {}", point.count, point.sum.unwrap_or_default())
            }
            other => panic!("{other:?}"),
        };
        format!("{} {value}", metric.name())
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

#[test]
fn handles_that_were_taken_before_the_set_up_work_after_it() {
    let front = VISITS.bind(&[KeyValue::new("shop.door", "front")]);
    let measurements = measurements(&METER);
    observe_all(&METER);
    // Nobody is there yet.
    annotated();
    VISITS.add(100, &[]);
    front.add(100);
    for measure in &measurements {
        measure();
    }

    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp").init().expect("telemetry can be set up");
    annotated();
    VISITS.add(1, &[KeyValue::new("shop.door", "front")]);
    front.add(2);
    front.add(3);
    for measure in &measurements {
        measure();
    }
    METER.u64_observable_gauge("declared.late").with_callback(|observer| observer.observe(7, &[])).build();

    // What is captured belongs to the capture alone.
    let ((), seen) = capture(|| {
        annotated();
        VISITS.add(10, &[]);
        VISITS.add(10, &[]);
        front.add(5);
    });
    assert_eq!(seen.tree(), "annotated\n  plain\n    inner\n");
    assert_eq!(seen.metrics(), "shop.visits{shop.door=front} 5\nshop.visits{} 20\n");

    telemetry.shutdown().expect("everything is delivered");
    annotated();
    VISITS.add(100, &[]);
    assert_eq!(captured(&receiver.spans()).tree(), "annotated\n  plain\n    inner\n");
    assert_eq!(captured(&receiver.spans()).one("plain").scope, "plain");

    assert_eq!(
        received(&receiver),
        [
            "declared.late 7",
            "f64_counter 2.5",
            "f64_gauge 2.5",
            "f64_histogram 1 2.5",
            "f64_observable_counter 2.5",
            "f64_observable_gauge 2.5",
            "f64_observable_up_down_counter -2.5",
            "f64_up_down_counter -2.5",
            "i64_gauge -2",
            "i64_observable_gauge -2",
            "i64_observable_up_down_counter -2",
            "i64_up_down_counter -2",
            "shop.visits 6",
            "u64_gauge 2",
            "u64_histogram 1 2",
            "u64_observable_counter 2",
            "u64_observable_gauge 2",
        ]
    );
    let metrics = receiver.metrics();
    let seconds = metrics.iter().find(|metric| metric.name() == "f64_histogram").expect("it is there");
    assert_eq!((seconds.data.unit.as_str(), seconds.data.description.as_str()), ("s", "How long."));
    let whole = metrics.iter().find(|metric| metric.name() == "u64_histogram").expect("it is there");
    assert!(matches!(&whole.data.data, Some(Data::Histogram(histogram)) if histogram.data_points[0].explicit_bounds == [1.0, 3.0]));
}
