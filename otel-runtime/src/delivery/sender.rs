//! Sends the parcels of one route, the oldest first and a few at a time, each until it is delivered or given up.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::account::DropReason;
use super::queue::{Fate, Queue, Ticket};
use super::retry::Gate;
use super::transport::{Accepted, Failure, Transport};
use super::{Delivery, Route};
use crate::diagnostics::{Spell, times};

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
                if let Some(fate) = sender.deliver(&ticket).await {
                    sender.queue.settle(sender.route, ticket.number, fate);
                }
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
    /// `None`: it is put off.
    async fn deliver(&self, ticket: &Ticket) -> Option<Fate> {
        let done = |status, error_type| self.queue.operations(self.route).done(|| ticket.tried.elapsed(), status, error_type);
        let Some(body) = self.body(ticket).await else {
            done(None, Some(DropReason::Damaged.name().into()));
            return Some(Fate::Dropped(DropReason::Damaged));
        };
        let prepared = match self.transport.prepare(body).await {
            Ok(prepared) => prepared,
            Err(failure) => {
                done(None, Some(DropReason::Encoding.name().into()));
                self.queue.trouble(self.route, failure.cause(), "what cannot be sent is dropped");
                return Some(Fate::Dropped(DropReason::Refused));
            }
        };
        loop {
            // A shutdown has no time to wait out, so it is one more try at once.
            self.queue.until_shutdown_begins(self.gate.opened()).await;
            let sent = Instant::now();
            let attempt = self.transport.send(prepared.clone()).await;
            let (status, error_type) = (attempt.status(), attempt.error_type());
            let failure = match attempt.verdict {
                Ok(accepted) => {
                    self.gate.open(sent);
                    done(status, error_type);
                    return Some(self.delivered(ticket, accepted));
                }
                Err(failure) => failure,
            };
            let Failure::Retryable { cause, after } = failure else {
                // It answered, so what follows need not wait.
                self.gate.open(sent);
                done(status, error_type);
                self.queue.trouble(self.route, failure.cause(), "what it refuses is dropped");
                return Some(Fate::Dropped(DropReason::Refused));
            };
            // A server that asks for ages is asked again when the time for retries is over.
            self.gate.close(sent, after.map(|after| after.min(self.retries.longest_wait())));
            if let Retries::DroppedAfter(limit) = self.retries
                && ticket.came.elapsed() >= limit
            {
                done(status, error_type);
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

    fn delivered(&self, ticket: &Ticket, accepted: Accepted) -> Fate {
        let rejected = accepted.rejected.min(ticket.items);
        let message = accepted.message.map(|message| format!(": {message:?}"));
        if rejected > 0 {
            let (all, why) = (self.route.count(ticket.items), message.unwrap_or_default());
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
