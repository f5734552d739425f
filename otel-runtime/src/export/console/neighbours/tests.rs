//! Two consoles in one process, each with a thread, as if in two processes.

use std::io::{Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::thread;

use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt, TraceFlags, TraceState, Tracer};

use super::super::Style;
use super::super::testing::{Capture, Provider};
use super::super::tests::{labels, provider};
use super::*;

/// A process of its own, as far as its neighbours can tell.
struct Process {
    provider: Provider,
    capture: Capture,
}

impl Process {
    fn at(place: &str, service: &'static str) -> Self {
        let capture = Capture::default();
        let neighbours = Place::new(place).map(Neighbours::at);
        let console = Console::among(neighbours, Box::new(capture.clone()), Style::default());
        Self { provider: provider(&console, service), capture }
    }

    fn start(&self, name: &'static str, kind: SpanKind, parent: &Context) -> Context {
        let tracer = self.provider.tracer("test");
        let span = tracer.span_builder(name).with_kind(kind).start_with_context(&tracer, parent);
        Context::new().with_span(span)
    }

    /// The child of a span of another process.
    fn serve(&self, parent: &Context) -> Context {
        self.start("serve", SpanKind::Server, &remote(parent))
    }

    fn settle(&self) -> Vec<String> {
        self.provider.force_flush();
        self.capture.writes()
    }
}

/// A span that no console knows.
fn elsewhere() -> Context {
    let span = SpanContext::new(7.into(), 9.into(), TraceFlags::SAMPLED, true, TraceState::NONE);
    Context::new().with_remote_span_context(span)
}

fn remote(parent: &Context) -> Context {
    let span = parent.span().span_context().clone();
    let sent = SpanContext::new(span.trace_id(), span.span_id(), span.trace_flags(), true, span.trace_state().clone());
    Context::new().with_remote_span_context(sent)
}

#[test]
fn a_server_stands_below_its_client() {
    let (shop, bank) = (Process::at("below", "shop"), Process::at("below", "bank"));
    let root = shop.start("order", SpanKind::Internal, &Context::new());
    let client = shop.start("pay", SpanKind::Client, &root);
    bank.serve(&client).span().end();
    assert!(bank.settle().is_empty(), "it is the shop's to print");
    client.span().end();
    assert!(shop.capture.writes().is_empty());
    root.span().end();
    let writes = shop.capture.writes();
    assert_eq!(writes.len(), 1, "its calls are answered, so there is nothing to wait for");
    assert!(writes[0].starts_with("shop, bank · trace "));
    assert_eq!(labels(&writes[0]), ["order", "└─ pay (client)", "└─ serve (server) [bank]"]);
}

#[test]
fn a_server_that_ends_last_is_waited_for() {
    let (shop, bank) = (Process::at("last", "shop"), Process::at("last", "bank"));
    let client = shop.start("pay", SpanKind::Client, &Context::new());
    let server = bank.serve(&client);
    client.span().end();
    server.span().end();
    assert!(bank.settle().is_empty());
    let writes = shop.settle();
    assert_eq!(writes.len(), 1);
    assert_eq!(labels(&writes[0]), ["pay (client)", "└─ serve (server) [bank]"]);
}

#[test]
fn nobody_is_waited_for_where_nobody_is() {
    let (shop, elsewhere) = (Process::at("alone", "shop"), Process::at("not-alone", "bank"));
    let client = shop.start("pay", SpanKind::Client, &Context::new());
    client.span().end();
    assert_eq!(shop.capture.writes().len(), 1);
    elsewhere.serve(&client).span().end();
    let writes = elsewhere.capture.writes();
    assert!(writes[0].contains(&format!(" · child of {} · ", client.span().span_context().span_id())));
}

#[test]
fn what_was_taken_is_printed_by_the_takers_shutdown() {
    let (shop, bank) = (Process::at("end", "shop"), Process::at("end", "bank"));
    let client = shop.start("pay", SpanKind::Client, &Context::new());
    bank.serve(&client).span().end();
    bank.provider.shutdown();
    assert!(bank.capture.writes().is_empty());
    shop.provider.shutdown();
    let writes = shop.capture.writes();
    assert_eq!(labels(&writes[0]), ["pay (client)", "└─ serve (server) [bank]"]);
    assert!(writes[0].contains("… still running"));
}

#[test]
fn who_has_left_is_no_neighbour() {
    let (shop, bank) = (Process::at("gone", "shop"), Process::at("gone", "bank"));
    let client = shop.start("pay", SpanKind::Client, &Context::new());
    shop.provider.shutdown();
    bank.serve(&client).span().end();
    assert_eq!(bank.capture.writes().len(), 1, "at once");
}

#[test]
fn a_late_child_comes_after_its_parent() {
    let (shop, _bank) = (Process::at("late", "shop"), Process::at("late", "bank"));
    let client = shop.start("pay", SpanKind::Client, &Context::new());
    let late = shop.start("receipt", SpanKind::Internal, &client);
    client.span().end();
    late.span().end();
    let writes = shop.capture.writes();
    assert_eq!(writes.len(), 2);
    assert!(writes[0].contains("… still running") && writes[1].contains("finished after \"pay\" was printed"));
}

#[test]
fn siblings_whose_parent_nobody_has_print_one_tree() {
    let (bank, vault) = (Process::at("siblings", "bank"), Process::at("siblings", "vault"));
    let (first, last) = (bank.serve(&elsewhere()), vault.serve(&elsewhere()));
    first.span().end();
    assert!(bank.settle().is_empty());
    last.span().end();
    let writes = vault.settle();
    assert_eq!(writes.len(), 1);
    assert!(writes[0].starts_with("bank, vault · trace "));
    assert_eq!(labels(&writes[0]), ["serve (server)", "serve (server) [vault]"]);
}

/// A neighbour that does what it likes with those who come.
fn stranger(place: &str, visits: usize, receive: impl Fn(UnixStream) + Send + 'static) -> thread::JoinHandle<()> {
    let place = Place::new(place).expect("there is a user");
    let listener = place.listen().expect("the name is free");
    listener.set_nonblocking(false).expect("it may block");
    thread::spawn(move || {
        for _ in 0..visits {
            receive(listener.accept().expect("somebody comes").0);
        }
    })
}

fn address(name: &str) -> SocketAddr {
    SocketAddr::from_abstract_name(name).expect("it is a name")
}

#[test]
fn a_tree_that_a_neighbour_asks_for_and_does_not_take_stays() {
    let answers: [&[u8]; 5] = [&[], &[9], &[2], &[2, 0], &[1]];
    let visits = stranger("refusal", answers.len(), {
        let answers = Mutex::new(answers.into_iter());
        move |mut stream| {
            let _ = stream.read_exact(&mut [0; 24]);
            let answer = lock(&answers).next().expect("one for each visit");
            let _ = stream.write_all(answer);
        }
    });
    let bank = Process::at("refusal", "bank");
    for (number, _) in answers.iter().enumerate() {
        bank.serve(&elsewhere()).span().end();
        assert_eq!(bank.settle().len(), number + 1);
    }
    assert!(visits.join().is_ok());
    assert!(bank.capture.writes().iter().all(|tree| labels(tree) == ["serve (server)"]));
}

#[test]
fn a_neighbour_that_says_nothing_holds_nothing_up() {
    // At once, and when a tree was asked for.
    for (place, answer) in [("silence", &[][..]), ("silence-at-last", &[2])] {
        let visitors = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&visitors);
        let visits = stranger(place, 1, move |mut stream| {
            assert!(stream.write_all(answer).is_ok());
            lock(&kept).push(stream);
        });
        let bank = Process::at(place, "bank");
        bank.serve(&elsewhere()).span().end();
        assert_eq!(bank.settle().len(), 1);
        assert!(visits.join().is_ok());
        assert_eq!(lock(&visitors).len(), 1, "it was asked");
    }
}

#[test]
fn an_end_that_cannot_wait_loses_nothing() {
    // As if stopped: who comes is let in, and not seen.
    let _stopped = Place::new("hurry").expect("there is a user").listen().expect("the name is free");
    let bank = Process::at("hurry", "bank");
    bank.serve(&elsewhere()).span().end();
    bank.provider.shutdown_with_timeout(Duration::ZERO);
    assert_eq!(bank.capture.writes().len(), 1);
}

#[test]
fn a_large_tree_is_taken_whole() {
    let (shop, bank) = (Process::at("large", "shop"), Process::at("large", "bank"));
    let client = shop.start("pay", SpanKind::Client, &Context::new());
    let server = bank.serve(&client);
    for _ in 0..3_000 {
        bank.start("a step of many", SpanKind::Internal, &server).span().end();
    }
    server.span().end();
    assert!(bank.settle().is_empty());
    client.span().end();
    let writes = shop.settle();
    assert_eq!(writes.len(), 1);
    assert!(writes[0].contains(" · 3002 spans\n"));
}

#[test]
fn visitors_that_talk_nonsense_change_nothing() {
    let (shop, bank) = (Process::at("nonsense", "shop"), Process::at("nonsense", "bank"));
    let client = shop.start("pay", SpanKind::Client, &Context::new());
    let span = client.span().span_context().clone();
    let question = [&span.trace_id().to_bytes()[..], &span.span_id().to_bytes()].concat();
    let gift = |length: u32, body: &[u8]| [&question, &length.to_be_bytes()[..], body].concat();
    let talks = [
        Vec::new(),
        vec![0; 23],
        vec![0xff; 4096],
        question.clone(),
        gift(0, &[]),
        gift(5, &[1, 2, 3]),
        gift(3, &[0xff; 3]),
        gift(u32::MAX, &[0; 64]),
    ];
    let names = Place::new("nonsense").expect("there is a user").neighbours();
    for (name, talk) in names.iter().flat_map(|name| talks.iter().map(move |talk| (name, talk))) {
        let mut stream = UnixStream::connect_addr(&address(name)).expect("it listens");
        // Fails where they have hung up already.
        let _ = stream.write_all(talk);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.len() <= 1, "nothing was taken");
    }
    bank.serve(&client).span().end();
    assert!(bank.settle().is_empty());
    client.span().end();
    let writes = shop.settle();
    assert_eq!(writes.len(), 1);
    assert_eq!(labels(&writes[0]), ["pay (client)", "└─ serve (server) [bank]"]);
}
