//! The program of the test `child_process`: `errand KIND…` does a piece of work of the first kind, in which it starts itself for the rest.
//!
//! It takes the context that its environment has, and prints what it would send from within its work.

use std::collections::BTreeMap;
use std::env;
use std::process::Command;

use otel_runtime::context::{self, CommandExt};
use otel_runtime::opentelemetry::global;
use otel_runtime::opentelemetry::propagation::Injector;
use otel_runtime::opentelemetry::trace::Tracer;
use otel_runtime::traced;

/// In the order of their names.
#[derive(Default)]
struct Headers(BTreeMap<String, String>);

impl Injector for Headers {
    fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let telemetry = otel_runtime::init().expect("telemetry starts");
    if let [kind, rest @ ..] = arguments.as_slice() {
        let _attached = context::from_environment().attach();
        match kind.as_str() {
            "work" => work(rest),
            "begins" => begins(rest),
            "plain" => global::tracer("plain").in_span("plain", |_| send(rest)),
            "nothing" => send(rest),
            kind => panic!("there is no {kind}"),
        }
    }
    telemetry.shutdown().expect("telemetry ends");
}

#[traced]
fn work(rest: &[String]) {
    send(rest);
}

/// Has nothing to do with who started it.
#[traced(root)]
fn begins(rest: &[String]) {
    send(rest);
}

fn send(rest: &[String]) {
    let mut headers = Headers::default();
    context::inject(&mut headers);
    let headers: Vec<String> = headers.0.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    println!("{}", headers.join(" | "));
    if !rest.is_empty() {
        let program = env::current_exe().expect("it is known");
        let status = Command::new(program).args(rest).in_current_context().status().expect("it can be started");
        assert!(status.success(), "{status}");
    }
}
