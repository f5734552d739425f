//! What the services have in common: where the queue is, and where Redis is.

use std::env;
use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;

use ::redis::aio::ConnectionManager;
use async_nats::{Client, Message, Subscriber};
use futures_core::Stream;
use otel_runtime::messaging::{self, Traced};
use otel_runtime::redis;

/// The variables that name the servers.
pub(crate) const NATS: &str = "JOBS_NATS";
pub(crate) const REDIS: &str = "JOBS_REDIS";

/// Orders by what is ordered: `orders.tea`. There are few kinds of subjects, so that these may be in names and metrics.
pub(crate) const ORDERS: &str = "orders.*";
pub(crate) const SHIPMENTS: &str = "shipments";

/// The one line that a queue needs is around its client.
pub(crate) async fn nats() -> Result<Traced<Client>, Box<dyn Error>> {
    let address = env::var(NATS).unwrap_or_else(|_| "localhost:4222".to_owned());
    let (host, port) = address.rsplit_once(':').ok_or("JOBS_NATS is a host and a port")?;
    Ok(messaging::traced(async_nats::connect(&address).await?).server(host, port.parse()?).templates([ORDERS, SHIPMENTS]))
}

/// And the one line that Redis needs is around its connection.
pub(crate) async fn redis() -> Result<redis::Traced<ConnectionManager>, Box<dyn Error>> {
    let client = ::redis::Client::open(env::var(REDIS).unwrap_or_else(|_| "redis://localhost/".to_owned()))?;
    Ok(redis::traced(client.get_connection_manager().await?).of_client(&client))
}

/// The next message, or none if the service is to end first.
pub(crate) async fn next(subscriber: &mut Subscriber, end: &mut (impl Future<Output = ()> + Unpin)) -> Option<Message> {
    let message = poll_fn(|polling| Pin::new(&mut *subscriber).poll_next(polling));
    tokio::select! {
        message = message => message,
        () = end => None,
    }
}
