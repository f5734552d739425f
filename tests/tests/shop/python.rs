//! A service of Python's between two of ours: what `opentelemetry-instrument` does for `FastAPI` and requests, and our layers, are one trace. The
//! packages come from `PyPI`; where they cannot be had, the test says so and skips.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tests::process::Child;
use tests::receiver::{self, Receiver};
use tests::shop::Service;
use tests::venv;

use crate::LONG;
use crate::whole::{service, trace_with, tree};

const PACKAGES: &[&str] = &[
    "fastapi",
    "uvicorn",
    "requests",
    "opentelemetry-distro",
    "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-instrumentation-fastapi",
    "opentelemetry-instrumentation-requests",
];

#[test]
#[ignore = "installs packages from PyPI"]
fn a_service_of_pythons_is_called_and_calls_in_one_trace() {
    let instrument = |folder: &std::path::Path| Some(folder.join("bin/opentelemetry-instrument")).filter(|program| program.is_file());
    let instrument = match venv::with(PACKAGES, instrument) {
        Ok(instrument) => instrument,
        Err(reason) => return tests::skipped(format_args!("FastAPI and its instrumentation cannot be had: {reason}")),
    };
    let receiver = Receiver::start();
    let endpoint = receiver.http_endpoint();
    let to = ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str());
    let [api1, api2] = ["api1", "api2"].map(|name| Service::start(name, &[to]));
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).expect("a port is free").port();
    let mut command = Command::new(&instrument);
    command.args(["uvicorn", "--port", &port.to_string(), "service:app"]).current_dir("tests/shop");
    command.env("PATH", instrument.parent().unwrap_or(&instrument)).env("NEXT", &api2.url);
    command.envs([
        ("OTEL_SERVICE_NAME", "python"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]);
    let python = Child::spawn(command);
    python.wait_for_line("Uvicorn running on", LONG);

    let server = Service::start("server", &[to, ("SHOP_API1", &api1.url), ("SHOP_API2", &format!("http://127.0.0.1:{port}"))]);
    assert_eq!(server.request("POST", "/customers/ann/visit"), (200, "Hello, ann! You are customer number 1.\n".to_owned()));
    for service in [server, api1, api2] {
        service.end();
    }
    // Its own spans come a moment later.
    let spans = receiver.wait_for(LONG, |requests| receiver::spans(requests).iter().filter(|span| service(span) == "python").count() >= 4);
    drop(python);

    let trace = trace_with(&receiver::spans(&spans), "POST /customers/{customer}/visit");
    let caller = |of: &str| {
        let called = trace.iter().find(|span| service(span) == of && span.kind() == SpanKind::Server).expect("the service was called");
        let by = trace.iter().find(|span| Some(span.span_id_hex()) == called.parent_span_id_hex()).expect("it was called by someone");
        (service(by).to_owned(), by.kind())
    };
    assert_eq!(caller("python"), ("server".to_owned(), SpanKind::Client), "{}", tree(&trace));
    assert_eq!(caller("api2"), ("python".to_owned(), SpanKind::Client), "{}", tree(&trace));
    assert_eq!(trace.iter().filter(|span| span.parent_span_id_hex().is_none()).count(), 1, "{}", tree(&trace));
    let greet = trace.iter().find(|span| span.name() == "greet").expect("who is called by Python greets");
    assert_eq!(greet.attribute("customer.id"), Some(&Value::StringValue("ann".to_owned())), "baggage goes through");
}
