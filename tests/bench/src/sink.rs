//! The other end: a process that takes OTLP over HTTP, counts the spans, and answers at once. It does little, because it shares the machine.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::{env, io, process, thread};

/// Spans by the first part of the path that they were sent to.
static SPANS: Mutex<Option<HashMap<String, u64>>> = Mutex::new(None);

/// The process, which ends when this is dropped, or its own process ends.
pub struct Sink {
    process: Child,
    port: u16,
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
        BufReader::new(process.stdout.take().expect("it is piped")).read_line(&mut line).expect("the sink says its port");
        Self { process, port: line.trim().parse().expect("a port") }
    }

    pub fn port(&self) -> u16 {
        self.port
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
    println!("{}", listener.local_addr().expect("it is bound").port());
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
        let mut spans = SPANS.lock().expect("nobody panics with it");
        let count = spans.get_or_insert_default().entry(path.split('/').nth(1).unwrap_or_default().to_owned()).or_default();
        if method == "GET" {
            let count = count.to_string();
            drop(spans);
            write!(writer, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{count}", count.len())?;
        } else {
            *count += if path.ends_with("/traces") { spans_in(&body) } else { 0 };
            drop(spans);
            writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")?;
        }
        if is_last {
            return Ok(());
        }
    }
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
