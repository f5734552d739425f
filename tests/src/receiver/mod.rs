//! An OTLP receiver for tests: records what exporters send over gRPC and HTTP,
//! and misbehaves on demand.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use tests::receiver::Receiver;
//! let receiver = Receiver::start();
//! // … point an exporter at receiver.http_endpoint() and end a span …
//! let spans = receiver.wait_for_spans(1, Duration::from_secs(10));
//! assert_eq!(spans[0].name(), "GET /users");
//! ```
//!
//! The layers, from the outside in:
//!
//! * `server` owns the thread, the runtime and the sockets;
//! * `http` and `grpc` translate between their protocol and the ledger, and
//!   decide nothing themselves;
//! * `ledger` records each request and picks the [`Behaviour`] that answers it;
//! * `record` holds what is recorded, `received` the flattened view on it;
//! * `arrivals` is the record of a receiver that is a process of its own, and
//!   may be killed: `src/bin/receiver.rs`.
//!
//! A new fault is a new variant of [`Behaviour`] which either ends inside
//! `ledger` (like a delay) or becomes an `Answer` that both protocols write.

mod arrivals;
mod behaviour;
mod grpc;
mod http;
mod ledger;
mod received;
mod record;
mod server;
mod slow;

#[cfg(test)]
pub(crate) mod client;
#[cfg(test)]
mod tests;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    panic,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use opentelemetry_proto::tonic::{logs::v1::LogRecord, metrics::v1::Metric};

pub use self::{
    arrivals::{Arrival, Arrivals, LETTER},
    behaviour::Behaviour,
    received::{Received, captured, logs, metrics, spans},
    record::{Body, Protocol, Request, Signal},
};
use self::{ledger::Ledger, server::Server};

/// A running receiver. Dropping it closes its ports and connections and ends
/// its thread before the drop returns.
pub struct Receiver {
    ledger: Arc<Ledger>,
    server: Server,
}

/// Starts a [`Receiver`] on chosen ports.
#[derive(Debug, Clone)]
pub struct Builder {
    address: IpAddr,
    http_port: u16,
    grpc_port: u16,
    arrivals: Option<PathBuf>,
}

impl Default for Builder {
    fn default() -> Self {
        Self { address: Ipv4Addr::LOCALHOST.into(), http_port: 0, grpc_port: 0, arrivals: None }
    }
}

impl Builder {
    /// The address to listen on; by default 127.0.0.1.
    #[must_use]
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// The port for OTLP/HTTP; 0, the default, takes a free one.
    #[must_use]
    pub fn http_port(mut self, port: u16) -> Self {
        self.http_port = port;
        self
    }

    /// The port for OTLP/gRPC; 0, the default, takes a free one.
    #[must_use]
    pub fn grpc_port(mut self, port: u16) -> Self {
        self.grpc_port = port;
        self
    }

    /// Writes the spans of accepted requests to this file, before they are
    /// acknowledged, and keeps no requests.
    #[must_use]
    pub fn arrivals(mut self, path: impl Into<PathBuf>) -> Self {
        self.arrivals = Some(path.into());
        self
    }

    /// Opens the ports and returns once both accept connections.
    ///
    /// # Panics
    ///
    /// If a port or the file cannot be opened.
    #[must_use]
    #[track_caller]
    pub fn start(self) -> Receiver {
        let arrivals = self.arrivals.as_deref().map(Arrivals::append).transpose();
        let started = arrivals.and_then(|arrivals| {
            let ledger = Arc::new(Ledger::new(arrivals));
            let at = |port| SocketAddr::new(self.address, port);
            let server = Server::start(at(self.http_port), at(self.grpc_port), Arc::clone(&ledger))?;
            Ok(Receiver { ledger, server })
        });
        match started {
            Ok(receiver) => receiver,
            Err(error) => panic!("the receiver cannot start as {self:?}: {error}"),
        }
    }
}

impl Receiver {
    /// A receiver on two free ports. May be called inside and outside of any
    /// tokio runtime, since the receiver brings its own.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// For a receiver on given ports, as after a restart.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The base address for OTLP/HTTP, to which exporters append `/v1/traces`.
    #[must_use]
    pub fn http_endpoint(&self) -> String {
        format!("http://{}", self.server.addresses.http)
    }

    /// The address for OTLP/gRPC.
    #[must_use]
    pub fn grpc_endpoint(&self) -> String {
        format!("http://{}", self.server.addresses.grpc)
    }

    /// The port of OTLP/HTTP, to restart on it.
    #[must_use]
    pub fn http_port(&self) -> u16 {
        self.server.addresses.http.port()
    }

    /// The port of OTLP/gRPC, to restart on it.
    #[must_use]
    pub fn grpc_port(&self) -> u16 {
        self.server.addresses.grpc.port()
    }

    /// Answers all requests from now on with `behaviour`, except those for
    /// which [`Self::respond_once`] has queued another.
    #[track_caller]
    pub fn respond_with(&self, behaviour: Behaviour) {
        self.ledger.respond_with(behaviour);
    }

    /// Answers one request with `behaviour`, after those queued before it.
    #[track_caller]
    pub fn respond_once(&self, behaviour: Behaviour) {
        self.ledger.respond_once(behaviour);
    }

    /// Reads no more than so many bytes a second from each connection, from
    /// now on; 0 is no limit.
    pub fn limit_bandwidth(&self, bytes: u64) {
        self.ledger.bandwidth.store(bytes, Ordering::Relaxed);
    }

    /// Everything that arrived and could be decoded, accepted or not.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.ledger.requests()
    }

    /// What was turned away because it is no OTLP request, in words: wrong
    /// path, method or content type, or an undecodable body over HTTP.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.ledger.refusals()
    }

    /// The spans of all accepted requests, in order of arrival.
    #[must_use]
    pub fn spans(&self) -> Vec<Received> {
        self.ledger.read(spans)
    }

    /// The metrics of all accepted requests, in order of arrival.
    #[must_use]
    pub fn metrics(&self) -> Vec<Received<Metric>> {
        self.ledger.read(metrics)
    }

    /// The log records of all accepted requests, in order of arrival.
    #[must_use]
    pub fn logs(&self) -> Vec<Received<LogRecord>> {
        self.ledger.read(logs)
    }

    /// Blocks until at least `count` spans were accepted and returns them all.
    ///
    /// Blocks the thread: where the exporter needs the very runtime that the
    /// test runs on, use [`Self::spans_arrived`].
    ///
    /// # Panics
    ///
    /// If they do not come within `timeout`, which is a safety net and nothing
    /// to measure with.
    #[allow(clippy::must_use_candidate, reason = "many tests only wait")]
    #[track_caller]
    pub fn wait_for_spans(&self, count: usize, timeout: Duration) -> Vec<Received> {
        self.ledger.wait_for_spans(count, timeout)
    }

    /// [`Self::wait_for_spans`] for async tests: leaves the runtime free, a
    /// current-thread one too.
    ///
    /// # Panics
    ///
    /// Like [`Self::wait_for_spans`], and outside of a tokio runtime.
    pub async fn spans_arrived(&self, count: usize, timeout: Duration) -> Vec<Received> {
        let ledger = Arc::clone(&self.ledger);
        tokio::task::spawn_blocking(move || ledger.wait_for_spans(count, timeout))
            .await
            .unwrap_or_else(|error| panic::resume_unwind(error.into_panic()))
    }

    /// Blocks until `done` holds for the requests that arrived, and returns
    /// them. The functions [`spans`], [`metrics`] and [`logs`] help to look
    /// into them.
    ///
    /// # Panics
    ///
    /// If it does not hold within `timeout`.
    #[track_caller]
    pub fn wait_for(&self, timeout: Duration, done: impl Fn(&[Request]) -> bool) -> Vec<Request> {
        self.ledger.wait_for("what the test waits for", timeout, done)
    }
}
