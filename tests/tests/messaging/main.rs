//! Messages through real brokers, which are started here if this machine has them.
#![cfg(unix)]

mod nats;
mod rabbitmq;

use std::process::Command;
use std::time::Duration;

use otel_runtime::opentelemetry::trace::SpanKind;
use otel_runtime::testing::Captured;
use tests::conventions::Report;
use tests::process::Child;
use tests::receiver::{Receiver, captured};

const LIMIT: Duration = Duration::from_secs(60);

/// A process that produces or consumes, and sends what it records to the receiver.
fn messenger(receiver: &Receiver, broker: &str, role: &str, port: u16) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_messenger"));
    command.args([broker, role, &port.to_string()]).env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint());
    command.env("OTEL_SERVICE_NAME", role).env("OTEL_METRICS_EXPORTER", "none").env("OTEL_LOGS_EXPORTER", "none");
    Child::spawn(command)
}

/// What a process that produced and one that consumed have recorded, as the conventions have it.
fn between_processes(broker: &str, port: u16) -> Captured {
    let receiver = Receiver::start();
    let consumer = messenger(&receiver, broker, "consume", port);
    consumer.wait_for_line("ready", LIMIT);
    for process in [messenger(&receiver, broker, "produce", port), consumer] {
        let output = process.wait_with_timeout(LIMIT);
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(Report::of(&receiver).problems, [""; 0]);
    captured(&receiver.spans())
}

/// The spans of one trace from the order to where it is shipped: of names and kinds.
fn assert_one_trace(captured: &Captured, chain: &[(&str, SpanKind)]) {
    let spans: Vec<_> = chain.iter().map(|(name, _)| captured.one(name)).collect();
    for pair in spans.windows(2) {
        assert_eq!(pair[1].parent_span_id, pair[0].span_id, "{} under {}", pair[1].name, pair[0].name);
        assert_eq!(pair[1].trace_id, pair[0].trace_id);
    }
    for (span, (_, kind)) in spans.iter().zip(chain) {
        assert_eq!(span.kind, *kind, "{}", span.name);
    }
}

fn text(captured: &Captured, span: &str, key: &str) -> Option<String> {
    captured.one(span).attribute(key).map(ToString::to_string)
}
