//! Spans in Zipkin's own format, as a Zipkin gets them over a real socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use otel_runtime::traced;
use serde_json::Value;
use tests::process::Child;
use tests::telemetry::{Watched, isolated};

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(300);

/// What stands where a Zipkin would: it takes what is posted.
struct Zipkin {
    port: u16,
    posted: Arc<Mutex<Vec<(String, Value)>>>,
    thread: Option<JoinHandle<()>>,
}

impl Zipkin {
    /// The answers are given one after the other, and the last one again and again.
    fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let posted = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&posted);
        let thread = thread::spawn(move || {
            let mut answers = answers.iter().copied().enumerate();
            let mut last = "";
            while let Ok((stream, _)) = listener.accept() {
                let Some(request) = read(&stream) else { break };
                last = answers.next().map_or(last, |(_, answer)| answer);
                if last.starts_with('2') {
                    taken.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                }
                let _ = write!(&stream, "HTTP/1.1 {last}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        Self { port, posted, thread: Some(thread) }
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/api/v2/spans", self.port)
    }

    /// The spans that were taken, with the head of the request that had them.
    fn spans(&self) -> Vec<(String, Value)> {
        let posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        let each = |(head, body): &(String, Value)| {
            body.as_array().expect("an array of spans").iter().map(|span| (head.clone(), span.clone())).collect::<Vec<_>>()
        };
        posted.iter().flat_map(each).collect()
    }
}

impl Drop for Zipkin {
    fn drop(&mut self) {
        // A connection that says nothing ends the thread.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        let ended = self.thread.take().is_none_or(|thread| thread.join().is_ok());
        assert!(ended || thread::panicking(), "its thread panicked");
    }
}

/// The head and the body of a request; `None` where there is none.
fn read(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    Some((head, serde_json::from_slice(&body).expect("the body is JSON")))
}

#[traced("shop.place_order", kind = server, fields(order.id = 7))]
fn place_order() {
    charge();
}

#[traced("charge", kind = client, fields(server.address = "bank.example"), error_if = |()| true)]
fn charge() {}

/// Telemetry that has recorded a call, which is a tree of two spans.
fn record(zipkin: &Zipkin) -> Watched {
    let telemetry = isolated()
        .set("OTEL_TRACES_EXPORTER", "zipkin")
        .set("OTEL_EXPORTER_ZIPKIN_ENDPOINT", zipkin.endpoint())
        .build()
        .expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    place_order();
    drop(attached);
    telemetry
}

#[test]
fn a_zipkin_gets_the_tree() {
    let zipkin = Zipkin::start(&["202 Accepted"]);
    record(&zipkin).shutdown().expect("the spans are delivered");
    let spans = zipkin.spans();
    let [(head, charge), (_, order)] = &spans[..] else { panic!("two spans: {spans:?}") };
    assert!(head.starts_with("POST /api/v2/spans HTTP/1.1") && head.contains("content-type: application/json"), "{head}");
    assert_eq!((&order["name"], &order["kind"], order.get("parentId")), (&"shop.place_order".into(), &"SERVER".into(), None));
    assert_eq!((&charge["parentId"], &charge["traceId"]), (&order["id"], &order["traceId"]));
    assert_eq!(charge["localEndpoint"]["serviceName"], "tests");
    assert_eq!(charge["remoteEndpoint"]["serviceName"], "bank.example");
    assert_eq!((&order["tags"]["order.id"], &charge["tags"]["otel.status_code"]), (&"7".into(), &"ERROR".into()));
}

#[test]
fn a_zipkin_that_is_overloaded_is_asked_again_and_one_that_refuses_is_not() {
    let zipkin = Zipkin::start(&["503 Service Unavailable", "202 Accepted"]);
    let telemetry = record(&zipkin);
    telemetry.shutdown_with_timeout(LONG).expect("the spans are delivered");
    let health = telemetry.health().traces;
    assert_eq!((zipkin.spans().len(), health.delivered, health.dropped_in_all()), (2, 2, 0));

    let zipkin = Zipkin::start(&["400 Bad Request"]);
    let error = record(&zipkin).shutdown().expect_err("they are refused");
    assert_eq!((error.lost(), zipkin.spans().len()), (2, 0));
    assert!(error.to_string().contains("HTTP status 400"), "{error}");
}

/// The Rust of `opentelemetry-instrument --traces_exporter zipkin --metrics_exporter none --service_name server`.
#[test]
fn variables_alone_send_a_program_to_a_zipkin() {
    let zipkin = Zipkin::start(&["202 Accepted"]);
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--package", "basics", "--example", "quickstart"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_")) {
        command.env_remove(name);
    }
    command.envs([
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_SERVICE_NAME", "server"),
        ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", zipkin.endpoint().as_str()),
    ]);
    let output = Child::spawn(command).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}", output.stderr);
    let spans = zipkin.spans();
    assert_eq!(spans.len(), 12, "{}", output.stderr);
    assert!(spans.iter().all(|(_, span)| span["localEndpoint"]["serviceName"] == "server"));
}
