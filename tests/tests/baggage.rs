//! Baggage in functions, and what of it becomes attributes of spans and log records.

use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::KeyValue as ProtoKeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::context::FutureExt;
use otel_runtime::opentelemetry::baggage::{Baggage, BaggageExt, BaggageMetadata};
use otel_runtime::opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider};
use otel_runtime::opentelemetry::trace::{Span, Tracer, TracerProvider};
use otel_runtime::opentelemetry::{Context, KeyValue, StringValue};
use otel_runtime::{AttributeKey, baggage, traced};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::{Watched, to};

const LIST: &str = "OTEL_RUST_BAGGAGE_ATTRIBUTES";
const TENANT: AttributeKey = AttributeKey::new("tenant.id");

/// With two entries that are asked for and one that is not, under `tenant.id`, `campaign` and `password`.
fn start(receiver: &Receiver, list: &str) -> (Watched, Context) {
    let builder = to(receiver, Protocol::Http).set("OTEL_LOGS_EXPORTER", "otlp").set(LIST, list);
    let telemetry = builder.build().expect("telemetry can be set up");
    let context = ["tenant.id=acme", "campaign=tea time", "password=s3cr3t"].iter().fold(telemetry.context(), |context, entry| {
        let (name, value) = entry.split_once('=').expect("an entry has a value");
        let _attached = context.attach();
        baggage::with(name, value)
    });
    (telemetry, context)
}

/// Attributes that are texts, without those that say where the code is, as text.
fn texts(attributes: &[ProtoKeyValue]) -> Vec<String> {
    let own = attributes.iter().filter(|attribute| !attribute.key.starts_with("code."));
    own.map(|attribute| match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(value)) => format!("{}={value}", attribute.key),
        other => format!("{}: {other:?}", attribute.key),
    })
    .collect()
}

/// The spans that arrived, by their names, with those attributes.
fn spans(receiver: &Receiver) -> Vec<(String, Vec<String>)> {
    let mut spans: Vec<_> = receiver.spans().iter().map(|span| (span.name().to_owned(), texts(&span.data.attributes))).collect();
    spans.sort();
    spans
}

#[traced]
fn bill() {}

#[traced(fields(tenant.id = "given"))]
fn bill_another() {
    bill();
}

#[traced(ok(tenant.id = |tenant| *tenant))]
fn bill_the_returned() -> &'static str {
    "returned"
}

#[traced]
fn bill_the_one_that_is_set() {
    otel_runtime::current().set(TENANT, "set");
    otel_runtime::current().set(TENANT, "set again");
}

#[traced(root)]
fn begin() {}

#[test]
fn spans_have_the_entries_that_are_listed_and_no_other() {
    let receiver = Receiver::start();
    let (telemetry, context) = start(&receiver, "tenant.id, shop.none, campaign,tenant.id");
    {
        let _attached = context.attach();
        bill();
        begin();
        let tracer = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
        tracer.start("plain").end();
    }
    telemetry.shutdown().expect("everything is delivered");
    let copied = ["tenant.id=acme", "campaign=tea time"].map(str::to_owned).to_vec();
    assert_eq!(spans(&receiver), ["begin", "bill", "plain"].map(|name| (name.to_owned(), copied.clone())));
    assert!(!format!("{:?}", receiver.requests()).contains("s3cr3t"));
}

#[test]
fn what_the_program_says_itself_stays() {
    let receiver = Receiver::start();
    let (telemetry, context) = start(&receiver, "tenant.id");
    {
        let _attached = context.attach();
        bill_another();
        bill_the_returned();
        bill_the_one_that_is_set();
        let tracer = telemetry.tracer_provider().expect("traces are exported").tracer("plain");
        tracer.span_builder("plain").with_attributes([KeyValue::new("tenant.id", 7)]).start(&tracer).end();
    }
    telemetry.shutdown().expect("everything is delivered");
    let expected = [
        ("bill", "tenant.id=acme"),
        ("bill_another", "tenant.id=given"),
        ("bill_the_one_that_is_set", "tenant.id=set again"),
        ("bill_the_returned", "tenant.id=returned"),
        ("plain", "tenant.id: Some(IntValue(7))"),
    ];
    assert_eq!(spans(&receiver), expected.map(|(name, attribute)| (name.to_owned(), vec![attribute.to_owned()])));
}

#[test]
fn nothing_is_copied_unless_it_is_asked_for() {
    let receiver = Receiver::start();
    let (telemetry, context) = start(&receiver, "");
    {
        let _attached = context.attach();
        bill();
    }
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!(spans(&receiver), [("bill".to_owned(), Vec::new())]);
}

#[test]
fn log_records_have_what_is_current_where_they_are_made() {
    let receiver = Receiver::start();
    let (telemetry, context) = start(&receiver, "tenant.id,campaign");
    let logger = telemetry.logger_provider().expect("logs are exported").logger("plain");
    let emit = |body: &'static str, tenant: Option<&'static str>| {
        let mut record = logger.create_log_record();
        record.set_body(AnyValue::from(body));
        record.add_attributes(tenant.map(|tenant| ("tenant.id", tenant)));
        logger.emit(record);
    };
    emit("outside", None);
    {
        let _attached = context.attach();
        emit("inside", None);
        emit("inside", Some("given"));
    }
    telemetry.shutdown().expect("everything is delivered");
    let attributes: Vec<Vec<String>> = receiver.logs().iter().map(|log| texts(&log.data.attributes)).collect();
    assert_eq!(attributes, [vec![], vec!["tenant.id=acme", "campaign=tea time"], vec!["tenant.id=given", "campaign=tea time"]]);
}

#[test]
fn copies_are_within_the_limits() {
    let receiver = Receiver::start();
    let builder = to(&receiver, Protocol::Http).set(LIST, "tenant.id").set("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2");
    let telemetry = builder.build().expect("telemetry can be set up");
    {
        let _telemetry = telemetry.context().attach();
        let _attached = baggage::with("tenant.id", "acme").attach();
        bill();
    }
    telemetry.shutdown().expect("everything is delivered");
    assert!(spans(&receiver)[0].1.contains(&"tenant.id=ac".to_owned()));
}

#[test]
fn names_that_cannot_be_copied_are_told() {
    let builder = tests::telemetry::isolated().set(LIST, "tenant.id,tenant.*,a b");
    let held = builder.variables().into_iter().find(|variable| variable.name() == LIST).expect("it is a variable");
    assert_eq!(held.value(), "tenant.id");
    let telemetry = builder.build().expect("telemetry can be set up");
    let warnings: Vec<String> = telemetry.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            format!("{LIST}: `tenant.*` is a pattern, and names are whole; it is ignored"),
            format!("{LIST}: `a b` is no name of baggage; it is ignored"),
        ]
    );
    drop(telemetry.shutdown_with_timeout(Duration::ZERO));
}

#[test]
fn an_entry_goes_with_its_context_and_no_further() {
    let attached = baggage::with("tenant.id", "acme").attach();
    assert_eq!(baggage::get("tenant.id").as_deref(), Some("acme"));
    let replaced = baggage::with("tenant.id", "a value, with = and \u{1f600}");
    let without = baggage::without("tenant.id");
    assert_eq!(baggage::get("tenant.id").as_deref(), Some("acme"), "neither is current");
    assert_eq!(replaced.baggage().get("tenant.id").map(StringValue::as_str), Some("a value, with = and \u{1f600}"));
    assert!(without.baggage().is_empty());
    drop(attached);
    assert_eq!(baggage::get("tenant.id"), None);
}

#[tokio::test]
async fn an_entry_goes_with_a_future_into_a_task() {
    let task = tokio::spawn(async { baggage::get("tenant.id") }.with_context(baggage::with("tenant.id", "acme")));
    assert_eq!(task.await.expect("the task ends").as_deref(), Some("acme"));
    assert_eq!(baggage::get("tenant.id"), None);
}

#[test]
fn what_does_not_travel_is_left_out_and_the_rest_stays() {
    let metadata = BaggageMetadata::from("kept");
    let mut baggage = Baggage::new();
    baggage.insert_with_metadata("tenant.id", "acme", metadata.clone());
    let _attached = Context::current_with_baggage(baggage).attach();
    for (name, value) in [("", "x".to_owned()), ("a b", "x".to_owned()), ("a,b", "x".to_owned()), ("long", "x".repeat(8192))] {
        let context = baggage::with(name, value);
        assert_eq!(context.baggage().len(), 1, "{name}");
        assert_eq!(context.baggage().get_with_metadata("tenant.id"), Some(&("acme".into(), metadata.clone())));
    }
}
