//! Span processors of the program's own, written for the SDK.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use otel_runtime::opentelemetry::trace::{Span as _, Status, TraceId, Tracer, TracerProvider};
use otel_runtime::opentelemetry::{Context, KeyValue};
use otel_runtime::opentelemetry_sdk::error::OTelSdkResult;
use otel_runtime::opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor};
use otel_runtime::{AttributeKey, Telemetry, traced};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::{Said, to};

/// Changes what starts, and keeps what ends.
#[derive(Clone, Debug, Default)]
struct Changes(Arc<Mutex<Vec<SpanData>>>);

impl Changes {
    fn ended(&self) -> Vec<SpanData> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl SpanProcessor for Changes {
    fn on_start(&self, span: &mut Span, context: &Context) {
        let data = span.exported_data().expect("it is recorded");
        span.set_attribute(KeyValue::new("seen.attributes", i64::try_from(data.attributes.len()).expect("they are few")));
        span.add_event("seen", vec![KeyValue::new("seen.suppressed", context.is_telemetry_suppressed())]);
        span.add_link(data.span_context.clone(), Vec::new());
        if data.name == "plain" {
            span.update_name("renamed");
            span.set_status(Status::error("seen"));
        }
    }

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[traced(fields(order.id = id), err(retry.after = |_| 7))]
fn place_order(id: u64) -> Result<(), String> {
    otel_runtime::current().set(AttributeKey::new("shop.late"), true);
    Err("no stock".to_owned())
}

fn run(telemetry: &Telemetry, id: u64) {
    let _attached = telemetry.context().attach();
    drop(place_order(id));
}

#[test]
fn a_processor_sees_every_span_and_what_it_changes_is_sent() {
    let (receiver, changes) = (Receiver::start(), Changes::default());
    let telemetry = to(&receiver, Protocol::Http).span_processor(changes.clone()).build().expect("telemetry can be set up");
    run(&telemetry, 3);
    telemetry.tracer_provider().expect("traces are exported").tracer("other").in_span("plain", |_| ());
    telemetry.shutdown().expect("everything is delivered");
    let (sent, ended) = (receiver.spans(), changes.ended());
    assert_eq!((sent.len(), ended.len()), (2, 2));
    for (sent, ended) in sent.iter().zip(&ended) {
        assert_eq!(opentelemetry_proto::tonic::trace::v1::Span::from(ended.clone()), sent.data, "what it has is what is sent");
        assert_eq!(ended.span_context.trace_id(), TraceId::from_bytes(sent.data.trace_id.clone().try_into().expect("16 bytes")));
        let link = ended.links.links.first().expect("it was linked");
        assert_eq!(
            (link.span_context.trace_id(), link.span_context.span_id()),
            (ended.span_context.trace_id(), ended.span_context.span_id())
        );
        assert_eq!(ended.events.events[0].name, "seen");
    }
    let [order, plain] = ended.as_slice() else { unreachable!("they are two") };
    let value =
        |key: &str| order.attributes.iter().find(|attribute| attribute.key.as_str() == key).map(|attribute| attribute.value.clone());
    // The code's three, and the order's id.
    assert_eq!(value("seen.attributes"), Some(4.into()));
    assert_eq!((value("shop.late"), value("retry.after")), (Some(true.into()), Some(7.into())));
    assert_eq!(order.status, Status::error("no stock"));
    assert_eq!((plain.name.as_ref(), &plain.status), ("renamed", &Status::error("seen")));
    assert_eq!(plain.instrumentation_scope.name(), "other");
}

#[test]
fn without_an_exporter_the_environment_still_says_what_is_recorded_and_how_much() {
    let ended = |name: &str, value: &str| {
        let (name, value, changes) = (name.to_owned(), value.to_owned(), Changes::default());
        let environment = move |wanted: &str| match wanted {
            "OTEL_TRACES_EXPORTER" | "OTEL_METRICS_EXPORTER" | "OTEL_LOGS_EXPORTER" => Some("none".into()),
            wanted => (wanted == name).then(|| value.clone().into()),
        };
        let builder = otel_runtime::builder().environment(environment).span_processor(changes.clone());
        let telemetry = builder.build().expect("telemetry can be set up");
        run(&telemetry, 3);
        telemetry.shutdown().expect("there is nothing to deliver");
        changes.ended()
    };
    assert!(ended("OTEL_TRACES_SAMPLER", "always_off").is_empty());
    let [span] = &ended("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2")[..] else { panic!("the span is recorded") };
    assert_eq!(span.attributes.len(), 2);
    assert!(span.dropped_attributes_count > 0);
}

/// An exporter of somebody's.
#[derive(Clone, Debug, Default)]
struct Exported(Arc<Mutex<Vec<String>>>);

impl SpanExporter for Exported {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(batch.into_iter().map(|span| span.name.into_owned()));
        Ok(())
    }
}

#[test]
fn an_exporter_of_somebody_s_is_enough_and_is_flushed() {
    let exported = Exported::default();
    let telemetry = otel_runtime::builder()
        .environment(|_| None)
        .set("OTEL_TRACES_EXPORTER", "none")
        .set("OTEL_METRICS_EXPORTER", "none")
        .set("OTEL_LOGS_EXPORTER", "none")
        .span_processor(BatchSpanProcessor::builder(exported.clone()).build())
        .build()
        .expect("telemetry can be set up");
    let names = || exported.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    run(&telemetry, 1);
    telemetry.force_flush().expect("nothing is dropped");
    assert_eq!(names(), ["place_order"]);
    run(&telemetry, 2);
    telemetry.shutdown().expect("nothing is dropped");
    assert_eq!(names(), ["place_order", "place_order"]);
}

/// Is of no use.
#[derive(Debug)]
struct Panics;

impl SpanProcessor for Panics {
    fn on_start(&self, _: &mut Span, _: &Context) {
        panic!("on purpose, at the start");
    }

    fn on_end(&self, _: SpanData) {
        panic!("on purpose, at the end");
    }

    fn force_flush(&self) -> OTelSdkResult {
        panic!("on purpose, at a flush");
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        panic!("on purpose, at the shutdown");
    }
}

#[test]
fn a_processor_that_panics_costs_nobody_else_anything() {
    let (receiver, changes, said) = (Receiver::start(), Changes::default(), Said::default());
    let telemetry = said
        .listen(to(&receiver, Protocol::Http))
        .span_processor(Panics)
        .span_processor(changes.clone())
        .build()
        .expect("telemetry can be set up");
    for id in 0..10 {
        run(&telemetry, id);
    }
    telemetry.force_flush().expect("everything is delivered");
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!((receiver.spans().len(), changes.ended().len()), (10, 10));
    let said = said.lines();
    let of_it = said.iter().filter(|line| line.contains("a span processor of the program's panicked")).count();
    assert_eq!(of_it, 1, "{said:?}");
}
