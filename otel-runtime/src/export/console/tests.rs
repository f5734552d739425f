//! The console as a program sees it: through tracers.

use std::io;
use std::sync::Arc;
use std::thread;

use opentelemetry::trace::{Span as _, SpanContext, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

use super::testing::{Capture, Provider};
use super::{Console, Style};
use crate::sampling::Sampler;

fn console() -> (Console, Capture) {
    let capture = Capture::default();
    let console = Console::new(Box::new(capture.clone()), Style::default());
    (console, capture)
}

pub(super) fn provider(console: &Console, service: &'static str) -> Provider {
    Provider::new(console, service, Sampler::always_on())
}

/// The names in a tree's rows, without heading and times.
pub(super) fn labels(tree: &str) -> Vec<&str> {
    let bars = ['█', '▏', '░'];
    let rows = tree.lines().skip(1);
    rows.filter_map(|row| row.split_once(bars)).map(|(label, _)| label.trim()).collect()
}

#[test]
fn a_trace_is_printed_when_its_root_ends() {
    let (console, capture) = console();
    let provider = provider(&console, "shop");
    let tracer = provider.tracer("test");
    let root = tracer.start("request");
    let trace_id = root.span_context().trace_id();
    let context = Context::new().with_span(root);
    let mut child = tracer.start_with_context("query", &context);
    child.set_attribute(KeyValue::new("rows", 3));
    child.set_status(Status::error("gone"));
    child.end();
    assert!(capture.writes().is_empty());
    context.span().end();

    let writes = capture.writes();
    assert_eq!(writes.len(), 1, "one write per tree");
    let heading = format!("shop · trace {trace_id} · ");
    assert!(writes[0].starts_with(&heading));
    assert!(writes[0].contains(" · 2 spans, 1 error\n"));
    assert!(writes[0].ends_with("rows=3  ✗ gone\n"));
    assert_eq!(labels(&writes[0]), ["request", "└─ query"]);
}

#[test]
fn services_of_one_process_join_into_one_tree() {
    let (console, capture) = console();
    let (shop, bank) = (provider(&console, "shop"), provider(&console, "bank"));
    let client = shop.tracer("test").start("call");
    let local = client.span_context().clone();
    // As it comes out of the headers of a request.
    let remote = SpanContext::new(local.trace_id(), local.span_id(), local.trace_flags(), true, local.trace_state().clone());
    let parent = Context::new().with_remote_span_context(remote);
    let tracer = bank.tracer("test");
    let builder = tracer.span_builder("serve").with_kind(SpanKind::Server);
    builder.start_with_context(&tracer, &parent).end();
    assert!(capture.writes().is_empty());
    drop(client);

    let writes = capture.writes();
    assert_eq!(writes.len(), 1);
    assert!(writes[0].starts_with("shop, bank · trace "));
    assert_eq!(labels(&writes[0]), ["call", "└─ serve (server) [bank]"]);
}

#[test]
fn a_late_child_and_a_shutdown_lose_nothing() {
    let (console, capture) = console();
    let provider = provider(&console, "shop");
    let tracer = provider.tracer("test");
    let context = Context::new().with_span(tracer.start("request"));
    let mut late = tracer.start_with_context("late", &context);
    let _leaked = tracer.start_with_context("leaked", &context);
    context.span().end();
    late.end();
    provider.shutdown();

    let writes = capture.writes();
    assert_eq!(writes.len(), 3);
    assert_eq!(labels(&writes[0]), ["request", "├─ late", "└─ leaked"]);
    assert!(writes[0].ends_with("… still running\n"));
    assert!(writes[1].contains(" · finished after \"request\" was printed · "));
    assert_eq!(labels(&writes[1]), ["late"]);
    assert_eq!(labels(&writes[2]), ["leaked"]);
    let note = "shut down before \"leaked\" ended, whose parent \"request\" was printed before; 1 still running, no longer followed";
    assert!(writes[2].ends_with(&format!("  note: {note}\n")), "{}", writes[2]);
}

#[test]
fn a_flush_prints_what_waits() {
    let (console, capture) = console();
    let provider = provider(&console, "shop");
    let tracer = provider.tracer("test");
    let context = Context::new().with_span(tracer.start("worker"));
    tracer.start_with_context("step", &context).end();
    provider.force_flush();
    let writes = capture.writes();
    assert_eq!(writes.len(), 1);
    assert_eq!(labels(&writes[0]), ["worker", "└─ step"]);
    assert!(writes[0].ends_with("  note: flushed before the root ended\n"));
}

#[test]
fn spans_that_are_not_sampled_are_not_shown() {
    let (console, capture) = console();
    let provider = Provider::new(&console, "shop", Sampler::always_off());
    provider.tracer("test").start("unseen").end();
    provider.shutdown();
    assert!(capture.writes().is_empty());
}

#[test]
fn parallel_traces_never_mix() {
    let (console, capture) = console();
    let provider = Arc::new(provider(&console, "shop"));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let provider = provider.clone();
            thread::spawn(move || {
                let tracer = provider.tracer("test");
                for _ in 0..50 {
                    let context = Context::new().with_span(tracer.start("root"));
                    tracer.start_with_context("leaf", &context).end();
                    context.span().end();
                }
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
    let writes = capture.writes();
    assert_eq!(writes.len(), 400);
    assert!(writes.iter().all(|w| labels(w) == ["root", "└─ leaf"]));
}

/// Like a stderr that was closed.
struct Closed;

impl io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_failing_writer_is_ignored() {
    let console = Console::new(Box::new(Closed), Style::default());
    let provider = provider(&console, "shop");
    provider.tracer("test").start("root").end();
    provider.shutdown();
}

#[test]
fn poisoned_locks_are_used_all_the_same() {
    let (console, capture) = console();
    let victim = console.clone();
    let panicked = thread::spawn(move || {
        let _writer = victim.shared.writer.lock();
        let _assembly = victim.assembly();
        panic!("on purpose, to poison both locks");
    });
    assert!(panicked.join().is_err());
    assert!(console.shared.writer.is_poisoned() && console.shared.assembly.is_poisoned());
    provider(&console, "shop").tracer("test").start("root").end();
    assert_eq!(capture.writes().len(), 1);
}

#[test]
fn stderr_is_shared_and_keeps_its_first_style() {
    let first = Console::stderr(Style::default());
    let second = Console::stderr(Style { color: true, width: 40 });
    assert!(Arc::ptr_eq(&first.shared, &second.shared));
    assert_eq!(second.style(), Style::default());
}
