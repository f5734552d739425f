//! The core that both protocols share: records a request, decides what becomes
//! of it, and lets tests wait for what arrived.

use std::{
    collections::VecDeque,
    future,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    time::{Duration, Instant},
};

use hyper::{HeaderMap, body::Bytes, header::HeaderValue};
use tokio::{sync::Notify, time};
use tonic::Code;

use super::{
    arrivals::Arrivals,
    behaviour::Behaviour,
    received::{Received, spans},
    record::{Body, Partial, Protocol, Request},
};

/// All that arrived, and how to answer what comes next.
#[derive(Default)]
pub(super) struct Ledger {
    entries: Mutex<Entries>,
    changed: Condvar,
    /// Where spans are written to as they arrive, instead of being kept.
    arrivals: Option<Arrivals>,
    /// The bytes that may come in a second over each connection; 0 is no limit.
    pub(super) bandwidth: AtomicU64,
}

#[derive(Default)]
struct Entries {
    requests: Vec<Request>,
    refusals: Vec<String>,
    always: Behaviour,
    once: VecDeque<Behaviour>,
}

/// The answer that a protocol is to write.
pub(super) enum Answer {
    Success(Option<Partial>),
    Error { http: u16, grpc: Code, headers: HeaderMap },
    Proxy { http: u16, headers: HeaderMap },
    Reply { encoding: Option<HeaderValue>, body: Bytes },
}

/// No protobuf message begins like this: the tag of the first field is longer
/// than a number can be.
const GARBAGE: Bytes = Bytes::from_static(&[0xff; 16]);

impl Ledger {
    pub(super) fn new(arrivals: Option<Arrivals>) -> Self {
        Self { arrivals, ..Self::default() }
    }

    #[track_caller]
    pub(super) fn respond_with(&self, behaviour: Behaviour) {
        let behaviour = behaviour.checked();
        self.entries().always = behaviour;
    }

    #[track_caller]
    pub(super) fn respond_once(&self, behaviour: Behaviour) {
        let behaviour = behaviour.checked();
        self.entries().once.push_back(behaviour);
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.entries().requests.clone()
    }

    pub(super) fn refusals(&self) -> Vec<String> {
        self.entries().refusals.clone()
    }

    pub(super) fn read<T>(&self, view: impl FnOnce(&[Request]) -> T) -> T {
        view(&self.entries().requests)
    }

    #[track_caller]
    pub(super) fn wait_for_spans(&self, count: usize, timeout: Duration) -> Vec<Received> {
        let enough = |requests: &[Request]| spans(requests).len() >= count;
        spans(&self.wait_for(&format!("{count} spans"), timeout, enough))
    }

    #[track_caller]
    pub(super) fn wait_for(&self, what: &str, timeout: Duration, done: impl Fn(&[Request]) -> bool) -> Vec<Request> {
        let missing = |entries: &mut Entries| !done(&entries.requests);
        let (entries, waited) = self.changed.wait_timeout_while(self.entries(), timeout, missing).unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            let came = entries.summary();
            // Dropped first, so that the panic does not poison the lock.
            drop(entries);
            panic!("{what} did not come within {timeout:?}; {came}");
        }
        entries.requests.clone()
    }

    /// Notes a request and takes the behaviour that is due for it.
    fn record(&self, protocol: Protocol, headers: HeaderMap, size: usize, body: Body) -> Behaviour {
        let mut entries = self.entries();
        let due = entries.once.pop_front();
        let behaviour = due.unwrap_or_else(|| entries.always.clone());
        if let Some(arrivals) = &self.arrivals {
            // Before it is acknowledged, so that being killed loses nothing that was.
            if behaviour.accepts() {
                arrivals.write(&body);
            }
            return behaviour;
        }
        entries.requests.push(Request { protocol, headers, arrived: Instant::now(), accepted: behaviour.accepts(), size, body });
        self.changed.notify_all();
        behaviour
    }

    /// The entries. They are whole after each statement that changes them, so
    /// a test's predicate that panicked under the lock has spoilt nothing.
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// What arrived so far, for the reader of a failed test.
    fn summary(&self) -> String {
        let accepted = self.requests.iter().filter(|request| request.accepted);
        format!(
            "{} spans came in {} requests, {} of them accepted; refused: {:?}",
            spans(&self.requests).len(),
            self.requests.len(),
            accepted.count(),
            self.refusals,
        )
    }
}

/// The ledger as one connection sees it.
#[derive(Clone)]
pub(super) struct Session {
    protocol: Protocol,
    ledger: Arc<Ledger>,
    reset: Arc<Notify>,
}

impl Session {
    pub(super) fn new(protocol: Protocol, ledger: Arc<Ledger>) -> Self {
        let reset = Arc::default();
        Self { protocol, ledger, reset }
    }

    /// Records a request and behaves as told. Returns what is to be answered,
    /// and never if there is to be no answer.
    pub(super) async fn handle(&self, headers: HeaderMap, size: usize, body: Body) -> Answer {
        match self.ledger.record(self.protocol, headers, size, body) {
            Behaviour::Accept => Answer::Success(None),
            Behaviour::Status { http, grpc, headers } => Answer::Error { http, grpc, headers },
            Behaviour::Proxy { http, headers } => Answer::Proxy { http, headers },
            Behaviour::Delay(duration) => {
                time::sleep(duration).await;
                Answer::Success(None)
            }
            Behaviour::Hang => future::pending().await,
            Behaviour::Reset => {
                self.reset.notify_one();
                future::pending().await
            }
            Behaviour::PartialSuccess { rejected, message } => Answer::Success(Some(Partial { rejected, message })),
            Behaviour::Garbage => Answer::Reply { encoding: None, body: GARBAGE },
            Behaviour::Reply { encoding, body } => Answer::Reply { encoding, body },
        }
    }

    /// Notes that something came which is no OTLP request.
    pub(super) fn refuse(&self, reason: String) {
        self.ledger.entries().refusals.push(reason);
    }

    pub(super) fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Completes when the connection is to be closed.
    pub(super) async fn reset(&self) {
        self.reset.notified().await;
    }
}
