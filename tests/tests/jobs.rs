//! The example `jobs`, as users run it: with a backend, where the traces go through the queue, and without.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use otel_runtime::opentelemetry::trace::SpanKind;
use otel_runtime::testing::{Captured, Span};
use tests::process::{Child, Output};
use tests::receiver::{Receiver, captured};

/// A net under a program that hangs, with time for a build before it runs.
const LONG: Duration = Duration::from_secs(600);

/// Runs the example, which is built once; `None`, and a line that says so, if the servers that it needs are not here.
fn jobs(endpoint: Option<&str>) -> Option<Output> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let path = BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "examples", "--example", "jobs"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = Child::spawn(cargo).wait_with_timeout(LONG);
        assert!(output.status.success(), "{}", output.stderr);
        let test = std::env::current_exe().expect("a test knows where it is");
        let folder = test.ancestors().nth(2).expect("a test is in a folder of its profile");
        folder.join("examples/jobs")
    });
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_")) {
        command.env_remove(name);
    }
    command.envs(endpoint.map(|endpoint| ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)));
    let output = Child::spawn(command).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}\n{}", output.stdout, output.stderr);
    if output.stdout.contains("apt-get install") {
        tests::skipped(&output.stdout);
        return None;
    }
    Some(output)
}

fn text(span: &Span, key: &str) -> Option<String> {
    span.attribute(key).map(ToString::to_string)
}

/// From a span up to the root: names and kinds.
fn chain<'a>(spans: &'a Captured, span: &'a Span) -> Vec<(&'a str, SpanKind)> {
    let mut chain = vec![(&*span.name, span.kind.clone())];
    let mut of = span;
    while let Some(parent) = spans.all().iter().find(|parent| of.is_child_of(parent)) {
        chain.push((&parent.name, parent.kind.clone()));
        of = parent;
    }
    chain
}

#[test]
fn traces_go_through_the_queue_and_batches_link() {
    let receiver = Receiver::start();
    if jobs(Some(&receiver.http_endpoint())).is_none() {
        return;
    }
    let spans = captured(&receiver.spans());
    let ordered = [
        ("ship", SpanKind::Internal),
        ("process orders.*", SpanKind::Consumer),
        ("publish orders.*", SpanKind::Producer),
        ("POST /orders/{item}", SpanKind::Server),
    ];
    let inserted: Vec<_> = spans.named("INSERT shipments").collect();
    assert_eq!(inserted.len(), 3, "{}", spans.tree());
    for span in inserted {
        assert_eq!(chain(&spans, span)[1..], ordered);
    }
    let taken: Vec<_> = spans.named("DECRBY").collect();
    assert_eq!(taken.len(), 4);
    for span in taken {
        assert_eq!((text(span, "db.system.name").as_deref(), &chain(&spans, span)[1..]), (Some("redis"), &ordered[..]));
    }
    // What is out of stock is an error of the worker's, whose reason is noted in one go.
    assert_eq!(chain(&spans, spans.one("PIPELINE"))[1..], ordered);
    let failed: Vec<_> = spans.named("process orders.*").filter_map(|span| text(span, "error.type")).collect();
    assert_eq!(failed.len(), 1, "{}", spans.tree());

    // The batch is of three other traces, and a child of none.
    let sent: BTreeSet<_> = spans.named("publish shipments").map(|span| (span.trace_id.to_bytes(), span.span_id.to_bytes())).collect();
    let batch = spans.one("process shipments");
    let linked: BTreeSet<_> = batch.links.iter().map(|(trace, span)| (trace.to_bytes(), span.to_bytes())).collect();
    assert_eq!((linked.len(), &linked), (3, &sent));
    assert_eq!(chain(&spans, batch), [("process shipments", SpanKind::Consumer)]);
    assert_eq!(text(batch, "messaging.batch.message_count").as_deref(), Some("3"));
    let counted: Vec<_> = spans.named("INCRBY").map(|span| chain(&spans, span)).collect();
    let under_batch = [("INCRBY", SpanKind::Client), ("mail", SpanKind::Internal), ("process shipments", SpanKind::Consumer)];
    assert_eq!(counted, [under_batch.to_vec()]);
}

#[test]
fn without_a_backend_it_shows_them() {
    let Some(output) = jobs(None) else { return };
    for line in ["tea: 202 Accepted", "3 were mailed", "samovar: nothing of that is left"] {
        assert!(output.stdout.contains(line), "{line} is missing in\n{}", output.stdout);
    }
    let trees: Vec<&str> = output.stderr.split("\n\n").collect();
    let order = trees.iter().find(|tree| tree.contains("POST /orders/{item}") && tree.contains("INSERT shipments"));
    let order = order.unwrap_or_else(|| panic!("no trace of an order in\n{}", output.stderr));
    for span in ["publish orders.* (producer)", "process orders.* (consumer)", "DECRBY (client)", "publish shipments (producer)"] {
        assert!(order.contains(span), "{span} is missing in\n{order}");
    }
    assert!(trees.iter().any(|tree| tree.contains("process shipments (consumer)") && tree.contains("mail")), "{}", output.stderr);
}
