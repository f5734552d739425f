use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown};
use std::sync::{Mutex, mpsc};
use std::thread;

use super::*;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn server(limits: Limits, pages: impl Fn(Format) -> Option<String> + Send + Sync + 'static) -> Server {
    said_by(limits, pages, |_| {})
}

fn said_by(
    limits: Limits,
    pages: impl Fn(Format) -> Option<String> + Send + Sync + 'static,
    say: impl Fn(&str) + Send + Sync + 'static,
) -> Server {
    let listeners = listen("127.0.0.1", 0).expect("there is a port");
    Server::start(listeners, Arc::new(pages), limits, Diagnostics::new(say)).expect("there is a thread")
}

fn end(server: &Server) {
    assert!(server.shutdown(Instant::now() + LONG));
    assert!(TcpListener::bind(server.address()).is_ok(), "the port is free again");
}

fn connect(server: &Server) -> std::net::TcpStream {
    let stream = std::net::TcpStream::connect(server.address()).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a read can have a limit");
    stream
}

/// All that is answered to a request.
fn ask(server: &Server, request: &str) -> String {
    let mut stream = connect(server);
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers, and closes");
    answer
}

fn get(server: &Server) -> String {
    ask(server, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

#[test]
fn only_metrics_can_be_read_and_only_be_read() {
    let server = server(Limits::default(), |format| Some(format!("{format:?}\n")));
    let answer = get(&server);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nText004\n"), "{answer}");
    assert!(answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{answer}");
    for format in Format::ALL {
        let answer = ask(&server, &format!("GET /metrics?a=b HTTP/1.1\r\nHost: a\r\nAccept: {}\r\n\r\n", format.content_type()));
        assert!(answer.contains(&format!("content-type: {}\r\n", format.content_type())), "{answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{format:?}\n")), "{answer}");
    }
    let answer = ask(&server, "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("content-length: 8\r\n") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    let mut stream = connect(&server);
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").and_then(|()| stream.shutdown(Shutdown::Write)).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers, and closes");
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("Text004\n"), "{answer}");
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = ask(&server, &format!("{method} /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n") && answer.contains("allow: GET, HEAD\r\n"), "{answer}");
    }
    for path in ["/", "/metric", "/metrics/", "/favicon.ico"] {
        let answer = ask(&server, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n") && answer.ends_with("the metrics are at /metrics\n"), "{answer}");
    }
    end(&server);
}

#[test]
fn what_is_no_http_harms_nobody() {
    let server = server(Limits::default(), |_| Some(String::new()));
    let huge = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", "a".repeat(2 * MAX_HEAD));
    for garbage in ["\0\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET /metrics HTTP/9.9\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &huge] {
        let mut stream = connect(&server);
        // It may be gone before it has read all of this.
        let _ = stream.write_all(garbage.as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
    assert!(get(&server).starts_with("HTTP/1.1 200 OK\r\n"));
    end(&server);
}

#[test]
fn clients_that_take_their_time_make_room_for_others() {
    let limits = Limits { connections: 2, head: Duration::from_millis(50), ..Limits::default() };
    let server = server(limits, |_| Some("page".to_owned()));
    // More of them than there are places, each with half a request.
    let slow: Vec<_> = (0..5)
        .map(|_| {
            let mut stream = connect(&server);
            stream.write_all(b"GET /metrics HT").expect("it is not refused");
            stream
        })
        .collect();
    assert!(get(&server).ends_with("page"));
    drop(slow);
    end(&server);
}

#[test]
fn clients_that_do_not_read_make_room_for_others() {
    let limits = Limits { connections: 1, connection: Duration::from_millis(100), ..Limits::default() };
    // More than the system keeps for a client.
    let server = server(limits, |_| Some("x".repeat(64 * 1024 * 1024)));
    let mut slow = connect(&server);
    slow.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it reads");
    let answer = ask(&server, "GET /elsewhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    let mut received = Vec::new();
    let _ = slow.read_to_end(&mut received);
    assert!(received.len() < 64 * 1024 * 1024, "it was cut off");
    end(&server);
}

#[test]
fn a_page_that_cannot_be_made_is_said_and_the_next_can() {
    let first = std::sync::atomic::AtomicBool::new(true);
    let server = server(Limits::default(), move |_| {
        if first.swap(false, std::sync::atomic::Ordering::Relaxed) {
            std::panic::resume_unwind(Box::new("a page on fire"));
        }
        Some("page".to_owned())
    });
    assert!(get(&server).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    assert!(get(&server).ends_with("page"));
    end(&server);
}

#[test]
fn a_page_that_is_never_made_holds_up_neither_others_nor_the_end() {
    let limits = Limits { collection: Duration::from_millis(50), ..Limits::default() };
    let (_never, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = server(limits, move |_| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let _ = wait.lock().map(|wait| wait.recv());
        None
    });
    for _ in 0..3 {
        assert!(get(&server).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1, "it hangs once");
    end(&server);
}

#[test]
fn many_can_ask_at_once() {
    let server = server(Limits::default(), |_| Some("page".to_owned()));
    thread::scope(|scope| {
        let scrapes: Vec<_> = (0..32).map(|_| scope.spawn(|| get(&server))).collect();
        for scrape in scrapes {
            assert!(scrape.join().is_ok_and(|answer| answer.ends_with("page")));
        }
    });
    end(&server);
}

#[test]
fn the_end_closes_what_is_open_and_comes_once() {
    let server = server(Limits::default(), |_| None);
    let mut open = connect(&server);
    end(&server);
    let mut answer = Vec::new();
    let _ = open.read_to_end(&mut answer);
    assert_eq!(answer, b"");
    assert!(server.shutdown(Instant::now()), "it is over already");
}

#[test]
fn a_host_gives_all_its_addresses_one_port() {
    let listeners = listen("localhost", 0).expect("there is a port");
    let addresses: Vec<_> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    assert!(!addresses.is_empty() && addresses.iter().all(|address| address.ip().is_loopback()), "{addresses:?}");
    assert!(addresses.iter().all(|address| address.port() == addresses[0].port()), "{addresses:?}");
    if let Ok(listeners) = listen("[::1]", 0) {
        assert!(listeners[0].local_addr().is_ok_and(|address| address.is_ipv6()));
    }
}

#[test]
fn what_is_taken_or_is_not_here_cannot_be_had() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a port");
    let port = taken.local_addr().expect("it has an address").port();
    assert_eq!(listen("127.0.0.1", port).map_err(|error| error.kind()).err(), Some(io::ErrorKind::AddrInUse));
    // An address for documentation, which is no machine's.
    assert_eq!(listen("192.0.2.1", 0).map_err(|error| error.kind()).err(), Some(io::ErrorKind::AddrNotAvailable));
    assert!(listen("no.such.host.invalid", 0).is_err());
}

#[test]
fn a_thousand_scrapes_that_fail_are_said_once_and_so_is_their_end() {
    let (scrapes, lines) = (Mutex::new(0), Arc::new(Mutex::new(Vec::new())));
    let said = Arc::clone(&lines);
    let pages = move |_| {
        let mut scrapes = scrapes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *scrapes += 1;
        assert!(*scrapes > 1000, "on purpose");
        Some("all is well\n".to_owned())
    };
    let server = said_by(Limits::default(), pages, move |line| said.lock().expect("nobody panics").push(line.to_owned()));
    for _ in 0..1000 {
        assert!(get(&server).starts_with("HTTP/1.1 503 "));
    }
    assert!(get(&server).ends_with("all is well\n"));
    end(&server);
    let expected = [
        "metrics cannot be collected for Prometheus: something panicked meanwhile",
        "metrics are collected for Prometheus again; they could not be 1000 times",
    ];
    assert_eq!(*lines.lock().expect("nobody panics"), expected);
}
