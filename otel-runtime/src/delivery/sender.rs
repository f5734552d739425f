//! Sends the parcels of one signal, one after the other, each until it is delivered or given up.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Signal;
use super::queue::{Fate, Parcel, Queue};
use super::retry::Backoff;
use super::transport::{Failure, Transport};

pub(crate) async fn run(signal: Signal, queue: Arc<Queue>, transport: Transport, retry_max_elapsed: Duration) {
    loop {
        let parcel = queue.next(signal).await;
        let fate = deliver(signal, &queue, &transport, &parcel, retry_max_elapsed).await;
        queue.settle(signal, &fate);
    }
}

async fn deliver(signal: Signal, queue: &Queue, transport: &Transport, parcel: &Parcel, retry_max_elapsed: Duration) -> Fate {
    let began = Instant::now();
    let mut backoff = Backoff::default();
    loop {
        let failure = match transport.send(parcel.body.clone()).await {
            Ok(accepted) => {
                if accepted.rejected > 0 {
                    queue.remark(format_args!("the backend rejected {} of {}", accepted.rejected, signal.count(parcel.items)));
                }
                return Fate::Delivered { rejected: accepted.rejected.min(parcel.items) };
            }
            Err(failure) => failure,
        };
        let Failure::Retryable { cause, after } = failure else {
            queue.trouble(signal, failure.cause(), "what it refuses is dropped");
            return Fate::Dropped;
        };
        let wait = backoff.next(after);
        if wait > retry_max_elapsed.saturating_sub(began.elapsed()) {
            queue.trouble(signal, &cause, "what is older than the time limit for retries is dropped");
            return Fate::Dropped;
        }
        queue.trouble(signal, &cause, "keeping them, and trying again");
        // A shutdown has no time to wait out, so it is one more try at once.
        let _ = timeout(wait, queue.shutdown_begins()).await;
    }
}
