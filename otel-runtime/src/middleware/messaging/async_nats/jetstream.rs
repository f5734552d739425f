//! JetStream (feature `async-nats-jetstream`).
//!
//! ```no_run
//! use async_nats::jetstream::{self, Message};
//! use otel_runtime::messaging::{self, async_nats::jetstream::ack, async_nats::process};
//! # async fn ship(_: &Message) -> Result<(), std::io::Error> { Ok(()) }
//!
//! # async fn produce(client: async_nats::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let context = messaging::traced(jetstream::new(client));
//! context.publish("orders.new", "two apples".into()).await?.await?; // publish orders.new (producer)
//! # Ok(()) }
//! # async fn consume(message: Message) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//!
//! process(&message).template("orders.*").run(ship(&message)).await?; // process orders.* (consumer)
//! ack(&message).await?; // ack orders.new (client)
//! # Ok(()) }
//! ```
//!
//! The span of what is published ends when it is on its way; that it was stored is known to the future that is returned.

use ::async_nats::jetstream::context::{Context, PublishAckFuture, PublishError};
use ::async_nats::jetstream::{AckKind, Message};
use ::async_nats::subject::ToSubject;
use ::async_nats::{Error, HeaderMap};
use bytes::Bytes;

use super::destination;
use crate::messaging::{Traced, settle};
use crate::outcome::Outcome;

impl Traced<Context> {
    /// As [`Context::publish`].
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn publish<S: ToSubject>(&self, subject: S, payload: Bytes) -> Result<PublishAckFuture, PublishError> {
        self.publish_with_headers(subject, HeaderMap::new(), payload).await
    }

    /// As [`Context::publish_with_headers`].
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn publish_with_headers<S: ToSubject>(
        &self,
        subject: S,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<PublishAckFuture, PublishError> {
        let subject = subject.to_subject();
        let publish = |headers| self.client.publish_with_headers(subject.clone(), headers, payload);
        self.sending("publish", &subject, headers, publish).await
    }
}

/// As [`Message::ack`], recorded.
///
/// # Errors
///
/// As that.
pub async fn ack(message: &Message) -> Result<(), Error> {
    ack_with(message, AckKind::Ack).await
}

/// As [`Message::ack_with`], recorded under the name of the kind: `ack`, `nak`, `progress`, `next` or `term`.
///
/// # Errors
///
/// As that.
pub async fn ack_with(message: &Message, kind: AckKind) -> Result<(), Error> {
    let name = match kind {
        AckKind::Ack => "ack",
        AckKind::Nak(_) => "nak",
        AckKind::Progress => "progress",
        AckKind::Next => "next",
        AckKind::Term => "term",
    };
    let settling = settle(destination(&message.subject), name).start();
    // The library tells the kinds of these errors in their texts alone.
    let outcome = |acked: &Result<(), Error>| acked.as_ref().err().map_or(Outcome::OK, |error| Outcome::error("_OTHER", error.to_string()));
    settling.run_as(message.ack_with(kind), outcome).await
}
