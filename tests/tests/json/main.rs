//! OTLP in JSON, as it is sent, and read by others: by the reader of `opentelemetry-proto`, and by Protobuf's own for Python.

mod chance;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use chance::Chance;
use otel_runtime::traced;
use prost::Message;
use serde::de::DeserializeOwned;
use tests::chance::Numbers;
use tests::telemetry::isolated;
use tests::venv;

/// The reader of Protobuf, and the writer of JSON, which users do not see.
#[allow(dead_code, reason = "spans need more of it")]
#[path = "../../../otel-runtime/src/wire/read.rs"]
mod wire;

#[path = "../../../otel-runtime/src/delivery/json"]
mod json {
    mod encode;
    mod packed;
    mod schema;

    pub fn of(signal: &str, request: &[u8]) -> String {
        let message = match signal {
            "trace" => &schema::TRACES,
            "metrics" => &schema::METRICS,
            _ => &schema::LOGS,
        };
        let mut json = Vec::new();
        encode::write(&mut json, message, request).expect("it can be written");
        String::from_utf8(json).expect("it is text")
    }
}

const SEEDS: u64 = 200;

fn assert_is_read<T: Message + PartialEq + DeserializeOwned + std::fmt::Debug>(signal: &str, seed: u64, request: &T) {
    let json = json::of(signal, &request.encode_to_vec());
    let read: T = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{signal} of seed {seed}: {error}\n{json}"));
    assert_eq!(read, *request, "{signal} of seed {seed}\n{json}");
    assert!(!json.contains("null") && !json.contains('\n'), "{signal} of seed {seed}\n{json}");
}

#[test]
fn what_is_written_is_read_again() {
    for seed in 0..SEEDS {
        let mut chance = Chance { numbers: Numbers(seed), is_nasty: false };
        assert_is_read("trace", seed, &chance.traces());
        assert_is_read("metrics", seed, &chance.metrics());
        assert_is_read("logs", seed, &chance.logs());
    }
}

/// The body of the one request that comes, which is answered with a success.
fn body_of_a_request(listener: &TcpListener) -> String {
    let (stream, _) = listener.accept().expect("somebody connects");
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a request has a head");
        if line.trim_end().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("it is a number");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a request has a body");
    let reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    reader.into_inner().write_all(reply).expect("it listens");
    String::from_utf8(body).expect("JSON is text")
}

#[traced("shop.weigh", fields(order.weight = f64::NAN, order.limits = [f64::NEG_INFINITY, 0.5]))]
fn weigh() {}

#[test]
fn what_is_no_number_is_sent_as_a_word() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("it has an address"));
    let builder = isolated().set("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json").set("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    let telemetry = builder.build().expect("telemetry can be set up");
    let server = thread::spawn(move || body_of_a_request(&listener));
    {
        let _attached = telemetry.context().attach();
        weigh();
    }
    telemetry.shutdown().expect("it is delivered");
    let body = server.join().expect("a request came");
    for part in [
        r#"{"key":"order.weight","value":{"doubleValue":"NaN"}}"#,
        r#"{"key":"order.limits","value":{"arrayValue":{"values":[{"doubleValue":"-Infinity"},{"doubleValue":0.5}]}}}"#,
    ] {
        assert!(body.contains(part), "{body}");
    }
    assert!(!body.contains("null"), "{body}");
}

/// Of each line a signal, a message in Protobuf and the same in JSON. The one thing in which OTLP is not as Protobuf has it are the ids.
const COMPARE: &str = r"
import base64, importlib, json, sys
from google.protobuf import json_format

IDS = ('traceId', 'spanId', 'parentSpanId')

def as_protobuf_has_it(value):
    if isinstance(value, list):
        return [as_protobuf_has_it(element) for element in value]
    if isinstance(value, dict):
        return {key: base64.b64encode(bytes.fromhex(element)).decode() if key in IDS else as_protobuf_has_it(element)
                for key, element in value.items()}
    return value

def no_number(name):
    raise ValueError(f'{name} is no JSON')

compared = 0
for line in sys.stdin.buffer:
    signal, encoded, text = line.decode().split(' ', 2)
    module = importlib.import_module(f'opentelemetry.proto.collector.{signal}.v1.{signal}_service_pb2')
    Request = getattr(module, f'Export{signal.capitalize()}ServiceRequest')
    expected = Request.FromString(bytes.fromhex(encoded))
    read = json_format.ParseDict(as_protobuf_has_it(json.loads(text, parse_constant=no_number)), Request())
    # NaN is not equal to itself; the bytes are.
    if read.SerializeToString(deterministic=True) != expected.SerializeToString(deterministic=True):
        sys.exit(f'{text}\nis read as\n{read}\ninstead of\n{expected}')
    compared += 1
print(compared)
";

/// A reader that nobody here wrote. Run by `.ci/run`; skipped with a reason where it cannot be had.
#[test]
#[ignore = "installs Protobuf and OTLP's messages from PyPI"]
fn protobufs_own_reader_understands_every_field() {
    let has_messages = |folder: &Path| {
        let python = venv::python(folder);
        let import = "import opentelemetry.proto.collector.logs.v1.logs_service_pb2";
        let imports = Command::new(&python).args(["-c", import]).stderr(Stdio::null()).status();
        imports.is_ok_and(|status| status.success()).then_some(python)
    };
    let python = match venv::with(&["opentelemetry-proto"], has_messages) {
        Ok(python) => python,
        Err(reason) => return tests::skipped(format_args!("opentelemetry-proto cannot be had: {reason}")),
    };
    let mut lines = String::new();
    let mut add = |signal: &str, request: Vec<u8>| {
        lines += signal;
        lines += " ";
        for byte in &request {
            write!(lines, "{byte:02x}").expect("a text takes text");
        }
        writeln!(lines, " {}", json::of(signal, &request)).expect("a text takes text");
    };
    for seed in 0..SEEDS {
        let mut chance = Chance { numbers: Numbers(seed), is_nasty: true };
        add("trace", chance.traces().encode_to_vec());
        add("metrics", chance.metrics().encode_to_vec());
        add("logs", chance.logs().encode_to_vec());
    }
    let mut child = Command::new(python)
        .args(["-c", COMPARE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python runs");
    // Where it stops early, what it says tells why.
    let _ = child.stdin.take().expect("it is piped").write_all(lines.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), (3 * SEEDS).to_string());
}
