//! Baggage on measurements: only entries that are named, with only the values that are named.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use otel_runtime::{MetricValue, baggage, counted, timed, traced};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::{Builder, to};

const LIST: &str = "OTEL_RUST_BAGGAGE_METRIC_ATTRIBUTES";

fn metrics_to(receiver: &Receiver) -> Builder {
    to(receiver, Protocol::Http).set("OTEL_TRACES_EXPORTER", "none").set("OTEL_METRICS_EXPORTER", "otlp")
}

/// Every time series that arrived: the metric with the attributes that are not those of every call, and how many calls it counts.
fn series(list: &str, run: impl FnOnce()) -> BTreeMap<String, u64> {
    let receiver = Receiver::start();
    let telemetry = metrics_to(&receiver).set(LIST, list).build().expect("telemetry can be set up");
    {
        let _attached = telemetry.context().attach();
        run();
    }
    telemetry.shutdown().expect("everything is delivered");
    let mut series = BTreeMap::new();
    for metric in receiver.metrics() {
        let points: Vec<_> = match metric.data.data {
            Some(Data::Sum(sum)) => sum.data_points.into_iter().map(|point| (count(point.value), point.attributes)).collect(),
            Some(Data::Histogram(histogram)) => histogram.data_points.into_iter().map(|point| (point.count, point.attributes)).collect(),
            other => panic!("{other:?}"),
        };
        for (count, attributes) in points {
            let before = series.insert(format!("{} {}", metric.data.name, own(&attributes)), count);
            assert_eq!(before, None, "a set of attributes is one time series");
        }
    }
    series
}

fn count(value: Option<number_data_point::Value>) -> u64 {
    match value {
        Some(number_data_point::Value::AsInt(value)) => u64::try_from(value).expect("calls are counted up"),
        other => panic!("{other:?}"),
    }
}

fn own(attributes: &[KeyValue]) -> String {
    let mut own: Vec<String> = attributes.iter().filter_map(text).collect();
    own.sort();
    own.join(",")
}

fn text(attribute: &KeyValue) -> Option<String> {
    let Some(Value::StringValue(value)) = attribute.value.as_ref().and_then(|value| value.value.as_ref()) else {
        panic!("{attribute:?} is a text")
    };
    let is_of_every_call = ["code.function.name", "function.outcome"].contains(&attribute.key.as_str());
    (!is_of_every_call).then(|| format!("{}={value}", attribute.key))
}

fn expected<const N: usize>(series: [(&str, u64); N]) -> BTreeMap<String, u64> {
    series.map(|(name, count)| (name.to_owned(), count)).into()
}

#[counted]
#[timed]
fn bill() {}

#[traced(baggage(tenant.tier = tier))]
#[counted("shop.orders", in_flight)]
fn place_order(tier: &str) -> Result<(), std::io::Error> {
    bill();
    if tier == "none" { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(()) }
}

#[derive(Clone, Copy, MetricValue)]
enum Tier {
    Gold,
}

#[counted("shop.tiers", fields(tenant.tier = Tier::Gold))]
#[timed("shop.tier.duration")]
fn with_its_own() {}

fn with(name: &str, value: &str, run: impl FnOnce()) {
    let _attached = baggage::with(name, value).attach();
    run();
}

#[test]
fn entries_that_are_named_are_attributes_and_no_other() {
    let series = series(" tenant.tier = gold | silver , shop.region=eu%2Cwest", || {
        bill();
        with("tenant.tier", "gold", || with("password", "s3cr3t", bill));
        with("tenant.tier", "silver", || with("shop.region", "eu,west", bill));
        with("tenant.tier", "lead", bill);
    });
    let each = ["", "tenant.tier=_OTHER", "tenant.tier=gold", "shop.region=eu,west,tenant.tier=silver"];
    let metrics = ["function.calls", "function.duration"];
    let all = metrics.iter().flat_map(|metric| each.iter().map(move |attributes| (format!("{metric} {attributes}"), 1)));
    assert_eq!(series, all.collect());
}

#[test]
fn a_call_measures_with_the_baggage_that_it_sets() {
    let series = series("tenant.tier=gold|silver", || {
        place_order("gold").expect("it is placed");
        place_order("none").expect_err("there is no such tier");
    });
    assert_eq!(
        series,
        expected([
            ("function.active_calls ", 0),
            ("function.calls tenant.tier=_OTHER", 1),
            ("function.calls tenant.tier=gold", 1),
            ("function.duration tenant.tier=_OTHER", 1),
            ("function.duration tenant.tier=gold", 1),
            ("shop.orders error.type=not_found,tenant.tier=_OTHER", 1),
            ("shop.orders tenant.tier=gold", 1),
        ])
    );
}

#[test]
fn what_the_annotation_says_stays() {
    let series = series("tenant.tier=gold|silver", || with("tenant.tier", "silver", with_its_own));
    assert_eq!(series, expected([("shop.tier.duration tenant.tier=silver", 1), ("shop.tiers tenant.tier=gold", 1)]));
}

#[test]
fn who_sends_ever_new_values_makes_one_time_series_of_them() {
    let series = series("tenant.tier=gold|silver", || {
        for number in 0..5000 {
            with("tenant.tier", &format!("gold{number}"), bill);
        }
        with("tenant.tier", "gold", bill);
    });
    let calls = ["function.calls tenant.tier=_OTHER", "function.calls tenant.tier=gold"].map(|name| series[name]);
    assert_eq!((calls, series.len()), ([5000, 1], 4));
}

#[test]
fn without_a_list_nothing_is_copied() {
    let series = series("", || with("tenant.tier", "gold", bill));
    assert_eq!(series, expected([("function.calls ", 1), ("function.duration ", 1)]));
}

#[test]
fn an_entry_without_values_is_refused() {
    let receiver = Receiver::start();
    let list = "tenant.id,tenant.tier=gold|silver,tenant.none=|,error.type=a,a b=c,tenant.*=x";
    let builder = metrics_to(&receiver).set(LIST, list);
    let held = builder.variables().into_iter().find(|variable| variable.name() == LIST).expect("it is a variable");
    assert_eq!(held.value(), "tenant.tier=gold|silver");
    let telemetry = builder.build().expect("telemetry can be set up");
    let warnings: Vec<String> = telemetry.warnings().iter().map(ToString::to_string).collect();
    let expected = [
        "`tenant.id` names no values, and callers would choose them: write `tenant.id=gold|silver`",
        "`tenant.none=|` has no values: write `tenant.none=gold|silver`",
        "`error.type` is set by the runtime, from the call itself",
        "`a b` is no name of baggage",
        "`tenant.*` is a pattern, and names are whole",
    ];
    assert_eq!(warnings, expected.map(|problem| format!("{LIST}: {problem}; it is ignored")));
}
