//! RabbitMQ by the crate `lapin` (feature `lapin`).
//!
//! ```no_run
//! use lapin::message::Delivery;
//! use lapin::options::{BasicAckOptions, BasicPublishOptions};
//! use lapin::{BasicProperties, Channel};
//! use otel_runtime::messaging::{self, lapin::{ack, process}};
//! # async fn ship(_: &Delivery) -> Result<(), std::io::Error> { Ok(()) }
//!
//! # async fn produce(channel: Channel) -> lapin::Result<()> {
//! let channel = messaging::traced(channel).server("rabbit.example", 5672);
//! let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
//! channel.basic_publish("shop".into(), "orders".into(), options, b"two apples", properties).await?; // publish shop:orders (producer)
//! # Ok(()) }
//! # async fn consume(delivery: Delivery) -> Result<(), Box<dyn std::error::Error>> {
//!
//! process("orders-queue", &delivery).run(ship(&delivery)).await?; // process shop:orders:orders-queue (consumer)
//! ack(&delivery, BasicAckOptions::default()).await?; // ack shop:orders (client)
//! # Ok(()) }
//! ```
//!
//! Recorded are `basic_publish` and `basic_get` of a channel that was [`traced`](super::traced), what is [`process`]ed, and what becomes of it:
//! [`ack`], [`nack`], [`reject`]. The span of what is published ends when it is on its way; that it arrived is known to the future that is returned.
//!
//! Destinations are called as the [conventions for RabbitMQ](https://opentelemetry.io/docs/specs/semconv/messaging/rabbitmq/) say:
//! `exchange:routing_key`, and `exchange:routing_key:queue` where they are consumed. How many routing keys of an exchange there are nobody can see:
//! with one, a name is in metrics only under a pattern of [`Traced::templates`] or of [`Draft::template`]. Queues that the server has named are in
//! neither names of spans nor metrics. `error.type` is the error that the server gives, such as `NOTFOUND`, or the kind of the library's.

use std::any::type_name;
use std::borrow::Cow;

use ::lapin::message::{BasicGetMessage, Delivery};
use ::lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, BasicPublishOptions, BasicRejectOptions};
use ::lapin::protocol::AMQPErrorKind;
use ::lapin::types::{AMQPValue, FieldTable, ShortString};
use ::lapin::{BasicProperties, Channel, Error, ErrorKind, PublisherConfirm, Result};
use opentelemetry::KeyValue;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry_semantic_conventions::attribute as key;

use super::{Destination, Draft, PROCESS, Processing, SEND, SETTLE, Settling, Traced};
use crate::outcome::Outcome;
use crate::semconv::messaging::Cardinality;

/// Reads context from the headers of a message.
#[derive(Clone, Copy, Debug)]
pub struct HeaderExtractor<'a>(pub Option<&'a FieldTable>);

impl Extractor for HeaderExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        text(self.0?, key)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.into_iter().flat_map(names).collect()
    }
}

/// Writes context into the headers of a message, in the place of what is there under the same names.
#[derive(Debug)]
pub struct HeaderInjector<'a>(pub &'a mut FieldTable);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let Ok(key) = ShortString::try_new(key) {
            self.0.insert(key, AMQPValue::LongString(value.into()));
        }
    }
}

impl Extractor for HeaderInjector<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        text(self.0, key)
    }

    fn keys(&self) -> Vec<&str> {
        names(self.0).collect()
    }
}

fn names(headers: &FieldTable) -> impl Iterator<Item = &str> {
    headers.inner().keys().map(ShortString::as_str)
}

fn text<'a>(headers: &'a FieldTable, key: &str) -> Option<&'a str> {
    match headers.inner().get(key)? {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    }
}

impl Traced<Channel> {
    /// As [`Channel::basic_publish`].
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn basic_publish(
        &self,
        exchange: ShortString,
        routing_key: ShortString,
        options: BasicPublishOptions,
        payload: &[u8],
        mut properties: BasicProperties,
    ) -> Result<PublisherConfirm> {
        let mut headers = properties.headers().clone().unwrap_or_default();
        let guard = {
            let destination = self.known(published(exchange.as_str(), routing_key.as_str()), routing_key.as_str());
            let draft = with_ids(
                super::send(destination).named("publish").describing(&SEND, |into| routed(routing_key.as_str(), into)),
                &properties,
            );
            draft.start(&mut HeaderInjector(&mut headers))
        };
        if !headers.inner().is_empty() {
            properties = properties.with_headers(headers);
        }
        guard.run_as(self.client.basic_publish(exchange, routing_key, options, payload, properties), outcome).await
    }

    /// As [`Channel::basic_get`].
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn basic_get(&self, queue: ShortString, options: BasicGetOptions) -> Result<Option<BasicGetMessage>> {
        let destination = self.known(in_queue(Destination::new("rabbitmq", queue.as_str()), queue.as_str()), queue.as_str());
        let getting = super::receive(destination).named("get").single();
        let note = |got: &Option<BasicGetMessage>, batch: &mut super::Batch<'_>| {
            if let Some(got) = got {
                batch.message(&HeaderExtractor(got.delivery.properties.headers().as_ref()));
            }
        };
        getting.run_as(self.client.basic_get(queue.clone(), options), note, outcome).await
    }

    /// As [`process`], with the templates that were given here.
    pub fn process<'a>(&'a self, queue: &'a str, delivery: &'a Delivery) -> Draft<'a, Processing> {
        let mut draft = process(queue, delivery);
        draft.destination = self.known(draft.destination, delivery.routing_key.as_str());
        draft
    }
}

/// Processes a message from a queue, as [`messaging::process`](super::process) does.
pub fn process<'a>(queue: &'a str, delivery: &'a Delivery) -> Draft<'a, Processing> {
    let draft = super::process(consumed(queue, delivery)).message(&HeaderExtractor(delivery.properties.headers().as_ref()));
    with_ids(draft.describing(&PROCESS, |into| delivered(delivery, into)), &delivery.properties)
}

/// Processes several messages from a queue together, which it links to.
pub fn process_all<'a>(queue: &'a str, deliveries: impl IntoIterator<Item = &'a Delivery>) -> Draft<'a, Processing> {
    let headers = deliveries.into_iter().map(|delivery| HeaderExtractor(delivery.properties.headers().as_ref()));
    let headers: Vec<HeaderExtractor<'_>> = headers.collect();
    super::process(in_queue(Destination::new("rabbitmq", queue), queue)).messages(&headers)
}

/// As `Acker::ack` of lapin, recorded.
///
/// # Errors
///
/// As that.
pub async fn ack(delivery: &Delivery, options: BasicAckOptions) -> Result<bool> {
    settle(delivery, "ack").start().run_as(delivery.ack(options), outcome).await
}

/// As `Acker::nack` of lapin, recorded.
///
/// # Errors
///
/// As that.
pub async fn nack(delivery: &Delivery, options: BasicNackOptions) -> Result<bool> {
    settle(delivery, "nack").start().run_as(delivery.nack(options), outcome).await
}

/// As `Acker::reject` of lapin, recorded.
///
/// # Errors
///
/// As that.
pub async fn reject(delivery: &Delivery, options: BasicRejectOptions) -> Result<bool> {
    settle(delivery, "reject").start().run_as(delivery.reject(options), outcome).await
}

fn settle<'a>(delivery: &'a Delivery, operation: &'static str) -> Draft<'a, Settling> {
    super::settle(published(delivery.exchange.as_str(), delivery.routing_key.as_str()), operation)
        .describing(&SETTLE, |into| delivered(delivery, into))
}

fn with_ids<'a, K>(mut draft: Draft<'a, K>, properties: &'a BasicProperties) -> Draft<'a, K> {
    draft.message_id = properties.message_id().as_ref().map(ShortString::as_str);
    draft.conversation_id = properties.correlation_id().as_ref().map(ShortString::as_str);
    draft
}

/// Where a message is sent to.
fn published<'a>(exchange: &'a str, routing_key: &'a str) -> Destination<'a> {
    match (exchange, routing_key) {
        ("", "") => Destination::new("rabbitmq", "amq.default"),
        // The default exchange has every queue under its name.
        ("", queue) => in_queue(Destination::new("rabbitmq", queue), queue),
        (exchange, "") => Destination::new("rabbitmq", exchange),
        _ => Destination::joined("rabbitmq", [exchange, routing_key, ""]).with_cardinality(Cardinality::Unknown),
    }
}

/// Where a message comes from.
fn consumed<'a>(queue: &'a str, delivery: &'a Delivery) -> Destination<'a> {
    let (exchange, routing_key) = (delivery.exchange.as_str(), delivery.routing_key.as_str());
    let of_its_own = if queue == routing_key { "" } else { queue };
    let destination = Destination::joined("rabbitmq", [exchange, routing_key, of_its_own]);
    let is_known = exchange.is_empty() || routing_key.is_empty();
    in_queue(if is_known { destination } else { destination.with_cardinality(Cardinality::Unknown) }, queue)
}

/// Names that the server has made up begin like this.
fn in_queue<'a>(destination: Destination<'a>, queue: &str) -> Destination<'a> {
    let is_made_up = queue.starts_with("amq.gen-") || queue.starts_with("amq.rabbitmq.reply-to");
    if is_made_up { destination.temporary().anonymous() } else { destination }
}

fn routed(routing_key: &str, into: &mut Vec<KeyValue>) {
    if !routing_key.is_empty() {
        into.push(KeyValue::new(key::MESSAGING_RABBITMQ_DESTINATION_ROUTING_KEY, routing_key.to_owned()));
    }
}

fn delivered(delivery: &Delivery, into: &mut Vec<KeyValue>) {
    routed(delivery.routing_key.as_str(), into);
    let tag = i64::try_from(delivery.delivery_tag).unwrap_or(i64::MAX);
    into.push(KeyValue::new(key::MESSAGING_RABBITMQ_MESSAGE_DELIVERY_TAG, tag));
}

fn outcome<T>(result: &Result<T>) -> Outcome {
    let error = result.as_ref().err();
    error.map_or(Outcome::OK, |error| Outcome::described(class(error), type_name::<Error>(), error))
}

/// Of which there are few: the server's error, or the library's without what it says of this one.
fn class(error: &Error) -> Cow<'static, str> {
    let text = match error.kind() {
        ErrorKind::ProtocolError(error) => match error.kind() {
            AMQPErrorKind::Soft(error) => format!("{error:?}"),
            AMQPErrorKind::Hard(error) => format!("{error:?}"),
        },
        kind => format!("{kind:?}"),
    };
    text.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().into()
}

#[cfg(all(test, feature = "testing"))]
mod tests;
