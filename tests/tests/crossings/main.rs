//! Context through everything that crosses a task or a thread, in storms: no span has a wrong parent, none stays open, and no context is left
//! behind.

mod batches;
mod cancelled;
mod deep;
mod requests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::context::Context;
use tests::receiver::{Protocol, Received, Receiver};
use tests::telemetry::{Said, to};

/// In every context of a test: it is dropped when the last of them is.
struct Witness(#[expect(dead_code, reason = "it is held")] Arc<()>);

/// Runs `run` in the context of telemetry of its own, and returns all spans, of which each was ended and arrived once; besides, no context is left.
fn recorded(run: impl FnOnce(&Context)) -> HashMap<String, Received> {
    let receiver = Receiver::start();
    let said = Said::default();
    let telemetry = said.listen(to(&receiver, Protocol::Http)).build().expect("telemetry can be set up");
    let alive = Arc::new(());
    run(&telemetry.context().with_value(Witness(Arc::clone(&alive))));
    telemetry.shutdown_with_timeout(Duration::from_secs(60)).expect("everything is delivered");
    assert_eq!(said.lines(), [""; 0], "no span is open, and there was no trouble");
    assert_eq!(Arc::strong_count(&alive), 1, "contexts are left");
    let spans = receiver.spans();
    let count = spans.len();
    let spans: HashMap<String, Received> = spans.into_iter().map(|span| (span.span_id_hex(), span)).collect();
    assert_eq!(spans.len(), count, "a span arrived twice");
    spans
}

fn number(span: &Received, key: &str) -> i64 {
    match span.attribute(key) {
        Some(Value::IntValue(number)) => *number,
        other => panic!("{} has {other:?} as {key}", span.name()),
    }
}

/// The parent of a span, which must be there if it has one.
fn parent<'a>(spans: &'a HashMap<String, Received>, span: &Received) -> Option<&'a Received> {
    let id = span.parent_span_id_hex()?;
    Some(spans.get(&id).unwrap_or_else(|| panic!("the parent of {} is missing", span.name())))
}
