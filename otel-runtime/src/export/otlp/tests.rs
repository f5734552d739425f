//! What is encoded, divided: the parts are the whole.

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::LogRecord as _;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope as ProtoScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum, Summary, SummaryDataPoint, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use prost::Message;

use super::testing::Chance;
use super::{ExportLogsServiceRequest, Log, logs_request};
use crate::delivery::{Divide, MAX_REQUEST, parcels};

/// Divides a request, and looks at what comes of it: the parts are small or cannot be divided, none is empty, and together, when `flatten` has
/// made each item one with all that stands above it, they are the whole. Gives their number.
fn check<R, I>(request: &R, max: usize, flatten: impl Fn(&R) -> Vec<I>) -> usize
where
    R: Divide + Message + Default + Clone,
    I: PartialEq + std::fmt::Debug,
{
    let parcels = parcels(request.clone(), max);
    let mut items = Vec::new();
    for parcel in &parcels {
        let part = R::decode(parcel.body.clone()).unwrap_or_else(|error| panic!("{error}"));
        let its_items = flatten(&part);
        assert_eq!(its_items.len() as u64, parcel.items);
        assert!(!its_items.is_empty(), "a part is empty");
        assert!(parcel.body.len() <= max || its_items.len() == 1, "{} bytes are more than {max}", parcel.body.len());
        items.extend(its_items);
    }
    assert!(items == flatten(request), "what was divided is not what it was");
    parcels.len()
}

fn resource(name: &str) -> Resource {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(name.to_owned())) });
    let attributes = vec![KeyValue { key: "service.name".to_owned(), value, key_strindex: 0 }];
    Resource { attributes, ..Resource::default() }
}

fn logs(request: &ExportLogsServiceRequest) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
    let mut flat = Vec::new();
    for of in &request.resource_logs {
        for under in &of.scope_logs {
            let above = (of.resource.clone(), of.schema_url.clone(), under.scope.clone(), under.schema_url.clone());
            flat.extend(under.log_records.iter().map(|record| (above.clone(), record.clone())));
        }
    }
    flat
}

fn metrics(request: &ExportMetricsServiceRequest) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
    let mut flat = Vec::new();
    for of in &request.resource_metrics {
        for under in &of.scope_metrics {
            let above = (of.resource.clone(), of.schema_url.clone(), under.scope.clone(), under.schema_url.clone());
            let points = under.metrics.iter().flat_map(each_point);
            flat.extend(points.map(|metric| (above.clone(), metric)));
        }
    }
    flat
}

/// The metric once for each of its points, with only this one.
fn each_point(metric: &Metric) -> Vec<Metric> {
    macro_rules! each {
        ($kind:ident, $data:expr $(, $above:ident)*) => {
            $data.data_points.iter().map(|point| Data::$kind($kind { data_points: vec![point.clone()] $(, $above: $data.$above)* })).collect()
        };
    }
    let data: Vec<Data> = match metric.data.as_ref() {
        Some(Data::Gauge(data)) => each!(Gauge, data),
        Some(Data::Summary(data)) => each!(Summary, data),
        Some(Data::Sum(data)) => each!(Sum, data, aggregation_temporality, is_monotonic),
        Some(Data::Histogram(data)) => each!(Histogram, data, aggregation_temporality),
        Some(Data::ExponentialHistogram(data)) => each!(ExponentialHistogram, data, aggregation_temporality),
        None => Vec::new(),
    };
    let Metric { name, description, unit, metadata, .. } = metric;
    let above = || (name.clone(), description.clone(), unit.clone(), metadata.clone());
    let with = |data| {
        let (name, description, unit, metadata) = above();
        Metric { name, description, unit, metadata, data: Some(data) }
    };
    data.into_iter().map(with).collect()
}

fn metric(chance: &mut Chance, points: usize) -> Metric {
    let data = match chance.below(6) {
        0 => Data::Gauge(Gauge { data_points: chance.many(points, number) }),
        1 => Data::Sum(Sum { data_points: chance.many(points, number), aggregation_temporality: 2, is_monotonic: true }),
        2 => Data::Histogram(Histogram {
            data_points: chance.many(points, |chance| HistogramDataPoint {
                count: chance.number(),
                bucket_counts: chance.many(30, Chance::number),
                ..HistogramDataPoint::default()
            }),
            aggregation_temporality: 2,
        }),
        3 => Data::ExponentialHistogram(ExponentialHistogram {
            data_points: chance.many(points, |chance| ExponentialHistogramDataPoint {
                count: chance.number(),
                ..ExponentialHistogramDataPoint::default()
            }),
            aggregation_temporality: 1,
        }),
        4 => Data::Summary(Summary {
            data_points: chance.many(points, |chance| SummaryDataPoint { count: chance.number(), ..SummaryDataPoint::default() }),
        }),
        _ => return Metric { name: "without.data".to_owned(), ..Metric::default() },
    };
    Metric { name: chance.text(50), description: chance.text(100), unit: "s".to_owned(), data: Some(data), ..Metric::default() }
}

fn number(chance: &mut Chance) -> NumberDataPoint {
    let value = Some(number_data_point::Value::AsInt(chance.number().cast_signed()));
    NumberDataPoint { value, time_unix_nano: chance.number(), ..NumberDataPoint::default() }
}

fn metrics_request(chance: &mut Chance, points: usize) -> ExportMetricsServiceRequest {
    let resource_metrics = chance.many(3, |chance| ResourceMetrics {
        resource: Some(resource(&chance.text(10))),
        scope_metrics: chance.many(5, |chance| ScopeMetrics {
            scope: Some(ProtoScope { name: chance.text(10), ..ProtoScope::default() }),
            metrics: chance.many(20, |chance| metric(chance, points)),
            schema_url: "of the scope".to_owned(),
        }),
        schema_url: "of the resource".to_owned(),
    });
    ExportMetricsServiceRequest { resource_metrics }
}

#[test]
fn the_parts_of_metrics_are_the_whole() {
    let mut chance = Chance(3);
    let mut divided = 0;
    for _ in 0..300 {
        let request = metrics_request(&mut chance, 100);
        let max = chance.below(2_000);
        divided += usize::from(check(&request, max, metrics) > 1);
    }
    assert!(divided > 20, "only {divided} were divided");
}

#[test]
fn the_parts_of_log_records_are_the_whole() {
    let mut chance = Chance(5);
    let resource = ResourceAttributesWithSchema::default();
    let scope = InstrumentationScope::builder("test").build();
    let mut divided = 0;
    for _ in 0..100 {
        let number = chance.below(40);
        let log = |index| Log { record: chance.log(10), dropped_attributes: index, scope: scope.clone() };
        let batch: Vec<Log> = (0..u32::try_from(number).unwrap_or_default()).map(log).collect();
        let request = logs_request(&batch, &resource);
        let max = chance.below(100_000);
        divided += usize::from(check(&request, max, logs) > 1);
    }
    assert!(divided > 20, "only {divided} were divided");
}

#[test]
fn a_hundred_thousand_points_are_divided_by_the_limit_of_a_request() {
    let mut chance = Chance(6);
    let data_points = (0..100_000)
        .map(|_| {
            let attributes = resource(&"x".repeat(64)).attributes;
            NumberDataPoint { attributes, ..number(&mut chance) }
        })
        .collect();
    let data = Some(Data::Gauge(Gauge { data_points }));
    let of_scope = ScopeMetrics { metrics: vec![Metric { data, ..Metric::default() }], ..ScopeMetrics::default() };
    let resource_metrics = vec![ResourceMetrics { scope_metrics: vec![of_scope], ..ResourceMetrics::default() }];
    let request = ExportMetricsServiceRequest { resource_metrics };
    assert!(request.encoded_len() > 2 * MAX_REQUEST);
    assert_eq!(check(&request, MAX_REQUEST, metrics), 4);
}

#[test]
fn what_cannot_be_divided_goes_alone() {
    let mut chance = Chance(7);
    let (resource, scope) = (ResourceAttributesWithSchema::default(), InstrumentationScope::builder("test").build());
    let mut batch: Vec<_> = (0..9).map(|_| Log { record: chance.log(0), dropped_attributes: 0, scope: scope.clone() }).collect();
    batch[4].record.set_body("x".repeat(100_000).into());
    let request = logs_request(&batch, &resource);
    let parcels = parcels(request.clone(), 50_000);
    let large: Vec<_> = parcels.iter().filter(|parcel| parcel.body.len() > 50_000).collect();
    assert_eq!((large.len(), large[0].items), (1, 1));
    assert_eq!(parcels.iter().map(|parcel| parcel.items).sum::<u64>(), batch.len() as u64);
    check(&request, 50_000, logs);
}

#[test]
fn a_request_without_items_is_no_parcel() {
    assert_eq!(parcels(ExportMetricsServiceRequest::default(), 0).len(), 0);
    let resource_metrics = vec![ResourceMetrics { resource: Some(resource("shop")), ..ResourceMetrics::default() }];
    assert_eq!(parcels(ExportMetricsServiceRequest { resource_metrics }, 0).len(), 0);
}
