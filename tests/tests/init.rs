//! `init`, which installs for the whole process: one test in a binary of its own.

use otel_runtime::opentelemetry::global;
use otel_runtime::opentelemetry::propagation::Injector;
use otel_runtime::opentelemetry::trace::{Tracer, TracerProvider};
use otel_runtime::{InitError, traced};
use tests::receiver::{Protocol, Receiver, captured};
use tests::telemetry::{Printed, to};

#[traced]
fn before_and_after() {}

#[traced]
fn sends() -> Headers {
    let mut headers = Headers::default();
    global::get_text_map_propagator(|propagator| propagator.inject(&mut headers));
    headers
}

#[derive(Default)]
struct Headers(Vec<(String, String)>);

impl Injector for Headers {
    fn set(&mut self, key: &str, value: String) {
        self.0.push((key.to_owned(), value));
    }
}

#[test]
fn it_installs_once_for_the_process() {
    // Used before the set-up, and right after it all the same.
    before_and_after();

    let unknown = otel_runtime::builder().set("OTEL_TRACE_EXPORTER", "console").init().expect_err("there is no such variable");
    assert_eq!(unknown.to_string(), "there is no variable `OTEL_TRACE_EXPORTER`; did you mean `OTEL_TRACES_EXPORTER`?");
    let file = otel_runtime::builder().environment(|_| None).set("OTEL_CONFIG_FILE", "/etc/otel.yaml").init();
    assert!(matches!(file, Err(InitError::InvalidFile { .. })), "nothing is done that the file may forbid");

    let receiver = Receiver::start();
    let printed = Printed::default();
    let telemetry = to(&receiver, Protocol::Http)
        .set("OTEL_TRACES_EXPORTER", "otlp,console")
        .console(printed.clone())
        .init()
        .expect("after a failed attempt there can be another");
    before_and_after();
    let headers = sends();
    global::tracer_provider().tracer("plain").in_span("plain", |_| before_and_after());
    let again = otel_runtime::init().expect_err("it is set up already");
    assert!(matches!(again, InitError::AlreadyInitialised), "{again}");
    assert!(again.to_string().contains("once in a process"), "{again}");

    telemetry.shutdown().expect("everything is delivered");
    before_and_after();

    let spans = receiver.spans();
    assert_eq!(captured(&spans).tree(), "before_and_after\nsends\nplain\n  before_and_after\n");
    let sent = captured(&spans);
    let span = sent.one("sends");
    let expected = format!("00-{}-{}-03", span.trace_id, span.span_id);
    assert!(headers.0.iter().any(|(name, value)| name == "traceparent" && *value == expected), "{:?}", headers.0);
    let printed = printed.text();
    assert_eq!(printed.matches("before_and_after").count(), 2, "{printed}");
}
