//! The HTTP server: a thread of its own with a runtime of its own, so that it needs none of the user's and cannot be starved by one.
//!
//! Nobody can hold it up. A scrape is one connection, which is over after a while whatever its client does; there are only so many of them at a
//! time; and what is asked of the program's own callbacks runs on a thread beside it, once at a time.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, VARY};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use opentelemetry::Context;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::format::Format;
use crate::background::Background;
use crate::diagnostics::{Diagnostics, Spell, times};

/// Where the metrics are, as everybody expects them.
const PATH: &str = "/metrics";

/// What clients may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How many connections there are at a time; further ones wait until one is over.
    pub(super) connections: usize,
    /// Until the head of the request is there.
    pub(super) head: Duration,
    /// Until the metrics are collected. It is how long Prometheus waits unless told otherwise.
    pub(super) collection: Duration,
    /// Until a connection is over.
    pub(super) connection: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 64, head: Duration::from_secs(5), collection: Duration::from_secs(10), connection: Duration::from_secs(30) }
    }
}

/// How much of a request's head is read.
const MAX_HEAD: usize = 16 * 1024;

/// How long it is waited before the next connection is taken, after one could not be, because the process has no more files for example.
const BREATH: Duration = Duration::from_millis(100);

/// Makes the page; `None` if there is nothing to make it of any more.
pub(super) type Pages = dyn Fn(Format) -> Option<String> + Send + Sync;

/// Takes every address that the host has: a client may try any of them. `localhost` is an address of IPv4 and, where there is IPv6, one of that,
/// with the same port.
///
/// # Errors
///
/// If none can be had, or one is in use: somebody else would answer there in our place.
pub(super) fn listen(host: &str, port: u16) -> io::Result<Vec<TcpListener>> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let (mut listeners, mut bound) = (Vec::new(), Vec::<SocketAddr>::new());
    let mut problem = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for mut address in (host, port).to_socket_addrs()? {
        address.set_port(bound.first().map_or(port, SocketAddr::port));
        if bound.contains(&address) {
            continue;
        }
        match TcpListener::bind(address) {
            Ok(listener) => {
                bound.push(listener.local_addr()?);
                listeners.push(listener);
            }
            // Where the port was left to chance, another address may have it in use without being in our place.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && port != 0 => return Err(error),
            Err(error) => problem = error,
        }
    }
    if listeners.is_empty() { Err(problem) } else { Ok(listeners) }
}

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    thread: Background,
}

impl Server {
    pub(super) fn start(listeners: Vec<TcpListener>, pages: Arc<Pages>, limits: Limits, diagnostics: Diagnostics) -> io::Result<Self> {
        let address = listeners.first().ok_or(io::ErrorKind::NotFound)?.local_addr()?;
        for listener in &listeners {
            listener.set_nonblocking(true)?;
        }
        let thread = Background::start("otel-prometheus", "otel-collect")?;
        let entered = thread.handle().enter();
        let listening = listeners.into_iter().map(tokio::net::TcpListener::from_std).collect::<io::Result<Vec<_>>>();
        drop(entered);
        let site = Arc::new(Site {
            pages,
            limits,
            places: Arc::new(Semaphore::new(limits.connections)),
            turn: Arc::new(Semaphore::new(1)),
            diagnostics,
            trouble: Spell::default(),
        });
        for listener in listening? {
            drop(thread.handle().spawn(accept(listener, Arc::clone(&site))));
        }
        Ok(Self { address, thread })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections and gives the port back; `false` if that is not done at the deadline.
    pub(super) fn shutdown(&self, deadline: Instant) -> bool {
        self.thread.process().is_forked() || self.thread.stop(deadline.saturating_duration_since(Instant::now()))
    }
}

/// What all connections share.
struct Site {
    pages: Arc<Pages>,
    limits: Limits,
    places: Arc<Semaphore>,
    /// Whose turn it is to collect: a callback that hangs hangs once, and not once a scrape.
    turn: Arc<Semaphore>,
    diagnostics: Diagnostics,
    trouble: Spell,
}

async fn accept(listener: tokio::net::TcpListener, site: Arc<Site>) {
    loop {
        let Ok(place) = Arc::clone(&site.places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, place, Arc::clone(&site)))),
            Err(_) => sleep(BREATH).await,
        }
    }
}

/// One request, and then the connection is over.
async fn serve(stream: TcpStream, _place: OwnedSemaphorePermit, site: Arc<Site>) {
    let respond = service_fn(|request| {
        let site = Arc::clone(&site);
        async move { Ok::<_, Infallible>(site.respond(&request).await) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        // Who has said all it wanted to say still wants to hear.
        .half_close(true)
        .max_buf_size(MAX_HEAD)
        .timer(TokioTimer::new())
        .header_read_timeout(site.limits.head)
        .serve_connection(TokioIo::new(stream), respond);
    // A client that goes away, or does not speak HTTP, has nobody to complain to.
    let _ = timeout(site.limits.connection, connection).await;
}

impl Site {
    async fn respond(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if request.uri().path() != PATH {
            return text(StatusCode::NOT_FOUND, format!("there is nothing here; the metrics are at {PATH}\n"));
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "the metrics can be read, with GET\n".to_owned());
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let format = Format::accepted(request.headers());
        let page = match self.page(format).await {
            Ok(page) => page,
            Err(why) => {
                if let Some(why) = why.filter(|_| self.trouble.goes_wrong()) {
                    self.diagnostics.warn(format_args!("metrics cannot be collected for Prometheus: {why}"));
                }
                return text(StatusCode::SERVICE_UNAVAILABLE, "the metrics could not be collected\n".to_owned());
            }
        };
        if let Some(failed) = self.trouble.goes_right() {
            self.diagnostics.info(format_args!("metrics are collected for Prometheus again; they could not be {}", times(failed)));
        }
        let mut response = text(StatusCode::OK, page);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
        response
    }

    /// `Err` says why there is none; of telemetry that has ended, nothing.
    async fn page(&self, format: Format) -> Result<String, Option<&'static str>> {
        let collected = async {
            let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| None)?;
            let pages = Arc::clone(&self.pages);
            let page = spawn_blocking(move || {
                let _turn = turn;
                let _silent = Context::enter_telemetry_suppressed_scope();
                pages(format)
            });
            match page.await {
                Ok(page) => page.ok_or(None),
                Err(error) => Err(error.is_panic().then_some("something panicked meanwhile")),
            }
        };
        let too_long = Err(Some("it takes too long, perhaps because a callback of an instrument blocks"));
        timeout(self.limits.collection, collected).await.unwrap_or(too_long)
    }
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests;
