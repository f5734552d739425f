use opentelemetry::trace::{Link, SpanKind};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_proto::tonic::common::v1::ArrayValue;

use super::super::super::render::render;
use super::super::super::style::Style;
use super::super::super::testing::{TRACE, With, context, span};
use super::super::super::tree::Occasion;
use super::*;

fn trace() -> TraceId {
    TraceId::from(TRACE)
}

fn tree(spans: Vec<(&str, SpanData)>) -> Tree {
    let rows = spans.into_iter().map(|(service, data)| Row {
        depth: 0,
        service: service.into(),
        running: false,
        data,
        printed_parent: None,
        held: None,
    });
    Tree { trace_id: trace(), occasion: Occasion::Finished { printed_before: 0 }, rows: rows.collect(), unfollowed: 0 }
}

/// What comes out of bytes that were a request before `change`.
fn changed(change: impl FnOnce(&mut Span)) -> Option<Vec<Row>> {
    let bytes = encode(&tree(vec![("shop", span(1, 7, "serve", 0, 9))])).expect("it is small");
    let mut request = ExportTraceServiceRequest::decode(&*bytes).expect("it was encoded");
    change(&mut request.resource_spans[0].scope_spans[0].spans[0]);
    decode(&request.encode_to_vec(), trace())
}

#[test]
fn what_a_reader_sees_of_a_tree_survives() {
    let values: [Value; 10] = [
        true.into(),
        (-7).into(),
        0.5.into(),
        "tea\n".into(),
        Value::Array(Array::Bool(vec![true, false])),
        Value::Array(Array::I64(vec![1, 2])),
        Value::Array(Array::F64(vec![0.5])),
        Value::Array(Array::String(vec!["tea".into(), "cup".into()])),
        Value::Array(Array::I64(Vec::new())),
        "".into(),
    ];
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut server = span(2, 1, "serve", 10, 90).kind(SpanKind::Server).error("no tea");
    server.parent_span_is_remote = true;
    server.attributes = keys.into_iter().zip(values).map(|(key, value)| KeyValue::new(key, value)).collect();
    server.dropped_attributes_count = 3;
    let mut query = span(3, 2, "query", 20, 30).kind(SpanKind::Client).event("retry", 25, vec![KeyValue::new("n", 1)]);
    query.events.dropped_count = 4;
    query.links.links.push(Link::new(context(7, 8), vec![KeyValue::new("why", "asked")], 2));
    query.links.dropped_count = 5;
    query.status = Status::Ok;
    let mut rows = vec![("bank", server), ("vault", query), ("vault", span(4, 2, "still there", 40, 0))];
    for (id, kind) in [(5, SpanKind::Producer), (6, SpanKind::Consumer), (7, SpanKind::Internal)] {
        rows.push(("bank", span(id, 2, "kind", 50, 60).kind(kind)));
    }
    let mut sent = tree(rows);
    sent.rows[2].running = true;

    let decoded = decode(&encode(&sent).expect("it is small"), trace()).expect("it was encoded");
    assert_eq!(decoded.len(), 6);
    assert!(decoded.iter().all(|row| row.data.span_context.trace_id() == trace()));
    assert!(decoded.iter().all(|row| row.data.parent_span_is_remote == (row.data.name == "serve")));
    // Services come one after the other.
    let order = [0, 3, 4, 5, 1, 2];
    let received = Tree { rows: decoded, ..tree(Vec::new()) };
    sent.rows = order.into_iter().map(|place| copy(&sent.rows[place])).collect();
    assert_eq!(render(&received, Style::default()), render(&sent, Style::default()));
    let times = |tree: &Tree| tree.rows.iter().map(|row| row.data.start_time).collect::<Vec<_>>();
    assert_eq!(times(&received), times(&sent));
}

fn copy(row: &Row) -> Row {
    Row { depth: 0, service: row.service.clone(), running: row.running, data: row.data.clone(), printed_parent: None, held: None }
}

#[test]
fn what_no_tree_is_written_as_is_none() {
    assert!(changed(|_| {}).is_some());
    assert!(changed(|span| span.trace_id = vec![0; 16]).is_none());
    assert!(changed(|span| span.trace_id[0] ^= 1).is_none(), "of another trace");
    assert!(changed(|span| span.trace_id.truncate(15)).is_none());
    assert!(changed(|span| span.span_id = vec![0; 8]).is_none());
    assert!(changed(|span| span.span_id.push(1)).is_none());
    assert!(changed(|span| span.parent_span_id.truncate(7)).is_none());
    assert!(changed(|span| span.kind = 0).is_none());
    assert!(changed(|span| span.kind = 77).is_none());
    assert!(changed(|span| span.status = None).is_none());
    assert!(changed(|span| span.status = Some(WireStatus { code: 77, ..WireStatus::default() })).is_none());
    assert!(changed(|span| span.links.push(wire::Link::default())).is_none());
}

#[test]
fn attributes_have_the_types_of_attributes() {
    let attribute = |value: Option<any_value::Value>| {
        let value = Some(AnyValue { value });
        changed(|span| span.attributes.push(WireKeyValue { key: "key".to_owned(), value, ..WireKeyValue::default() }))
    };
    let array = |values: Vec<any_value::Value>| {
        let values = values.into_iter().map(|value| AnyValue { value: Some(value) }).collect();
        attribute(Some(any_value::Value::ArrayValue(ArrayValue { values })))
    };
    assert!(attribute(Some(any_value::Value::IntValue(1))).is_some());
    assert!(attribute(None).is_none());
    assert!(attribute(Some(any_value::Value::BytesValue(vec![1]))).is_none());
    assert!(array(vec![any_value::Value::IntValue(1), any_value::Value::IntValue(2)]).is_some());
    assert!(array(vec![any_value::Value::IntValue(1), any_value::Value::BoolValue(true)]).is_none());
    assert!(array(vec![any_value::Value::ArrayValue(ArrayValue::default())]).is_none());
}

#[test]
fn a_service_has_a_name_and_a_tree_has_spans() {
    let mut request = ExportTraceServiceRequest::default();
    assert!(decode(&request.encode_to_vec(), trace()).is_none());
    let bytes = encode(&tree(vec![("shop", span(1, 7, "serve", 0, 9))])).expect("it is small");
    request = ExportTraceServiceRequest::decode(&*bytes).expect("it was encoded");
    request.resource_spans[0].resource = None;
    assert!(decode(&request.encode_to_vec(), trace()).is_none());
}

#[test]
fn bytes_that_are_cut_off_or_stirred_up_harm_nobody() {
    let bytes = encode(&tree(vec![("shop", span(1, 7, "serve", 0, 9)), ("bank", span(2, 1, "pay", 1, 8))])).expect("it is small");
    for length in 0..bytes.len() {
        // Where a service ends, less is a smaller tree.
        let rows = decode(&bytes[..length], trace()).unwrap_or_default();
        assert!(rows.len() < 2);
    }
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut stirred = bytes.clone();
            stirred[place] ^= 1 << bit;
            let rows = decode(&stirred, trace()).unwrap_or_default();
            assert!(rows.iter().all(|row| row.data.span_context.trace_id() == trace()));
        }
    }
}

#[test]
fn a_tree_that_is_too_large_is_not_sent() {
    let large = span(1, 7, "serve", 0, 9).attribute("body", "x".repeat(LIMIT));
    assert!(encode(&tree(vec![("shop", large)])).is_none());
}
