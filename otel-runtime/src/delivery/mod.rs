//! What carries encoded OTLP to a backend: one road for the three signals.
//!
//! ```text
//! Batcher ─ encode ─► Queue ─ one lane a signal ─► sender ─► Transport ─► backend
//! (items)             (parcels, bounded in bytes)  (retry)   (HTTP, gRPC)
//! ```
//!
//! Everything after the encoding happens on one thread of the runtime's own, so that it needs no runtime of the user's, cannot block
//! one, and cannot be starved by one. That thread records nothing about itself. What was accepted is delivered or counted as dropped.

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
mod transport;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;

pub(crate) use batch::{Batch, Batcher};
pub(crate) use queue::{Parcel, Queue};
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
    pub(crate) items: u64,
    /// Where to, and what was the last thing that went wrong there.
    pub(crate) endpoint: String,
    pub(crate) cause: Option<String>,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} not delivered to {}", self.signal.count(self.items), self.endpoint)?;
        match &self.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

/// The thread that delivers, and the queue before it.
pub(crate) struct Delivery {
    queue: Arc<Queue>,
    handle: Handle,
    stop: Arc<Notify>,
    /// Disconnected when the thread has ended.
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Delivery {
    /// Starts the thread.
    pub(crate) fn start(max_bytes: usize, diagnostics: Diagnostics) -> io::Result<Self> {
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
        Ok(Self { queue: Arc::new(Queue::new(max_bytes, diagnostics)), handle, stop, ended: Mutex::new(ended) })
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Runs a task on the thread until the delivery ends.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.handle.spawn(task));
    }

    /// Sends what is queued for `signal` by `transport`, from now on.
    pub(crate) fn serve(&self, signal: Signal, transport: Transport, retry_max_elapsed: Duration) {
        self.queue.name_endpoint(signal, transport.endpoint());
        self.spawn(sender::run(signal, Arc::clone(&self.queue), transport, retry_max_elapsed));
    }

    /// Waits until everything that is queued now is delivered or dropped; `false` if the deadline comes first.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        self.queue.wait_until_settled(deadline)
    }

    /// A shutdown begins: what follows is the rest, and its trouble is not announced but returned by [`shutdown`](Self::shutdown).
    pub(crate) fn announce_shutdown(&self) {
        self.queue.announce_shutdown();
    }

    /// Delivers what is queued, until the deadline, and ends the thread. What is left is dropped, counted and returned.
    pub(crate) fn shutdown(&self, deadline: Instant) -> Vec<Undelivered> {
        self.queue.wait_until_settled(deadline);
        self.stop.notify_one();
        // The thread drops its futures and ends. Should something of the user's hold it up, such as a place for diagnostics that blocks, it is left
        // to end when it can.
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(deadline.saturating_duration_since(Instant::now()).max(GRACE));
        self.queue.close()
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
