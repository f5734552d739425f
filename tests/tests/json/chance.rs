//! Requests by chance, the same ones on every run. Each field of each message is written out here, so that a new one is not forgotten.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use tests::chance::Numbers;

/// Values made of numbers.
pub struct Chance {
    pub numbers: Numbers,
    /// Whether doubles may be any, or only such as every reader takes.
    pub is_nasty: bool,
}

impl Chance {
    fn number(&mut self) -> u64 {
        self.numbers.next()
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        let index = self.number() % values.len() as u64;
        values[usize::try_from(index).expect("it is small")]
    }

    fn many<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.number() % 4;
        (0..count).map(|_| make(self)).collect()
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (!self.number().is_multiple_of(3)).then(|| make(self))
    }

    fn u64(&mut self) -> u64 {
        let number = self.number();
        self.of(&[0, 1, u64::MAX, 1 << 53, number])
    }

    fn i64(&mut self) -> i64 {
        self.u64().cast_signed()
    }

    #[allow(clippy::cast_possible_truncation, reason = "any number will do")]
    fn u32(&mut self) -> u32 {
        let number = self.number() as u32;
        self.of(&[0, 1, u32::MAX, number])
    }

    fn i32(&mut self) -> i32 {
        self.u32().cast_signed()
    }

    fn f64(&mut self) -> f64 {
        let number = f64::from_bits(self.number());
        let value = self.of(&[0.0, -0.0, 0.1, -2.5, 1e16, f64::MAX, f64::MIN_POSITIVE]);
        let nasty = self.of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, value, number]);
        if self.is_nasty { nasty } else { value }
    }

    fn text(&mut self) -> String {
        let text = self.of(&["", "tea", "NaN", "\"quoted\"\\", "\n\r\t\u{0}\u{1f}\u{7f}", "\u{e9}\u{8a9e}\u{1f375}\u{2028}"]);
        text.to_owned()
    }

    /// Of any length, though ids are all of one.
    fn bytes(&mut self) -> Vec<u8> {
        let number = self.number().to_le_bytes();
        let length = self.of(&[0, 1, 2, 3, 8]);
        number[..length].to_vec()
    }

    fn is(&mut self) -> bool {
        self.number().is_multiple_of(2)
    }

    fn value(&mut self, depth: u32) -> AnyValue {
        let kinds = if depth < 3 { 8 } else { 6 };
        let value = match self.number() % kinds {
            0 => None,
            1 => Some(Value::StringValue(self.text())),
            2 => Some(Value::BoolValue(self.is())),
            3 => Some(Value::IntValue(self.i64())),
            4 => Some(Value::DoubleValue(self.f64())),
            5 => Some(Value::BytesValue(self.bytes())),
            6 => Some(Value::ArrayValue(ArrayValue { values: self.many(|chance| chance.value(depth + 1)) })),
            _ => Some(Value::KvlistValue(KeyValueList { values: self.many(|chance| chance.attribute(depth + 1)) })),
        };
        AnyValue { value }
    }

    fn attribute(&mut self, depth: u32) -> KeyValue {
        // The index is for profiles only.
        KeyValue { key: self.text(), value: self.maybe(|chance| chance.value(depth)), key_strindex: 0 }
    }

    fn attributes(&mut self) -> Vec<KeyValue> {
        self.many(|chance| chance.attribute(0))
    }

    fn resource(&mut self) -> Option<Resource> {
        self.maybe(|chance| Resource {
            attributes: chance.attributes(),
            dropped_attributes_count: chance.u32(),
            entity_refs: chance.many(|chance| EntityRef {
                schema_url: chance.text(),
                r#type: chance.text(),
                id_keys: chance.many(Self::text),
                description_keys: chance.many(Self::text),
            }),
        })
    }

    fn scope(&mut self) -> Option<InstrumentationScope> {
        self.maybe(|chance| InstrumentationScope {
            name: chance.text(),
            version: chance.text(),
            attributes: chance.attributes(),
            dropped_attributes_count: chance.u32(),
        })
    }

    pub fn traces(&mut self) -> ExportTraceServiceRequest {
        let resource_spans = self.many(|chance| ResourceSpans {
            resource: chance.resource(),
            scope_spans: chance.many(|chance| ScopeSpans {
                scope: chance.scope(),
                spans: chance.many(Self::span),
                schema_url: chance.text(),
            }),
            schema_url: chance.text(),
        });
        ExportTraceServiceRequest { resource_spans }
    }

    fn span(&mut self) -> Span {
        Span {
            trace_id: self.bytes(),
            span_id: self.bytes(),
            trace_state: self.text(),
            parent_span_id: self.bytes(),
            flags: self.u32(),
            name: self.text(),
            kind: self.of(&[0, 1, 5]),
            start_time_unix_nano: self.u64(),
            end_time_unix_nano: self.u64(),
            attributes: self.attributes(),
            dropped_attributes_count: self.u32(),
            events: self.many(|chance| Event {
                time_unix_nano: chance.u64(),
                name: chance.text(),
                attributes: chance.attributes(),
                dropped_attributes_count: chance.u32(),
            }),
            dropped_events_count: self.u32(),
            links: self.many(|chance| Link {
                trace_id: chance.bytes(),
                span_id: chance.bytes(),
                trace_state: chance.text(),
                attributes: chance.attributes(),
                dropped_attributes_count: chance.u32(),
                flags: chance.u32(),
            }),
            dropped_links_count: self.u32(),
            status: self.maybe(|chance| Status { message: chance.text(), code: chance.of(&[0, 1, 2]) }),
        }
    }

    pub fn logs(&mut self) -> ExportLogsServiceRequest {
        let resource_logs = self.many(|chance| ResourceLogs {
            resource: chance.resource(),
            scope_logs: chance.many(|chance| ScopeLogs {
                scope: chance.scope(),
                log_records: chance.many(Self::log),
                schema_url: chance.text(),
            }),
            schema_url: chance.text(),
        });
        ExportLogsServiceRequest { resource_logs }
    }

    fn log(&mut self) -> LogRecord {
        LogRecord {
            time_unix_nano: self.u64(),
            observed_time_unix_nano: self.u64(),
            severity_number: self.of(&[0, 1, 24]),
            severity_text: self.text(),
            body: self.maybe(|chance| chance.value(0)),
            attributes: self.attributes(),
            dropped_attributes_count: self.u32(),
            flags: self.u32(),
            trace_id: self.bytes(),
            span_id: self.bytes(),
            event_name: self.text(),
        }
    }

    pub fn metrics(&mut self) -> ExportMetricsServiceRequest {
        let resource_metrics = self.many(|chance| ResourceMetrics {
            resource: chance.resource(),
            scope_metrics: chance.many(|chance| ScopeMetrics {
                scope: chance.scope(),
                metrics: chance.many(Self::metric),
                schema_url: chance.text(),
            }),
            schema_url: chance.text(),
        });
        ExportMetricsServiceRequest { resource_metrics }
    }

    fn metric(&mut self) -> Metric {
        let aggregation_temporality = self.of(&[0, 1, 2]);
        let data = match self.number() % 6 {
            0 => None,
            1 => Some(Data::Gauge(Gauge { data_points: self.many(Self::number_point) })),
            2 => {
                let data_points = self.many(Self::number_point);
                Some(Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic: self.is() }))
            }
            3 => Some(Data::Histogram(Histogram { data_points: self.many(Self::histogram_point), aggregation_temporality })),
            4 => {
                let data_points = self.many(Self::exponential_histogram_point);
                Some(Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality }))
            }
            _ => Some(Data::Summary(Summary { data_points: self.many(Self::summary_point) })),
        };
        Metric { name: self.text(), description: self.text(), unit: self.text(), metadata: self.attributes(), data }
    }

    fn exemplars(&mut self) -> Vec<Exemplar> {
        self.many(|chance| Exemplar {
            filtered_attributes: chance.attributes(),
            time_unix_nano: chance.u64(),
            span_id: chance.bytes(),
            trace_id: chance.bytes(),
            value: chance.maybe(
                |chance| {
                    if chance.is() { exemplar::Value::AsDouble(chance.f64()) } else { exemplar::Value::AsInt(chance.i64()) }
                },
            ),
        })
    }

    fn number_point(&mut self) -> NumberDataPoint {
        NumberDataPoint {
            attributes: self.attributes(),
            start_time_unix_nano: self.u64(),
            time_unix_nano: self.u64(),
            exemplars: self.exemplars(),
            flags: self.u32(),
            value: self.maybe(|chance| {
                if chance.is() { number_data_point::Value::AsDouble(chance.f64()) } else { number_data_point::Value::AsInt(chance.i64()) }
            }),
        }
    }

    fn histogram_point(&mut self) -> HistogramDataPoint {
        HistogramDataPoint {
            attributes: self.attributes(),
            start_time_unix_nano: self.u64(),
            time_unix_nano: self.u64(),
            count: self.u64(),
            sum: self.maybe(Self::f64),
            bucket_counts: self.many(Self::u64),
            explicit_bounds: self.many(Self::f64),
            exemplars: self.exemplars(),
            flags: self.u32(),
            min: self.maybe(Self::f64),
            max: self.maybe(Self::f64),
        }
    }

    fn exponential_histogram_point(&mut self) -> ExponentialHistogramDataPoint {
        ExponentialHistogramDataPoint {
            attributes: self.attributes(),
            start_time_unix_nano: self.u64(),
            time_unix_nano: self.u64(),
            count: self.u64(),
            sum: self.maybe(Self::f64),
            scale: self.i32(),
            zero_count: self.u64(),
            positive: self.maybe(Self::buckets),
            negative: self.maybe(Self::buckets),
            flags: self.u32(),
            exemplars: self.exemplars(),
            min: self.maybe(Self::f64),
            max: self.maybe(Self::f64),
            zero_threshold: self.f64(),
        }
    }

    fn buckets(&mut self) -> Buckets {
        Buckets { offset: self.i32(), bucket_counts: self.many(Self::u64) }
    }

    fn summary_point(&mut self) -> SummaryDataPoint {
        SummaryDataPoint {
            attributes: self.attributes(),
            start_time_unix_nano: self.u64(),
            time_unix_nano: self.u64(),
            count: self.u64(),
            sum: self.f64(),
            quantile_values: self.many(|chance| ValueAtQuantile { quantile: chance.f64(), value: chance.f64() }),
            flags: self.u32(),
        }
    }
}
