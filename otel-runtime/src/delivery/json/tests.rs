use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span};
use prost::Message;

use super::*;

#[test]
fn what_was_rejected_is_read() {
    let cases: [(&[u8], u64, Option<&str>); 6] = [
        (b"{}", 0, None),
        (b"", 0, None),
        (b"[1]", 0, None),
        (br#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#, 3, Some("too old")),
        (br#"{"partialSuccess":{"rejectedLogRecords":4}}"#, 4, None),
        (br#"{"partialSuccess":{"rejectedDataPoints":-1,"errorMessage":""}}"#, 0, None),
    ];
    for (reply, rejected, message) in cases {
        assert_eq!(accepted(reply), Accepted { rejected, message: message.map(str::to_owned) });
    }
}

/// The JSON of a request that nothing divides.
fn whole(signal: Signal, request: &[u8]) -> Result<Vec<u8>, String> {
    let parts = recode(signal)?(Parcel { body: request.to_vec().into(), items: 1 }, usize::MAX)?;
    let [Parcel { body, items: 1 }] = parts.as_slice() else { panic!("nothing divides it: {parts:?}") };
    Ok(body.to_vec())
}

fn json(signal: Signal, request: &impl Message) -> String {
    let json = whole(signal, &request.encode_to_vec()).unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(json).unwrap_or_else(|error| panic!("{error}"))
}

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn double(value: f64) -> AnyValue {
    AnyValue { value: Some(any_value::Value::DoubleValue(value)) }
}

/// Values of every kind, and the worst there are.
fn nasty() -> Vec<KeyValue> {
    let list = vec![double(f64::NAN), double(0.1), AnyValue { value: None }];
    let map = vec![attribute("far", any_value::Value::DoubleValue(f64::INFINITY)), KeyValue::default()];
    vec![
        attribute("text", any_value::Value::StringValue("a \"b\"\\\n\u{1}\u{1f375}".to_owned())),
        attribute("no", any_value::Value::BoolValue(false)),
        attribute("int", any_value::Value::IntValue(i64::MIN)),
        attribute("double", any_value::Value::DoubleValue(f64::NEG_INFINITY)),
        attribute("whole", any_value::Value::DoubleValue(-0.0)),
        attribute("large", any_value::Value::DoubleValue(1e300)),
        attribute("bytes", any_value::Value::BytesValue(vec![0xfb, 0xff])),
        attribute("list", any_value::Value::ArrayValue(ArrayValue { values: list })),
        attribute("empty", any_value::Value::ArrayValue(ArrayValue { values: Vec::new() })),
        attribute("map", any_value::Value::KvlistValue(KeyValueList { values: map })),
    ]
}

const NASTY: &str = concat!(
    r#"[{"key":"text","value":{"stringValue":"a \"b\"\\\n\u0001🍵"}},{"key":"no","value":{"boolValue":false}},"#,
    r#"{"key":"int","value":{"intValue":"-9223372036854775808"}},{"key":"double","value":{"doubleValue":"-Infinity"}},"#,
    r#"{"key":"whole","value":{"doubleValue":-0.0}},{"key":"large","value":{"doubleValue":1e300}},"#,
    r#"{"key":"bytes","value":{"bytesValue":"+/8="}},"#,
    r#"{"key":"list","value":{"arrayValue":{"values":[{"doubleValue":"NaN"},{"doubleValue":0.1},{}]}}},"#,
    r#"{"key":"empty","value":{"arrayValue":{"values":[]}}},"#,
    r#"{"key":"map","value":{"kvlistValue":{"values":[{"key":"far","value":{"doubleValue":"Infinity"}},{"key":""}]}}}]"#,
);

#[test]
fn traces() {
    let span = Span {
        trace_id: vec![0x0a; 16],
        span_id: vec![0xf0; 8],
        flags: 257,
        name: "GET /".to_owned(),
        kind: 2,
        start_time_unix_nano: u64::MAX,
        attributes: nasty(),
        events: vec![span::Event { name: "packed".to_owned(), ..span::Event::default() }],
        links: vec![span::Link { trace_id: vec![1; 16], span_id: vec![2; 8], ..span::Link::default() }],
        status: Some(Status { message: "no shelf".to_owned(), code: 2 }),
        ..Span::default()
    };
    let scope_spans = ScopeSpans { spans: vec![span, Span::default()], ..ScopeSpans::default() };
    let resource = Resource { dropped_attributes_count: 1, ..Resource::default() };
    let resource_spans = ResourceSpans { resource: Some(resource), scope_spans: vec![scope_spans], ..ResourceSpans::default() };
    let expected = [
        r#"{"resourceSpans":[{"resource":{"droppedAttributesCount":1},"scopeSpans":[{"spans":[{"#,
        r#""traceId":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","spanId":"f0f0f0f0f0f0f0f0","flags":257,"name":"GET /","kind":2,"#,
        r#""startTimeUnixNano":"18446744073709551615","attributes":"#,
        NASTY,
        r#","events":[{"name":"packed"}],"#,
        r#""links":[{"traceId":"01010101010101010101010101010101","spanId":"0202020202020202"}],"#,
        r#""status":{"message":"no shelf","code":2}},{}]}]}]}"#,
    ];
    assert_eq!(json(Signal::Traces, &ExportTraceServiceRequest { resource_spans: vec![resource_spans] }), expected.concat());
    assert_eq!(json(Signal::Traces, &ExportTraceServiceRequest::default()), "{}");
}

#[test]
fn logs() {
    let record = LogRecord {
        observed_time_unix_nano: 7,
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: Some(double(f64::NAN)),
        attributes: nasty(),
        ..LogRecord::default()
    };
    let without_value = LogRecord { body: Some(AnyValue { value: None }), trace_id: vec![0xab; 16], ..LogRecord::default() };
    let scope = InstrumentationScope { name: "shop".to_owned(), ..InstrumentationScope::default() };
    let scope_logs = ScopeLogs { scope: Some(scope), log_records: vec![record, without_value], schema_url: String::new() };
    let resource_logs = ResourceLogs { scope_logs: vec![scope_logs], ..ResourceLogs::default() };
    let expected = [
        r#"{"resourceLogs":[{"scopeLogs":[{"scope":{"name":"shop"},"logRecords":[{"#,
        r#""observedTimeUnixNano":"7","severityNumber":9,"severityText":"INFO","body":{"doubleValue":"NaN"},"attributes":"#,
        NASTY,
        r#"},{"body":{},"traceId":"abababababababababababababababab"}]}]}]}"#,
    ];
    assert_eq!(json(Signal::Logs, &ExportLogsServiceRequest { resource_logs: vec![resource_logs] }), expected.concat());
}

fn metrics_of(data: Vec<Data>) -> ExportMetricsServiceRequest {
    let metrics = data.into_iter().map(|data| Metric { data: Some(data), ..Metric::default() }).collect();
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    ExportMetricsServiceRequest { resource_metrics: vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }] }
}

#[test]
fn metrics() {
    let number = |value| NumberDataPoint { value: Some(value), ..NumberDataPoint::default() };
    let exemplar = Exemplar { span_id: vec![0xcd; 8], value: Some(exemplar::Value::AsDouble(f64::NAN)), ..Exemplar::default() };
    let sum = NumberDataPoint { exemplars: vec![exemplar], ..number(number_data_point::Value::AsInt(-1)) };
    let histogram = HistogramDataPoint {
        count: 3,
        sum: Some(f64::NAN),
        bucket_counts: vec![0, 3],
        explicit_bounds: vec![f64::NEG_INFINITY, 2.5],
        max: Some(f64::INFINITY),
        attributes: nasty(),
        ..HistogramDataPoint::default()
    };
    let exponential = ExponentialHistogramDataPoint {
        scale: -3,
        positive: Some(Buckets { offset: -2, bucket_counts: vec![1, u64::MAX] }),
        zero_threshold: f64::INFINITY,
        min: Some(0.0),
        ..ExponentialHistogramDataPoint::default()
    };
    let quantile = ValueAtQuantile { quantile: 0.5, value: f64::NEG_INFINITY };
    let summary = SummaryDataPoint { sum: f64::NAN, quantile_values: vec![quantile], ..SummaryDataPoint::default() };
    let request = metrics_of(vec![
        Data::Gauge(Gauge { data_points: vec![number(number_data_point::Value::AsDouble(f64::NAN))] }),
        Data::Sum(Sum { data_points: vec![sum], aggregation_temporality: 2, is_monotonic: true }),
        Data::Histogram(Histogram { data_points: vec![histogram], aggregation_temporality: 1 }),
        Data::ExponentialHistogram(ExponentialHistogram { data_points: vec![exponential], aggregation_temporality: 0 }),
        Data::Summary(Summary { data_points: vec![summary] }),
    ]);
    let expected = [
        r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"asDouble":"NaN"}]}},"#,
        r#"{"sum":{"dataPoints":[{"asInt":"-1","exemplars":[{"asDouble":"NaN","spanId":"cdcdcdcdcdcdcdcd"}]}],"#,
        r#""aggregationTemporality":2,"isMonotonic":true}},"#,
        r#"{"histogram":{"dataPoints":[{"attributes":"#,
        NASTY,
        r#","count":"3","sum":"NaN","bucketCounts":["0","3"],"explicitBounds":["-Infinity",2.5],"max":"Infinity"}],"#,
        r#""aggregationTemporality":1}},"#,
        r#"{"exponentialHistogram":{"dataPoints":[{"scale":-3,"#,
        r#""positive":{"offset":-2,"bucketCounts":["1","18446744073709551615"]},"min":0.0,"zeroThreshold":"Infinity"}]}},"#,
        r#"{"summary":{"dataPoints":[{"sum":"NaN","quantileValues":[{"quantile":0.5,"value":"-Infinity"}]}]}}]}]}]}"#,
    ];
    assert_eq!(json(Signal::Metrics, &request), expected.concat());
}

/// What is queued is our own, but what is spooled was on a disk.
#[test]
fn what_is_no_message_is_an_error() {
    let recode = |bytes: &[u8]| whole(Signal::Traces, bytes);
    let cases: [(&[u8], &str); 6] = [
        (&[0x0a], "it is cut off"),
        (&[0x0a, 2, 0], "it is cut off"),
        (&[0x0b], "a field has no type of Protobuf's"),
        (&[0x08, 1], "a field is of another type"),
        (&[0xff; 11], "a number is too long"),
        (&[0x0a, 3, 0x1a, 1, 0xff], "a text is not UTF-8"),
    ];
    for (bytes, why) in cases {
        assert_eq!(recode(bytes), Err(format!("a request cannot be written in JSON: {why}")), "{bytes:?}");
    }
    // What is not known is passed over, and of several the last is meant.
    assert_eq!(recode(&[0x78, 1, 0x0a, 6, 0x1a, 1, b'a', 0x1a, 1, b'b']), Ok(br#"{"resourceSpans":[{"schemaUrl":"b"}]}"#.to_vec()));
    let request = metrics_of(vec![Data::Gauge(Gauge::default())]).encode_to_vec();
    for damaged in 0..request.len() {
        for bits in 0..=u8::MAX {
            let mut request = request.clone();
            request[damaged] ^= bits;
            let _ = recode(&request);
        }
    }
}

#[test]
fn what_stands_too_deep_is_an_error() {
    let nested = |levels| {
        let mut value = double(1.0);
        for _ in 0..levels {
            value = AnyValue { value: Some(any_value::Value::ArrayValue(ArrayValue { values: vec![value] })) };
        }
        let log_records = vec![LogRecord { body: Some(value), ..LogRecord::default() }];
        let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
        let request = ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] };
        whole(Signal::Logs, &request.encode_to_vec())
    };
    assert!(nested(47).is_ok());
    assert_eq!(nested(48), Err("a request cannot be written in JSON: something in it stands too deep".to_owned()));
}

#[test]
fn a_request_that_is_too_large_in_json_alone_is_divided_and_one_item_is_not() {
    let span = |name: usize| Span { name: format!("{name}"), trace_id: vec![7; 16], span_id: vec![8; 8], ..Span::default() };
    let of = |spans: Vec<Span>| {
        let items = spans.len() as u64;
        let resource = Some(Resource { attributes: nasty(), ..Resource::default() });
        let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
        let resource_spans = vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
        Parcel { body: ExportTraceServiceRequest { resource_spans }.encode_to_vec().into(), items }
    };
    let recode = recode(Signal::Traces).unwrap_or_else(|error| panic!("{error}"));
    let divided = |request: &Parcel, max| recode(request.clone(), max).unwrap_or_else(|error| panic!("{error}"));
    let all = of((0..100).map(span).collect());
    let max = all.body.len();
    let parts = divided(&all, max);
    assert!(parts.len() > 1, "in JSON it is larger than in Protobuf");
    let mut names = Vec::new();
    for Parcel { body, items } in &parts {
        assert!(body.len() <= max);
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let spans = json["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().cloned().unwrap_or_default();
        assert_eq!((spans.len() as u64, json["resourceSpans"][0]["resource"]["attributes"].is_array()), (*items, true));
        names.extend(spans.iter().filter_map(|span| span["name"].as_str()?.parse::<usize>().ok()));
    }
    assert_eq!(names, (0..100).collect::<Vec<_>>());
    let one = divided(&of(vec![span(1)]), 1);
    assert_eq!(one.iter().map(|part| part.items).collect::<Vec<_>>(), [1]);
}
