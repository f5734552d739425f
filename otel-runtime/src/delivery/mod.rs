//! What carries encoded OTLP to a backend: one road for the three signals.
//!
//! ```text
//! Batcher ─ encode ─► Queue ─ one lane a signal ─► sender ─► Transport ─► backend
//! (items)             (parcels, bounded in bytes)  (retry)   (HTTP, gRPC)
//!                       ▲│
//!                     Spool (on disk, what waits)
//! ```
//!
//! Everything after the encoding happens on one thread of the runtime's own, so that it needs no runtime of the user's, cannot block
//! one, and cannot be starved by one; another writes to the spool, if there is one. These threads record nothing about themselves. What was
//! accepted is delivered, waits, or is counted as dropped: `account`.

mod account;
mod batch;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(not(feature = "grpc"))]
#[path = "grpc_absent.rs"]
mod grpc;
mod http;
mod queue;
mod retry;
mod sender;
mod spool;
mod transport;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;

pub use account::{DropReason, SignalHealth};
pub(crate) use batch::{Batch, Batcher};
pub(crate) use queue::{Parcel, Queue};
pub(crate) use spool::Spool;
use spool::Writer;
pub(crate) use transport::{Destination, Protocol, Transport};

use crate::diagnostics::Diagnostics;

/// One of the three kinds of telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    pub(crate) const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    /// As in the path of a URL: `traces`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// What is counted, in words: `1 span`, `2 log records`.
    pub(crate) fn count(self, items: u64) -> String {
        let plural = if items == 1 { "" } else { "s" };
        format!("{items} {}{plural}", self.item())
    }

    fn item(self) -> &'static str {
        match self {
            Self::Traces => "span",
            Self::Metrics => "data point",
            Self::Logs => "log record",
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// The transport for what is configured; `Err` says what this build cannot do.
pub(crate) fn transport(signal: Signal, destination: &Destination) -> Result<Transport, String> {
    if destination.endpoint.scheme_str() == Some("https") {
        return Err(format!(
            "the endpoint for {} wants TLS (https), which this version cannot do; nothing is sent in the clear",
            signal.name()
        ));
    }
    match destination.protocol {
        Protocol::HttpProtobuf => Ok(http::transport(destination)),
        Protocol::Grpc => grpc::transport(signal, destination),
    }
}

/// What was not delivered when the delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undelivered {
    pub(crate) signal: Signal,
    /// Items that will never be delivered.
    pub(crate) dropped: u64,
    /// Items that the next process will deliver.
    pub(crate) spooled: u64,
    /// Where to, and what was the last thing that went wrong there.
    pub(crate) endpoint: String,
    pub(crate) cause: Option<String>,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} not delivered to {}", self.signal.count(self.dropped + self.spooled), self.endpoint)?;
        if self.spooled > 0 {
            write!(f, " ({} spooled for the next run)", if self.dropped > 0 { self.spooled.to_string() } else { "all".to_owned() })?;
        }
        match &self.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

/// How many items are held back.
type Held = Box<dyn Fn() -> u64 + Send + Sync>;

/// The thread that delivers, and the queue before it.
pub(crate) struct Delivery {
    queue: Arc<Queue>,
    /// Started when the spool is.
    spool: Option<Writer>,
    /// The process that the threads belong to: after a fork, the child has none of them, and nothing that waits is its own.
    process: u32,
    /// What is held back before the queue, by signal.
    held: Mutex<Vec<(Signal, Held)>>,
    handle: Handle,
    stop: Arc<Notify>,
    /// Disconnected when the thread has ended.
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Delivery {
    /// Starts the threads.
    pub(crate) fn start(max_bytes: usize, spool: Option<Spool>, diagnostics: Diagnostics) -> io::Result<Self> {
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let (started, start) = mpsc::channel();
        let (ends, ended) = mpsc::channel::<()>();
        // The runtime is made where it lives: where this is called, there may be another, in which none can be dropped.
        thread::Builder::new().name("otel-delivery".to_owned()).spawn(move || {
            let _ends = ends;
            let runtime = match Builder::new_current_thread().enable_all().thread_name("otel-delivery-dns").build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(started.send(Err(error))),
            };
            let _ = started.send(Ok(runtime.handle().clone()));
            let _silent = Context::enter_telemetry_suppressed_scope();
            runtime.block_on(stopped.notified());
            // A look-up of a name that hangs must not hold up the end of the program.
            runtime.shutdown_background();
        })?;
        let handle = start.recv().map_err(|_| io::Error::other("the thread ended at once"))??;
        let queue = Arc::new(Queue::new(max_bytes, diagnostics.clone()));
        let spool = spool.map(|spool| Writer::start(spool, Arc::clone(&queue), diagnostics)).transpose()?;
        Ok(Self { queue, spool, process: std::process::id(), held: Mutex::default(), handle, stop, ended: Mutex::new(ended) })
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Counts what `held` says among what is queued.
    fn also_holds(&self, signal: Signal, held: impl Fn() -> u64 + Send + Sync + 'static) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push((signal, Box::new(held)));
    }

    /// The account of a signal.
    pub(crate) fn health(&self, signal: Signal) -> SignalHealth {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held: u64 = held.iter().filter(|(other, _)| *other == signal).map(|(_, held)| held()).sum();
        let mut health = self.queue.health(signal);
        health.accepted += held;
        health.queued += held;
        health
    }

    /// Runs a task on the thread until the delivery ends.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.handle.spawn(task));
    }

    /// Sends what is queued for `signal` by `transport`, from now on.
    pub(crate) fn serve(&self, signal: Signal, transport: Transport, retry_max_elapsed: Duration) {
        self.queue.name_endpoint(signal, transport.endpoint());
        let limit = self.spool.is_none().then_some(retry_max_elapsed);
        sender::start(self, signal, transport, limit);
    }

    /// Waits until everything that is queued now is delivered or dropped; `false` if the deadline comes first.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        self.is_in_child() || self.queue.wait_until_settled(deadline)
    }

    /// Whether this is a child process that was forked off the one that delivers.
    fn is_in_child(&self) -> bool {
        std::process::id() != self.process
    }

    /// A shutdown begins: what follows is the rest, and its trouble is not announced but returned by [`shutdown`](Self::shutdown).
    pub(crate) fn announce_shutdown(&self) {
        self.queue.announce_shutdown();
    }

    /// Delivers what is queued, until the deadline, and ends the threads. What is left then is on disk, or dropped, counted and returned.
    pub(crate) fn shutdown(&self, deadline: Instant) -> Vec<Undelivered> {
        if self.is_in_child() {
            self.queue.remark("this process was forked off one with telemetry, and has none of its own; call `init` after the fork");
            return Vec::new();
        }
        self.queue.wait_until_settled(deadline);
        self.stop.notify_one();
        // The thread drops its futures and ends. Should something of the user's hold it up, such as a place for diagnostics that blocks, it is left
        // to end when it can.
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(deadline.saturating_duration_since(Instant::now()).max(GRACE));
        if let Some(spool) = &self.spool {
            spool.stop(deadline.saturating_duration_since(Instant::now()).max(GRACE));
        }
        let undelivered = self.queue.close();
        if let Some(spool) = &self.spool {
            spool.close();
        }
        undelivered
    }
}

/// What the thread has to end when there is no time left.
const GRACE: Duration = Duration::from_millis(200);

impl Drop for Delivery {
    fn drop(&mut self) {
        self.stop.notify_one();
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("queue", &self.queue).finish_non_exhaustive()
    }
}
