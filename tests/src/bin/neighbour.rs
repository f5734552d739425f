//! The services of the test `neighbours`: each a process of its own, with the console exporter.
//!
//! `neighbour ROLE SERVICE…` is the first of the services, and calls the next with the rest. The environment says who called it.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{self, Child, Command, Stdio};
use std::thread;

use otel_runtime::Telemetry;
use otel_runtime::opentelemetry::trace::{SpanKind, TraceContextExt, Tracer};
use otel_runtime::opentelemetry::{Context, global};

/// The calls under way at a time in the role `busy`.
const CALLS: usize = 50;
/// The span that called, and its process.
const PARENT: &str = "TRACEPARENT";
const CALLER: &str = "CALLER";
/// What a service says when it can be spoken to.
const SERVING: &str = "serving\n";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [role, service, rest @ ..] = arguments.as_slice() else { panic!("a role and a service") };
    let builder = tests::telemetry::isolated().set("OTEL_TRACES_EXPORTER", "console").service_name(service);
    let telemetry = builder.init().expect("telemetry starts");
    let called = env::var(PARENT);
    let bystander = (role == "bystander" && called.is_err()).then(bystander);
    match (role.as_str(), called) {
        ("busy", Ok(_)) => serve_many(),
        ("busy", Err(_)) => call_many(rest),
        (_, Ok(parent)) => serve(role, &extract(&parent), rest, &telemetry),
        (_, Err(_)) => order(role, rest),
    }
    telemetry.shutdown().expect("telemetry ends");
    if let Some(mut bystander) = bystander {
        signal("KILL", bystander.id());
        bystander.wait().expect("it was started here");
    }
}

/// A trace begins here.
fn order(role: &str, services: &[String]) {
    let root = span("order", SpanKind::Internal, &Context::new());
    let client = span("call", SpanKind::Client, &root);
    let mut server = start(role, services, &client);
    if !matches!(role, "late" | "outlives") {
        server.wait().expect("it was started here");
    }
    client.span().end();
    root.span().end();
    if role == "late" {
        drop(server.stdin.take());
        server.wait().expect("it was started here");
    } else {
        // Open until this process ends.
        std::mem::forget(server);
    }
}

/// A neighbour that has nothing to do with it, and answers nobody.
fn bystander() -> Child {
    let bystander = start("waits", &["bystander".to_owned()], &span("elsewhere", SpanKind::Client, &Context::new()));
    signal("STOP", bystander.id());
    bystander
}

/// Serves a call, and makes the next one.
fn serve(role: &str, parent: &Context, services: &[String], telemetry: &Telemetry) {
    let server = span("serve", SpanKind::Server, parent);
    print!("{SERVING}");
    match role {
        _ if !services.is_empty() => {
            let client = span("call", SpanKind::Client, &server);
            start(role, services, &client).wait().expect("it was started here");
            client.span().end();
        }
        "late" | "outlives" | "waits" => drop(io::stdin().read_to_end(&mut Vec::new())),
        "kills" => signal("KILL", caller()),
        "stops" => signal("STOP", caller()),
        _ => {}
    }
    server.span().end();
    if role == "stops" {
        telemetry.force_flush().expect("nobody is waited for");
        signal("CONT", caller());
    }
}

/// Makes calls at the same time, each of a trace of its own.
fn call_many(services: &[String]) {
    let mut server = start("busy", services, &Context::new());
    let mut requests = server.stdin.take().expect("it is piped");
    let mut calls = HashMap::new();
    for _ in 0..CALLS {
        let root = span("order", SpanKind::Internal, &Context::new());
        let client = span("call", SpanKind::Client, &root);
        let request = inject(&client);
        writeln!(requests, "{request}").expect("the server reads");
        calls.insert(request, (root, client));
    }
    drop(requests);
    for response in BufReader::new(server.stdout.take().expect("it is piped")).lines() {
        let (root, client) = calls.remove(&response.expect("the server writes")).expect("an answer to each call");
        client.span().end();
        root.span().end();
    }
    assert!(calls.is_empty(), "all are answered");
    server.wait().expect("it was started here");
}

/// Serves each call on a thread. Of every other one, the span ends when the caller has its answer.
fn serve_many() {
    print!("{SERVING}");
    let serve = |(number, request): (usize, io::Result<String>)| {
        thread::spawn(move || {
            let request = request.expect("the caller writes");
            let server = span("serve", SpanKind::Server, &extract(&request));
            if number % 2 == 0 {
                server.span().end();
            }
            println!("{request}");
            server.span().end();
        })
    };
    let threads: Vec<_> = io::stdin().lines().enumerate().map(serve).collect();
    for thread in threads {
        thread.join().expect("it serves");
    }
}

/// Starts the first of `services`, and waits until it serves.
fn start(role: &str, services: &[String], client: &Context) -> Child {
    let mut command = Command::new(env::current_exe().expect("this is a program"));
    command.arg(role).args(services).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.env(PARENT, inject(client)).env(CALLER, process::id().to_string());
    if role == "apart" {
        command.stderr(io::stdout());
    }
    let mut child = command.spawn().expect("it can be started");
    let mut begins = [0; SERVING.len()];
    child.stdout.as_mut().expect("it is piped").read_exact(&mut begins).expect("it begins");
    assert_eq!(begins, SERVING.as_bytes());
    child
}

fn span(name: &'static str, kind: SpanKind, parent: &Context) -> Context {
    let tracer = global::tracer("neighbour");
    Context::new().with_span(tracer.span_builder(name).with_kind(kind).start_with_context(&tracer, parent))
}

fn inject(context: &Context) -> String {
    let mut headers = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(context, &mut headers));
    headers.remove("traceparent").unwrap_or_default()
}

fn extract(parent: &str) -> Context {
    let headers = HashMap::from([("traceparent".to_owned(), parent.to_owned())]);
    global::get_text_map_propagator(|propagator| propagator.extract_with_context(&Context::new(), &headers))
}

fn caller() -> u32 {
    env::var(CALLER).ok().and_then(|caller| caller.parse().ok()).expect("a process")
}

fn signal(name: &str, process: u32) {
    let status = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
    assert!(status.expect("there is a `kill`").success());
    while name == "STOP" && !is_stopped(process) {
        thread::yield_now();
    }
}

/// A thread goes on until it hears of the signal.
fn is_stopped(process: u32) -> bool {
    let mut threads = fs::read_dir(format!("/proc/{process}/task")).expect("it is there");
    threads.all(|thread| {
        let status = fs::read_to_string(thread.expect("it is there").path().join("status"));
        status.expect("it is there").contains("\nState:\tT")
    })
}
