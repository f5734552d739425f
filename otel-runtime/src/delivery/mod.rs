//! What carries encoded OTLP to a backend: one road for the three signals.
//!
//! ```text
//! Batcher ─ encode ─► Queue ─ one lane a route ──► sender ─► Transport ─► backend
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
mod compression;
mod destination;
mod divide;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(not(feature = "grpc"))]
#[path = "grpc_absent.rs"]
mod grpc;
mod http;
#[cfg(feature = "json")]
mod json;
#[cfg(not(feature = "json"))]
#[path = "json_absent.rs"]
mod json;
mod lines;
mod network;
mod queue;
mod retry;
mod route;
mod sender;
mod spool;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "tls_absent.rs"]
mod tls;
mod transport;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

pub use account::{DropReason, SignalHealth};
pub(crate) use batch::{Batch, Batcher, Encoder, Left, Source, WeakBatcher};
pub(crate) use compression::Compression;
#[cfg(feature = "config-file")]
pub(crate) use destination::is_pem;
pub(crate) use destination::{Destination, File, Files, Headers, Protocol, Stated};
#[cfg(test)]
pub(crate) use divide::Divide;
pub(crate) use divide::{MAX_REQUEST, parcels};
use lines::Lines;
pub(crate) use lines::Output;
pub(crate) use queue::{Parcel, Queue};
pub(crate) use route::{Route, Signal};
pub(crate) use sender::Retries;
pub(crate) use spool::Spool;
use spool::Writer;
pub(crate) use transport::Transport;

use crate::background::{Background, Process};
use crate::diagnostics::Diagnostics;

/// The way to a backend that takes OTLP; `Err` says what this build cannot do, or what is wrong with a file.
pub(crate) fn otlp(signal: Signal, destination: &Destination) -> Result<Transport, String> {
    let network = match destination.protocol {
        Protocol::HttpProtobuf | Protocol::HttpJson => http::otlp(signal, destination),
        Protocol::Grpc => grpc::otlp(signal, destination),
    };
    network.map(Box::new).map(Transport::Network).map_err(|problem| format!("{} cannot be exported over OTLP: {problem}", signal.name()))
}

/// The way to a Zipkin.
pub(crate) fn zipkin(destination: &Destination) -> Result<Transport, String> {
    let network = http::zipkin(destination);
    network.map(Box::new).map(Transport::Network).map_err(|problem| format!("traces cannot be exported to Zipkin: {problem}"))
}

/// The way to lines of OTLP in JSON.
pub(crate) fn lines(signal: Signal, output: &Output) -> Result<Transport, String> {
    let problem = |problem| format!("{} cannot be written to {}: {problem}", signal.name(), output.name());
    Lines::new(signal, output.clone()).map(Transport::Lines).map_err(problem)
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

/// What is gathered into batches: the account of a processor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gathered {
    /// Those of the waiting ones that the threads which they come from hold back, and which are not accepted yet.
    before: u64,
    /// Items that wait to be encoded, and how many may.
    pub(crate) waiting: u64,
    pub(crate) capacity: u64,
    /// Those of the processed ones that are being encoded.
    encoding: u64,
    /// Items that were taken out, to be exported.
    pub(crate) processed: u64,
    /// Items that came too late for that.
    pub(crate) late: u64,
}

/// Something that holds items of a route back before they come into the queue.
pub(crate) trait Holding: Send + Sync {
    fn route(&self) -> Route;

    /// Calls `read` with its account; nothing that it has comes into the queue meanwhile.
    fn with_held(&self, read: &mut dyn FnMut(Gathered));

    /// Drops what it has, and takes nothing more.
    fn close(self: Arc<Self>);
}

/// The thread that delivers, and the queue before it.
pub(crate) struct Delivery {
    queue: Arc<Queue>,
    spool: OnceLock<Writer>,
    thread: Background,
    /// What is held back before the queue.
    holding: Mutex<Vec<Weak<dyn Holding>>>,
}

impl Delivery {
    /// Starts the thread.
    pub(crate) fn start(max_bytes: usize, diagnostics: Diagnostics) -> io::Result<Self> {
        spool::leave_to_the_parent();
        let thread = Background::start("otel-delivery", "otel-delivery-dns")?;
        let queue = Arc::new(Queue::new(max_bytes, diagnostics));
        Ok(Self { queue, spool: OnceLock::new(), thread, holding: Mutex::default() })
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Counts what `holding` holds back among what is queued, and closes it at the end.
    fn also_holds(&self, holding: &Arc<dyn Holding>) {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(holding));
    }

    fn holding(&self) -> Vec<Arc<dyn Holding>> {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect()
    }

    /// The account of a route; in a forked child there is none.
    pub(crate) fn health(&self, route: Route) -> SignalHealth {
        if self.is_in_child() {
            return SignalHealth::default();
        }
        let mut health = None;
        // A route has at most one that holds it back; what it has stays there until the queue is read.
        if let Some(holding) = self.holding().iter().find(|holding| holding.route() == route) {
            holding.with_held(&mut |held| {
                let mut account = self.queue.health(route);
                account.accepted += held.before;
                account.queued += held.waiting + held.encoding;
                health = Some(account);
            });
        }
        health.unwrap_or_else(|| self.queue.health(route))
    }

    /// The account of what holds a route's items back, if anything does.
    pub(crate) fn gathered(&self, route: Route) -> Option<Gathered> {
        if self.is_in_child() {
            return None;
        }
        let mut gathered = None;
        self.holding().iter().find(|holding| holding.route() == route)?.with_held(&mut |held| gathered = Some(held));
        gathered
    }

    /// The account of a signal, whichever way it goes.
    pub(crate) fn health_of(&self, signal: Signal) -> SignalHealth {
        let routes = Route::ALL.into_iter().filter(|route| route.signal == signal);
        routes.map(|route| self.health(route)).fold(SignalHealth::default(), SignalHealth::and)
    }

    /// What waits for each backend.
    pub(crate) fn waiting(&self) -> Vec<Undelivered> {
        let waiting = Route::ALL.into_iter().map(|route| {
            let health = self.health(route);
            self.undelivered(route, health.queued + health.spooled, &health)
        });
        waiting.filter(|undelivered| undelivered.dropped > 0).collect()
    }

    /// The account of each route.
    pub(crate) fn accounts(&self) -> [SignalHealth; Route::COUNT] {
        Route::ALL.map(|route| self.health(route))
    }

    /// What was dropped beyond what was dropped `before`.
    pub(crate) fn dropped_since(&self, before: &[SignalHealth; Route::COUNT]) -> Vec<Undelivered> {
        let since = Route::ALL.into_iter().zip(before).zip(self.accounts());
        let since = since.map(|((route, before), now)| self.undelivered(route, now.dropped_in_all() - before.dropped_in_all(), before));
        since.filter(|undelivered| undelivered.dropped > 0).collect()
    }

    /// So many items, and why: of what was dropped, what was since `before`.
    fn undelivered(&self, route: Route, items: u64, before: &SignalHealth) -> Undelivered {
        let (endpoint, cause) = (self.queue.endpoint(route), self.queue.cause(route, before));
        Undelivered { signal: route.signal, dropped: items, spooled: 0, endpoint, cause }
    }

    /// Runs a task on the thread until the delivery ends.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.thread.handle().spawn(task));
    }

    /// Keeps what waits in a spool too, and delivers what is there. Called once, when everything is served.
    pub(crate) fn keep_in(&self, spool: Spool, diagnostics: Diagnostics) -> io::Result<()> {
        let writer = Writer::start(spool, Arc::clone(&self.queue), diagnostics)?;
        self.spool.get_or_init(|| writer);
        Ok(())
    }

    /// Sends what is queued for `route` by `transport`, from now on and so many requests at a time.
    pub(crate) fn serve(&self, route: Route, transport: Transport, max_concurrent: usize, retries: Retries) {
        self.queue.name_endpoint(route, transport.endpoint());
        sender::start(self, route, transport, max_concurrent, retries);
    }

    /// Waits until everything that is queued now is delivered or dropped; `false` if the deadline comes first.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        self.is_in_child() || self.queue.wait_until_settled(deadline)
    }

    pub(crate) fn process(&self) -> Process {
        self.thread.process()
    }

    /// Whether this is a child process that was forked off the one that delivers. Such a one lets go of the spool, which is its parent's.
    pub(crate) fn is_in_child(&self) -> bool {
        let is_forked = self.process().is_forked();
        if is_forked {
            spool::leave_to_the_parent();
        }
        is_forked
    }

    /// A shutdown begins: what follows is the rest, and its trouble is not announced but returned by [`shutdown`](Self::shutdown).
    pub(crate) fn announce_shutdown(&self) {
        self.queue.announce_shutdown();
    }

    /// Delivers what is queued, until the deadline, and ends the threads. What is left then is on disk, or dropped, counted and returned.
    pub(crate) fn shutdown(&self, deadline: Instant) -> Vec<Undelivered> {
        self.queue.wait_until_settled(deadline);
        for holding in self.holding() {
            holding.close();
        }
        self.thread.stop(deadline.saturating_duration_since(Instant::now()).max(GRACE));
        if let Some(spool) = self.spool.get() {
            spool.stop(deadline.saturating_duration_since(Instant::now()).max(GRACE));
        }
        self.queue.close()
    }
}

/// What the thread has to end when there is no time left.
const GRACE: Duration = Duration::from_millis(200);

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("queue", &self.queue).finish_non_exhaustive()
    }
}
