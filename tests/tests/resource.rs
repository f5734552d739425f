//! The resource, from where a program runs to the bytes.

use std::path::Path;
use std::process;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::opentelemetry::KeyValue;
use otel_runtime::opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::traced;
use tests::receiver::{Protocol, Received, Receiver};
use tests::telemetry::{Builder, to};

#[traced]
fn work() {}

/// The resource of one span.
fn resource(receiver: &Receiver, builder: Builder) -> Received {
    let telemetry = builder.build().expect("telemetry can be set up");
    {
        let _attached = telemetry.context().attach();
        work();
    }
    telemetry.shutdown().expect("everything is delivered");
    receiver.spans().pop().expect("a span arrived")
}

fn text(received: &Received, key: &str) -> Option<String> {
    received.resource_attribute(key).map(|value| match value {
        Value::StringValue(text) => text.clone(),
        other => panic!("{key} is no text: {other:?}"),
    })
}

#[test]
fn a_program_says_where_it_runs() {
    let receiver = Receiver::start();
    let span = resource(&receiver, to(&receiver, Protocol::Http));
    assert_eq!(span.resource_attribute("process.pid"), Some(&Value::IntValue(process::id().into())));
    let program = std::env::current_exe().expect("a test has a program");
    assert_eq!(text(&span, "process.executable.path").as_deref(), program.to_str());
    assert_eq!(text(&span, "process.executable.name").as_deref(), program.file_name().and_then(|name| name.to_str()));
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    assert_eq!(text(&span, "os.type").as_deref(), Some(system));
    assert!(text(&span, "host.arch").is_some());
    #[cfg(target_os = "linux")]
    {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("the host has a name");
        assert_eq!(text(&span, "host.name").as_deref(), Some(name.trim()));
    }
    assert!(text(&span, "service.instance.id").is_some_and(|id| id.len() == 36));
    for secret in ["process.command", "process.command_args", "process.command_line"] {
        assert_eq!(span.resource_attribute(secret), None);
    }
    assert!(Path::new(&text(&span, "process.executable.path").unwrap_or_default()).is_absolute());
}

#[test]
fn an_instance_keeps_its_id_however_often_telemetry_is_set_up() {
    let receiver = Receiver::start();
    let id = || text(&resource(&receiver, to(&receiver, Protocol::Http)), "service.instance.id");
    assert_eq!(id(), id());
}

#[test]
fn what_is_written_wins_over_what_is_detected_and_code_over_both() {
    let receiver = Receiver::start();
    let written = "host.name=written,os.type=zos,service.name=written,service.instance.id=a%2Cb%20%C3%A9";
    let builder = to(&receiver, Protocol::Http).set("OTEL_RESOURCE_ATTRIBUTES", written).service_name("named");
    let span = resource(&receiver, builder.resource_attribute(KeyValue::new("os.type", "hpux")));
    assert_eq!(text(&span, "host.name").as_deref(), Some("written"));
    assert_eq!(text(&span, "service.instance.id").as_deref(), Some("a,b é"));
    assert_eq!(text(&span, "os.type").as_deref(), Some("hpux"));
    assert_eq!(text(&span, "service.name").as_deref(), Some("named"));
    for key in ["host.name", "os.type", "service.name", "service.instance.id"] {
        assert_eq!(span.resource.attributes.iter().filter(|attribute| attribute.key == key).count(), 1, "{key}");
    }
}

#[test]
fn all_signals_have_the_same_resource() {
    let receiver = Receiver::start();
    let builder = to(&receiver, Protocol::Http).set("OTEL_LOGS_EXPORTER", "otlp").set("OTEL_METRICS_EXPORTER", "otlp");
    let telemetry = builder.build().expect("telemetry can be set up");
    {
        let _attached = telemetry.context().attach();
        work();
    }
    telemetry.meter_provider().expect("metrics are exported").meter("plain").u64_counter("orders").build().add(1, &[]);
    let logger = telemetry.logger_provider().expect("logs are exported").logger("plain");
    let mut record = logger.create_log_record();
    record.set_body("sold".into());
    logger.emit(record);
    telemetry.shutdown().expect("everything is delivered");
    let sorted = |mut attributes: Vec<opentelemetry_proto::tonic::common::v1::KeyValue>| {
        attributes.sort_by(|a, b| a.key.cmp(&b.key));
        attributes
    };
    let span = sorted(receiver.spans()[0].resource.attributes.clone());
    assert_eq!(sorted(receiver.logs()[0].resource.attributes.clone()), span);
    assert_eq!(sorted(receiver.metrics()[0].resource.attributes.clone()), span);
    assert!(span.iter().any(|attribute| attribute.key == "service.instance.id"));
}
