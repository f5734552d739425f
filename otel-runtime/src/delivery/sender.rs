//! Sends the parcels of one route, the oldest first and a few at a time, each until it is delivered or given up.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::account::DropReason;
use super::queue::{Fate, Parcel, Queue, Ticket};
use super::retry::Gate;
use super::transport::{Accepted, Failure, Prepared, Transport};
use super::{Delivery, Route};
use crate::diagnostics::{Spell, times};
use crate::own::Status;

/// How long a server may ask to be left alone where nothing is dropped in the end.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What becomes of requests that are not taken, and may be sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Retries {
    /// One that is older is dropped.
    DroppedAfter(Duration),
    /// One that is tried for longer makes way for the others, and is tried again after them.
    PutOffAfter(Duration),
}

/// What the requests of a route share.
struct Sender {
    route: Route,
    queue: Arc<Queue>,
    transport: Transport,
    gate: Gate,
    retries: Retries,
    /// What the backend warns of.
    warning: Spell,
}

/// Sends what is queued for `route`, from now on until the delivery ends, with several requests under way together, so that a slow backend gets as
/// much as a fast one.
pub(super) fn start(delivery: &Delivery, route: Route, transport: Transport, max_concurrent: usize, retries: Retries) {
    let queue = Arc::clone(delivery.queue());
    let sender = Sender { route, queue, transport, gate: Gate::default(), retries, warning: Spell::default() };
    let sender = Arc::new(sender);
    for _ in 0..max_concurrent {
        let sender = Arc::clone(&sender);
        delivery.spawn(async move {
            loop {
                let ticket = sender.queue.next(sender.route).await;
                sender.deliver(&ticket).await;
            }
        });
    }
}

impl Retries {
    fn longest_wait(self) -> Duration {
        match self {
            Self::DroppedAfter(limit) => limit,
            Self::PutOffAfter(_) => LONGEST_WAIT,
        }
    }
}

impl Sender {
    /// Until the parcel is settled, or put off.
    async fn deliver(&self, ticket: &Ticket) {
        let requests = match self.prepared(ticket).await {
            Ok(requests) => requests,
            Err((reason, dropped)) => {
                self.done(ticket.tried, None, Some(reason.name().into()));
                return self.queue.settle(self.route, ticket.number, ticket.items, Fate::Dropped(dropped));
            }
        };
        let (mut settled, mut tried) = (ticket.settled, ticket.tried);
        let last = requests.len().saturating_sub(1);
        for (index, request) in requests.into_iter().enumerate() {
            // What was settled before it was put off.
            if settled > 0 {
                settled = settled.saturating_sub(request.items);
                continue;
            }
            let items = if index == last { u64::MAX } else { request.items };
            let Some(fate) = self.send(ticket, request, tried).await else { return };
            self.queue.settle(self.route, ticket.number, items, fate);
            tried = Instant::now().into_std();
        }
    }

    /// What is sent of a parcel, in one request or several; or why nothing is, and as what that counts.
    async fn prepared(&self, ticket: &Ticket) -> Result<Vec<Prepared>, (DropReason, DropReason)> {
        let body = self.body(ticket).await.ok_or((DropReason::Damaged, DropReason::Damaged))?;
        let parcel = Parcel { body, items: ticket.settled + ticket.items };
        let requests = self.transport.prepare(parcel).await.map_err(|failure| {
            self.queue.trouble(self.route, failure.cause(), "what cannot be sent is dropped");
            (DropReason::Encoding, DropReason::Refused)
        })?;
        // Whoever counted items in it was wrong.
        if requests.is_empty() { Err((DropReason::Damaged, DropReason::Damaged)) } else { Ok(requests) }
    }

    /// A request is done that was tried since then.
    fn done(&self, tried: std::time::Instant, status: Option<Status>, error_type: Option<Cow<'static, str>>) {
        self.queue.operations(self.route).done(|| tried.elapsed(), status, error_type);
    }

    /// What became of a request; `None`: its parcel is put off.
    async fn send(&self, ticket: &Ticket, request: Prepared, tried: std::time::Instant) -> Option<Fate> {
        loop {
            // A shutdown has no time to wait out, so it is one more try at once.
            self.queue.until_shutdown_begins(self.gate.opened()).await;
            let sent = Instant::now();
            let attempt = self.transport.send(request.clone()).await;
            let (status, error_type) = (attempt.status(), attempt.error_type());
            let failure = match attempt.verdict {
                Ok(accepted) => {
                    self.gate.open(sent);
                    self.done(tried, status, error_type);
                    return Some(self.delivered(request.items, accepted));
                }
                Err(failure) => failure,
            };
            let Failure::Retryable { cause, after } = failure else {
                // It answered, so what follows need not wait.
                self.gate.open(sent);
                self.done(tried, status, error_type);
                self.queue.trouble(self.route, failure.cause(), "what it refuses is dropped");
                return Some(Fate::Dropped(DropReason::Refused));
            };
            // A server that asks for ages is asked again when the time for retries is over.
            self.gate.close(sent, after.map(|after| after.min(self.retries.longest_wait())));
            if let Retries::DroppedAfter(limit) = self.retries
                && ticket.came.elapsed() >= limit
            {
                self.done(tried, status, error_type);
                self.queue.trouble(self.route, &cause, "what is older than the time limit for retries is dropped");
                return Some(Fate::Dropped(DropReason::RetryTimeout));
            }
            self.queue.trouble(self.route, &cause, "keeping them, and trying again");
            // A backend may always stumble over this one, and take the others.
            if let Retries::PutOffAfter(limit) = self.retries
                && ticket.tried.elapsed() >= limit
                && self.queue.put_off(self.route, ticket.number)
            {
                return None;
            }
        }
    }

    /// The encoded request, from the disk if need be; `None` if it is damaged or gone. A disk that cannot be read is asked again.
    async fn body(&self, ticket: &Ticket) -> Option<Bytes> {
        if let Some(body) = &ticket.body {
            return Some(body.clone());
        }
        loop {
            let segment = ticket.segment.clone()?;
            match spawn_blocking(move || segment.read()).await {
                Ok(Ok(body)) => return body,
                Ok(Err(error)) => {
                    self.queue.trouble(self.route, &format!("the spool cannot be read: {error}"), "trying again");
                    sleep(UNREADABLE).await;
                }
                // The delivery ends.
                Err(_) => std::future::pending().await,
            }
        }
    }

    fn delivered(&self, items: u64, accepted: Accepted) -> Fate {
        let rejected = accepted.rejected.min(items);
        let message = accepted.message.map(|message| format!(": {message:?}"));
        if rejected > 0 {
            let (all, why) = (self.route.count(items), message.unwrap_or_default());
            if self.queue.rejects(self.route, rejected) {
                self.queue.remark(format_args!("the backend rejected {rejected} of {all}{why}"));
            }
        } else if let Some(message) = message {
            if self.warning.goes_wrong() {
                self.queue.remark(format_args!("the backend took {} with a warning{message}", self.route.name()));
            }
        } else if let Some(warnings) = self.warning.goes_right() {
            self.queue.is_well(format_args!(
                "the backend takes {} without a warning again; it warned {}",
                self.route.name(),
                times(warnings)
            ));
        }
        Fate::Delivered { rejected }
    }
}

/// How long a disk that could not be read is left alone.
const UNREADABLE: Duration = Duration::from_secs(1);
