//! Other processes that print to the same place: what they and this one have of
//! a trace becomes one tree, which one of them prints.
//!
//! ```text
//! bank: its tree is done                     shop: its spans, or a tree, wait
//!   looks for neighbours
//!   "who has the parent of this tree?" ────▶ "I do" (or "spans of its trace",
//!                                      ◀──── or "no")
//!   gives the tree to the best         ────▶ puts it where its parent is
//!                                      ◀──── "taken"
//!   forgets it                               prints it, in time
//! ```
//!
//! A tree that nobody takes is printed by its owner, after a moment in which
//! its own calls may be joined to it. So is one with which anything goes wrong:
//! a neighbour that is stopped, has ended or talks nonsense costs a moment, and
//! never a span. All of this happens on one thread of the console's own, so that
//! no thread of the program waits for a neighbour, unless to flush or to end.

mod exchange;
mod place;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry::trace::TraceId;
use tokio::net::UnixListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};

use super::assembly::join::Sought;
use super::tree::Tree;
use super::{Console, lock};
use place::Place;

/// How long a tree waits for spans that its calls led to in other processes.
const GRACE: Duration = Duration::from_millis(100);
/// How much longer, if one of them is known to have some: it may be a busy
/// machine that keeps them from coming, or a call that was given up.
const PATIENCE: Duration = Duration::from_millis(500);
/// How many neighbours are served at a time.
const SERVED: usize = 64;
/// For how long one is served, which must be more than it waits for an answer.
const SERVICE: Duration = Duration::from_secs(3);
/// What the thread has to end when there is no time left.
const LEAVE: Duration = Duration::from_millis(200);

/// The console among those that print to the same place.
pub(super) struct Neighbours {
    place: Arc<Place>,
    presence: Mutex<Presence>,
}

#[derive(Default)]
struct Presence {
    processors: BTreeSet<u64>,
    host: Option<Host>,
}

impl Neighbours {
    /// Those on the standard error of this process.
    pub(super) fn on_stderr() -> Option<Self> {
        Place::stderr().map(Self::at)
    }

    fn at(place: Place) -> Self {
        Self { place: Arc::new(place), presence: Mutex::default() }
    }

    /// A processor begins: the first makes this process a neighbour of others.
    /// Should that fail, it is alone.
    pub(super) fn enter(&self, console: &Console, processor: u64) {
        let mut presence = lock(&self.presence);
        presence.processors.insert(processor);
        if presence.host.is_none() {
            presence.host = Host::start(&self.place, console).ok();
        }
    }

    /// A processor ends, and with the last one the thread; `true` if it does.
    pub(super) fn leave(&self, processor: u64, deadline: Instant) -> bool {
        let mut presence = lock(&self.presence);
        presence.processors.remove(&processor);
        let leaving = if presence.processors.is_empty() { presence.host.take() } else { None };
        drop(presence);
        leaving.map(|host| host.end(deadline)).is_some()
    }

    /// Whether a tree is to be kept until it is known if there are any.
    pub(super) fn are_sought(&self) -> bool {
        lock(&self.presence).host.is_some()
    }

    /// Leaves a kept tree to the thread, to give it away or to print it in
    /// time; `false` if there is nobody to join it with.
    pub(super) fn see_off(&self, console: &Console, number: u64) -> bool {
        if self.place.neighbours().is_empty() {
            return false;
        }
        // Under the lock, so that the thread is either there or not, and what it does not do is done by the one who ends it.
        let presence = lock(&self.presence);
        let Some(host) = &presence.host else { return false };
        drop(host.handle.spawn(see_off(console.clone(), Arc::clone(&self.place), number)));
        true
    }
}

/// The thread.
struct Host {
    handle: Handle,
    stop: Arc<Notify>,
    /// Disconnected when the thread has ended.
    ended: mpsc::Receiver<()>,
}

impl Host {
    fn start(place: &Arc<Place>, console: &Console) -> io::Result<Self> {
        let listener = place.listen()?;
        let (place, console) = (Arc::clone(place), console.clone());
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let (started, start) = mpsc::channel();
        let (ends, ended) = mpsc::channel::<()>();
        thread::Builder::new().name("otel-console".to_owned()).spawn(move || {
            let _ends = ends;
            let _silent = Context::enter_telemetry_suppressed_scope();
            let runtime = match Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(started.send(Err(error))),
            };
            let listener = {
                let _entered = runtime.enter();
                UnixListener::from_std(listener)
            };
            match listener {
                Ok(listener) => drop(runtime.spawn(serve(console, place, listener))),
                Err(error) => return drop(started.send(Err(error))),
            }
            let _ = started.send(Ok(runtime.handle().clone()));
            runtime.block_on(stopped.notified());
        })?;
        let handle = start.recv().map_err(|_| io::Error::other("the thread ended at once"))??;
        Ok(Self { handle, stop, ended })
    }

    fn end(self, deadline: Instant) {
        self.stop.notify_one();
        let _ = self.ended.recv_timeout(deadline.saturating_duration_since(Instant::now()).max(LEAVE));
    }
}

/// Answers whoever comes.
async fn serve(console: Console, place: Arc<Place>, listener: UnixListener) {
    let free = Arc::new(Semaphore::new(SERVED));
    while let Ok(permit) = Arc::clone(&free).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely, and not for ever.
            sleep(GRACE).await;
            continue;
        };
        if !place.is_own_user(&stream) {
            continue;
        }
        let console = console.clone();
        tokio::spawn(async move {
            let _permit = permit;
            if let Ok(Ok(Some(complete))) = timeout(SERVICE, exchange::receive(&console, stream)).await {
                console.print_kept(complete);
            }
        });
    }
}

/// Gives a kept tree away, or prints it.
async fn see_off(console: Console, place: Arc<Place>, number: u64) {
    let parent = console.assembly().kept(number).and_then(|tree| Some(Sought { trace: tree.trace_id, parent: tree.remote_parent()? }));
    if let Some(parent) = parent
        && give_away(&console, &place, number, parent).await
    {
        return;
    }
    if open_calls(&console, number).is_some() {
        sleep(GRACE).await;
    }
    if let Some(trace) = open_calls(&console, number)
        && exchange::is_known(&place, trace).await
    {
        sleep(PATIENCE).await;
    }
    console.print_kept(number);
}

/// The trace of a kept tree that has some.
fn open_calls(console: &Console, number: u64) -> Option<TraceId> {
    let assembly = console.assembly();
    assembly.kept(number).filter(|tree| tree.has_open_calls()).map(|tree| tree.trace_id)
}

/// `false` if nobody took it.
async fn give_away(console: &Console, place: &Place, number: u64, parent: Sought) -> bool {
    for stream in exchange::takers(place, parent).await {
        // Spans may have joined it until now.
        let Some(tree) = console.assembly().take_out(number) else { return true };
        let mut offer = Offer { console, number, tree: Some(tree) };
        let gift = offer.tree.as_ref().and_then(wire::encode);
        if let Some(gift) = gift
            && exchange::give(stream, &gift).await
        {
            offer.tree = None;
            return true;
        }
    }
    false
}

/// A kept tree that is in hands, and back in its place if nobody takes it, or
/// if the thread ends before that is known.
struct Offer<'a> {
    console: &'a Console,
    number: u64,
    tree: Option<Tree>,
}

impl Drop for Offer<'_> {
    fn drop(&mut self) {
        if let Some(tree) = self.tree.take() {
            self.console.assembly().put_back(self.number, tree);
        }
        self.console.let_go(self.number);
    }
}
