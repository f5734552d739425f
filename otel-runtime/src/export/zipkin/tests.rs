use std::time::UNIX_EPOCH;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanContext, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

use super::*;

fn span(kind: SpanKind, attributes: Vec<KeyValue>) -> SpanData {
    let context = SpanContext::new(TraceId::from(0xabc), SpanId::from(0x12), TraceFlags::SAMPLED, false, TraceState::NONE);
    SpanData {
        span_context: context,
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: kind,
        name: "charge".into(),
        start_time: UNIX_EPOCH + Duration::from_micros(1_500),
        end_time: UNIX_EPOCH + Duration::from_micros(1_750),
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("shop").with_version("1.2").build(),
    }
}

fn model() -> Model {
    let attributes = [KeyValue::new("service.name", "server"), KeyValue::new("host.name", "one")];
    Model::new(&Resource::builder_empty().with_attributes(attributes).build())
}

fn zipkin(span: &SpanData) -> Json {
    model().span(span)
}

#[test]
fn a_span() {
    let mut data = span(SpanKind::Server, vec![KeyValue::new("order.id", 7), KeyValue::new("error", true)]);
    data.parent_span_id = SpanId::from(0x34);
    data.dropped_attributes_count = 2;
    data.status = Status::error("no shelf");
    let (at, attributes) = (UNIX_EPOCH + Duration::from_micros(1_600), vec![KeyValue::new("parcels", 2)]);
    data.events.events = vec![Event::new("packed", at, attributes, 0), Event::new("left", at, Vec::new(), 0)];
    let expected = json!({
        "traceId": "00000000000000000000000000000abc",
        "id": "0000000000000012",
        "parentId": "0000000000000034",
        "name": "charge",
        "kind": "SERVER",
        "timestamp": 1500,
        "duration": 250,
        "localEndpoint": { "serviceName": "server" },
        "annotations": [
            { "timestamp": 1600, "value": "\"packed\":{\"parcels\":2}" },
            { "timestamp": 1600, "value": "left" },
        ],
        "tags": {
            "host.name": "one",
            "order.id": "7",
            "otel.scope.name": "shop",
            "otel.scope.version": "1.2",
            "otel.library.name": "shop",
            "otel.library.version": "1.2",
            "otel.dropped_attributes_count": "2",
            "otel.status_code": "ERROR",
            "error": "no shelf",
        },
    });
    assert_eq!(zipkin(&data), expected);
    assert_eq!(model().request(&[data]), Json::Array(vec![expected]).to_string().into_bytes());
}

#[test]
fn a_root_has_no_parent_an_internal_span_no_kind_and_none_lasts_no_time() {
    let mut data = span(SpanKind::Internal, Vec::new());
    data.end_time = data.start_time;
    let zipkin = zipkin(&data);
    assert_eq!((zipkin.get("parentId"), zipkin.get("kind"), zipkin.get("annotations")), (None, None, None));
    assert_eq!(zipkin["duration"], 1);
    assert_eq!(zipkin["tags"].get("otel.status_code"), None);
    data.end_time = UNIX_EPOCH;
    assert_eq!(model().span(&data)["duration"], 1, "a clock that was set back");
}

#[test]
fn statuses() {
    for (status, code, error) in [(Status::Ok, Some("OK"), None), (Status::error(""), Some("ERROR"), Some("")), (Status::Unset, None, None)]
    {
        let zipkin = zipkin(&SpanData { status, ..span(SpanKind::Internal, Vec::new()) });
        let tag = |key: &str| zipkin["tags"].get(key).and_then(Json::as_str);
        assert_eq!((tag("otel.status_code"), tag("error")), (code, error));
    }
}

#[test]
fn who_is_called_is_the_first_that_is_known() {
    let server = [KeyValue::new("server.address", "api1.example"), KeyValue::new("server.port", 8080)];
    let peer = [KeyValue::new("network.peer.address", "::1"), KeyValue::new("network.peer.port", 5432)];
    let cases: [(Vec<KeyValue>, Json); 6] = [
        (Vec::new(), Json::Null),
        (server.to_vec(), json!({ "serviceName": "api1.example", "port": 8080 })),
        (peer.to_vec(), json!({ "ipv6": "::1", "port": 5432 })),
        ([peer, server.clone()].concat(), json!({ "serviceName": "api1.example", "port": 8080 })),
        ([server.as_slice(), &[KeyValue::new("service.peer.name", "api1")]].concat(), json!({ "serviceName": "api1" })),
        (vec![KeyValue::new("db.namespace", "shop")], json!({ "serviceName": "shop" })),
    ];
    for (attributes, expected) in cases {
        assert_eq!(zipkin(&span(SpanKind::Client, attributes.clone())).get("remoteEndpoint").unwrap_or(&Json::Null), &expected);
        assert_eq!(zipkin(&span(SpanKind::Server, attributes)).get("remoteEndpoint"), None, "only who calls knows whom");
    }
}

#[test]
fn values_are_texts() {
    let array = |values: Array| KeyValue::new("key", Value::Array(values));
    let cases = [
        (KeyValue::new("key", true), "true"),
        (KeyValue::new("key", 0.5), "0.5"),
        (KeyValue::new("key", f64::NAN), "NaN"),
        (array(Array::String(vec!["a\"b".into(), "c".into()])), r#"["a\"b","c"]"#),
        (array(Array::F64(vec![0.5, f64::INFINITY])), r#"[0.5,"inf"]"#),
        (array(Array::Bool(vec![true])), "[true]"),
        (array(Array::I64(vec![1, 2])), "[1,2]"),
    ];
    for (attribute, expected) in cases {
        assert_eq!(zipkin(&span(SpanKind::Internal, vec![attribute]))["tags"]["key"], expected);
    }
}

#[test]
fn a_request_that_would_be_too_large_is_divided() {
    let spans: Vec<SpanData> = (0..20).map(|_| span(SpanKind::Internal, vec![KeyValue::new("text", "x".repeat(1 << 20))])).collect();
    let mut parcels = Vec::new();
    model().divide(&spans, &mut parcels);
    assert_eq!(parcels.iter().map(|parcel| parcel.items).sum::<u64>(), 20);
    assert!(parcels.iter().all(|parcel| parcel.body.len() <= MAX_REQUEST) && parcels.len() <= 10, "{}", parcels.len());
    let large = [span(SpanKind::Internal, vec![KeyValue::new("text", "x".repeat(MAX_REQUEST))])];
    parcels.clear();
    model().divide(&large, &mut parcels);
    model().divide(&[], &mut parcels);
    assert_eq!(parcels.len(), 1, "it goes alone, and nothing is no request");
}
