//! The other end: one process that takes OTLP over HTTP and gRPC, counts the spans, and answers at once. It does little, because it shares the machine.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::{env, io, process, thread};

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::runtime::Builder;

/// Spans by the first part of the path that they were sent to.
static SPANS: Mutex<Option<HashMap<String, u64>>> = Mutex::new(None);

/// What is counted as this came over gRPC, in which a path says nothing of the peer.
pub const GRPC: &str = "grpc";

/// The process, which ends when this is dropped, or its own process ends.
pub struct Sink {
    process: Child,
    port: u16,
    grpc_port: u16,
}

impl Sink {
    pub fn start() -> Self {
        let mut process = Command::new(env::current_exe().expect("this program has a file"))
            .arg("sink")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be run again");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("it is piped")).read_line(&mut line).expect("the sink says its ports");
        let (port, grpc_port) = line.trim().split_once(' ').expect("two ports");
        Self { process, port: port.parse().expect("a port"), grpc_port: grpc_port.parse().expect("a port") }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it takes gRPC; all that comes there is counted as [`GRPC`].
    pub fn grpc_port(&self) -> u16 {
        self.grpc_port
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How many spans came for a peer so far.
pub fn received(port: u16, peer: &str) -> u64 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the sink listens");
    write!(stream, "GET /{peer}/ HTTP/1.1\r\nconnection: close\r\n\r\n").expect("the sink reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the sink answers");
    answer.rsplit("\r\n").next().and_then(|count| count.parse().ok()).expect("a count")
}

/// The sink's own `main`.
pub fn run() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let grpc = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = |listener: &TcpListener| listener.local_addr().expect("it is bound").port();
    println!("{} {}", port(&listener), port(&grpc));
    thread::spawn(|| serve_grpc(grpc));
    thread::spawn(|| {
        // Nothing is ever said.
        let _ = io::stdin().read(&mut [0]);
        process::exit(0);
    });
    for stream in listener.incoming() {
        let stream = stream.expect("a connection can be taken");
        // A client that is killed ends its connection anyhow.
        thread::spawn(move || drop(serve(stream)));
    }
}

fn serve(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().to_owned();
        let (mut length, mut is_last) = (0, false);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap_or_default(),
                "connection" => is_last = value.trim() == "close",
                "transfer-encoding" | "content-encoding" => panic!("{path}: {line:?} is not understood"),
                _ => {}
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
        let peer = path.split('/').nth(1).unwrap_or_default();
        if method == "GET" {
            let count = count(peer, 0).to_string();
            write!(writer, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{count}", count.len())?;
        } else {
            count(peer, if path.ends_with("/traces") { spans_in(&body) } else { 0 });
            writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")?;
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Adds to what came for a peer, and gives the sum.
fn count(peer: &str, spans: u64) -> u64 {
    let mut all = SPANS.lock().expect("nobody panics with it");
    let sum = all.get_or_insert_default().entry(peer.to_owned()).or_default();
    *sum += spans;
    *sum
}

fn serve_grpc(listener: TcpListener) {
    let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime can be built");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a socket can be that");
        let listener = tokio::net::TcpListener::from_std(listener).expect("it is bound");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection can be taken");
            let connection = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service_fn(answer));
            // A client that is killed ends its connection anyhow.
            tokio::spawn(async move { drop(connection.await) });
        }
    });
}

/// Takes a call: one message, behind five bytes that say that it is not compressed and how long it is.
async fn answer(request: Request<Incoming>) -> Result<Response<impl Body<Data = Bytes, Error = Infallible>>, hyper::Error> {
    let is_traces = request.uri().path().contains("TraceService");
    let body = request.into_body().collect().await?.to_bytes();
    assert_eq!(body.first(), Some(&0), "it is not compressed");
    count(GRPC, if is_traces { spans_in(&body[5..]) } else { 0 });
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(std::future::ready(Some(Ok(trailers))));
    Ok(Response::builder().header("content-type", "application/grpc").body(body).expect("it is whole"))
}

/// How many spans an `ExportTraceServiceRequest` has: `resource_spans` is its field 1, and `scope_spans` and `spans` are the fields 2 below it.
fn spans_in(request: &[u8]) -> u64 {
    messages(request, 1).flat_map(|resource| messages(resource, 2)).map(|scope| messages(scope, 2).count() as u64).sum()
}

/// The messages with this number in a message. All fields on the way are messages or texts, which have a length before them.
fn messages(mut message: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        while !message.is_empty() {
            let tag = varint(&mut message);
            assert_eq!(tag & 7, 2, "it has a length");
            let length = usize::try_from(varint(&mut message)).expect("it fits into memory");
            let (field, rest) = message.split_at(length);
            message = rest;
            if tag >> 3 == number {
                return Some(field);
            }
        }
        None
    })
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().expect("the message is whole");
        *bytes = rest;
        value |= u64::from(byte & 127) << shift;
        if *byte < 128 {
            break;
        }
    }
    value
}
