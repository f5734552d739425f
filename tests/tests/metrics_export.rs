//! How metrics are exported over OTLP: what a point covers, and which buckets histograms have.

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, number_data_point::Value};
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::{counted, timed};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::{Builder, Said, to};

const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";

#[counted("shop.orders")]
#[timed("shop.order.duration")]
fn place_order() {}

fn metrics_to(receiver: &Receiver) -> Builder {
    to(receiver, Protocol::Http).set("OTEL_TRACES_EXPORTER", "none").set("OTEL_METRICS_EXPORTER", "otlp")
}

/// What the counter and the up-down counter say, collection by collection.
fn sums(preference: &str) -> Vec<(String, AggregationTemporality, i64)> {
    let receiver = Receiver::start();
    let telemetry = metrics_to(&receiver).set(TEMPORALITY, preference).build().expect("telemetry can be set up");
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("shop");
    let stock = meter.i64_up_down_counter("shop.stock").build();
    let parcels = meter.u64_observable_counter("shop.parcels").with_callback(|observer| observer.observe(5, &[])).build();
    for calls in [1, 2] {
        let attached = telemetry.context().attach();
        (0..calls).for_each(|_| place_order());
        drop(attached);
        stock.add(calls, &[]);
        telemetry.force_flush().expect("the receiver takes it");
    }
    drop((telemetry, parcels));
    let mut sums: Vec<_> = receiver
        .metrics()
        .into_iter()
        .filter_map(|metric| {
            let Some(Data::Sum(sum)) = metric.data.data else { return None };
            let Some(Value::AsInt(value)) = sum.data_points[0].value else { return None };
            Some((metric.data.name, AggregationTemporality::try_from(sum.aggregation_temporality).ok()?, value))
        })
        .collect();
    // The shutdown collects once more.
    sums.truncate(6);
    sums.sort_by(|one, other| one.0.cmp(&other.0));
    sums
}

#[test]
fn a_point_covers_what_the_preference_says() {
    use AggregationTemporality::{Cumulative, Delta};

    let name = str::to_owned;
    let orders = |temporality, first, second| [(name("shop.orders"), temporality, first), (name("shop.orders"), temporality, second)];
    let parcels = |temporality, first, second| [(name("shop.parcels"), temporality, first), (name("shop.parcels"), temporality, second)];
    let stock = [(name("shop.stock"), Cumulative, 1), (name("shop.stock"), Cumulative, 3)];
    assert_eq!(sums("cumulative"), [orders(Cumulative, 1, 3), parcels(Cumulative, 5, 5), stock.clone()].concat());
    assert_eq!(sums("Delta"), [orders(Delta, 1, 2), parcels(Delta, 5, 0), stock.clone()].concat());
    assert_eq!(sums("LowMemory"), [orders(Delta, 1, 2), parcels(Cumulative, 5, 5), stock].concat());
}

#[test]
fn histograms_may_choose_their_buckets() {
    let aggregations = [("explicit_bucket_histogram", false), ("base2_exponential_bucket_histogram", true)];
    for (aggregation, expected) in aggregations {
        let receiver = Receiver::start();
        let builder = metrics_to(&receiver).set("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", aggregation);
        let telemetry = builder.build().expect("telemetry can be set up");
        let attached = telemetry.context().attach();
        place_order();
        drop(attached);
        telemetry.shutdown().expect("the receiver takes it");
        let metrics = receiver.metrics();
        let durations = metrics.iter().find(|metric| metric.data.name == "shop.order.duration").expect("it was timed");
        let (exponential, count) = match &durations.data.data {
            Some(Data::ExponentialHistogram(histogram)) => (true, histogram.data_points[0].count),
            Some(Data::Histogram(histogram)) => (false, histogram.data_points[0].count),
            other => panic!("{other:?}"),
        };
        assert_eq!((exponential, count), (expected, 1), "{aggregation}");
    }
}

#[test]
fn who_asks_for_exemplars_is_told_that_there_are_none() {
    for (filter, told) in [("trace_based", true), ("always_on", true), ("always_off", false), ("", false)] {
        let said = Said::default();
        let receiver = Receiver::start();
        drop(said.listen(metrics_to(&receiver).set("OTEL_METRICS_EXEMPLAR_FILTER", filter)).build().expect("telemetry can be set up"));
        assert_eq!(said.lines().iter().any(|line| line.contains("no exemplars")), told, "{filter}");
    }
}
