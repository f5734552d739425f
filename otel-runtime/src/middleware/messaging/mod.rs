//! Spans and metrics of messages, for every broker (feature `messaging`).
//!
//! ```
//! use std::collections::HashMap;
//!
//! use otel_runtime::messaging::{self, Destination};
//!
//! const ORDERS: Destination = Destination::new("pulsar", "orders");
//! # struct Message { headers: HashMap<String, String>, payload: String }
//! # async fn publish(_: HashMap<String, String>, _: &str) -> Result<(), std::io::Error> { Ok(()) }
//! # async fn fetch() -> Option<Message> { None }
//! # async fn ship(_: &str) -> Result<(), std::io::Error> { Ok(()) }
//!
//! async fn produce() -> Result<(), std::io::Error> {
//!     messaging::send(ORDERS).run(HashMap::new(), |headers| publish(headers, "two apples")).await
//! }
//!
//! async fn consume() -> Result<(), std::io::Error> {
//!     while let Some(message) = fetch().await {
//!         messaging::process(ORDERS).message(&message.headers).run(ship(&message.payload)).await?;
//!     }
//!     Ok(())
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() { produce().await.unwrap(); consume().await.unwrap() }
//! ```
//!
//! For some libraries there is more: `messaging::async_nats` (feature `async-nats`), `messaging::lapin` (RabbitMQ, feature `lapin`) and
//! `messaging::rdkafka` (Kafka, feature `rdkafka`). For others, this is all it takes: headers are whatever is an [`Injector`] and an [`Extractor`].
//!
//! | | span | kind | to the message | metrics |
//! |---|---|---|---|---|
//! | [`send`] | `send orders` | producer | its context is in the headers | `messaging.client.operation.duration`, `messaging.client.sent.messages` |
//! | [`create`] | `create orders` | producer | its context is in the headers | |
//! | [`send`] of a [batch](Draft::start_batch) | `send orders` | client | links to what was created | as above |
//! | [`receive`] | `receive orders` | client | links | `messaging.client.operation.duration`, `messaging.client.consumed.messages` |
//! | [`process`] | `process orders` | consumer | child and link, or links | `messaging.process.duration`, `messaging.client.consumed.messages` |
//! | [`settle`] | `ack orders` | client | | `messaging.client.operation.duration` |
//!
//! Names, kinds, attributes and metrics follow the conventions of OpenTelemetry for
//! [messaging](https://opentelemetry.io/docs/specs/semconv/messaging/). Each of the functions is a place for [filters](crate::filter), by its path:
//! `otel_runtime::messaging::settle=off`.
//!
//! # Parents and links
//!
//! What processes one message is a child of what sent it, and links to it, if it runs in no span of its own; inside of another span, say
//! that of a request by which a broker delivers messages, it is a child of that, and links to what sent the message. With
//! [`under_message`](Draft::under_message) it is a child of what sent the message there too, and links to both. Baggage comes from the message
//! in any case. What processes several messages together has no one sender: it links to all of them.
//!
//! # What became of it
//!
//! An error that is returned ends the operation with its type as `error.type`; [`Guard::run_as`] gives another. An operation that was dropped was
//! cancelled, which is neither ok nor an error.

#[cfg(feature = "async-nats")]
pub mod async_nats;
mod ended;
mod guard;
#[cfg(feature = "lapin")]
pub mod lapin;
mod origin;
mod processing;
#[cfg(feature = "rdkafka")]
pub mod rdkafka;
mod receiving;
mod sending;
mod settling;
mod traced;

use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{Link, SpanKind};
use opentelemetry::{Context, KeyValue};

pub use self::ended::Ended;
pub use self::guard::Guard;
pub use self::processing::{Processing, process};
pub use self::receiving::{Batch, Receiving, receive};
pub use self::sending::{Creating, Sending, create, send};
pub use self::settling::{Settling, settle};
pub use self::traced::{Traced, traced};
pub use crate::semconv::messaging::Destination;

use super::{Beginning, Metrics, Operation, Operations};
use crate::semconv::messaging::{Described, OperationType, metrics};

/// The headers of a message: context is written to them, unless they have one already.
pub trait Headers: Injector + Extractor {}

impl<T: Injector + Extractor> Headers for T {}

/// An operation that is about to start: what is said of it, and of which kind it is.
#[derive(Debug)]
#[must_use = "nothing happens until it is run or started"]
pub struct Draft<'a, K> {
    destination: Destination<'a>,
    name: &'static str,
    message_id: Option<&'a str>,
    conversation_id: Option<&'a str>,
    /// What a library knows more.
    more: Vec<KeyValue>,
    kind: K,
}

impl<'a, K> Draft<'a, K> {
    fn new(destination: Destination<'a>, name: &'static str, kind: K) -> Self {
        Self { destination, name, message_id: None, conversation_id: None, more: Vec::new(), kind }
    }

    /// The operation as the system calls it, in place of `send`, `receive` or `process`: `publish`, `poll`. There are few of them.
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// What the system identifies the message by.
    pub fn message_id(mut self, id: &'a str) -> Self {
        self.message_id = Some(id);
        self
    }

    /// The conversation that the message belongs to, also called its correlation id.
    pub fn conversation_id(mut self, id: &'a str) -> Self {
        self.conversation_id = Some(id);
        self
    }

    /// What the name of the destination was made of: see [`Destination::template`].
    pub fn template(mut self, template: &'a str) -> Self {
        self.destination = self.destination.template(template);
        self
    }

    /// The group of the consumer: see [`Destination::consumer_group`].
    pub fn consumer_group(mut self, name: &'a str) -> Self {
        self.destination = self.destination.consumer_group(name);
        self
    }

    /// The broker: see [`Destination::server`].
    pub fn server(mut self, address: &'a str, port: u16) -> Self {
        self.destination = self.destination.server(address, port);
        self
    }

    /// Adds what a library knows more, unless nobody wants to know of these operations.
    fn describing(mut self, operations: &'static Operations, describe: impl FnOnce(&mut Vec<KeyValue>)) -> Self {
        if !operations.are_off() {
            describe(&mut self.more);
        }
        self
    }

    fn begin(&mut self, operations: &'static Operations, of: OperationType, relations: Relations) -> Operation {
        let Relations { parent, mut links, batch } = relations;
        operations.start(parent, |beginning: &mut Beginning<'_>| {
            let described = Described {
                of_type: of,
                name: self.name,
                destination: &self.destination,
                batch,
                message_id: self.message_id,
                conversation_id: self.conversation_id,
            };
            if let Some(span) = beginning.span() {
                let attributes = span.named(described.span_name());
                attributes.extend(described.attributes());
                attributes.extend(self.more.drain(..));
                span.links = std::mem::take(&mut links);
            }
            if beginning.measures {
                beginning.label(described.labels().iter());
            }
        })
    }
}

/// How an operation belongs to other spans.
#[derive(Debug, Default)]
struct Relations {
    /// `None`: the current context.
    parent: Option<Context>,
    links: Vec<Link>,
    batch: Option<usize>,
}

const NOT_MEASURED: Metrics = Metrics { duration: None, active: None, amounts: &[] };

const DURATION: Metrics = Metrics { duration: Some(metrics::OPERATION_DURATION), ..NOT_MEASURED };

const PROCESS_DURATION: Metrics = Metrics { duration: Some(metrics::PROCESS_DURATION), ..NOT_MEASURED };

static CREATE: Operations = Operations::new("otel_runtime::messaging::create", SpanKind::Producer, NOT_MEASURED);
static SEND: Operations = Operations::new("otel_runtime::messaging::send", SpanKind::Producer, DURATION).counting(metrics::SENT_MESSAGES);
/// Sends what has a context already, which is that of somebody else.
static SEND_CREATED: Operations =
    Operations::new("otel_runtime::messaging::send", SpanKind::Client, DURATION).counting(metrics::SENT_MESSAGES);
static RECEIVE: Operations =
    Operations::new("otel_runtime::messaging::receive", SpanKind::Client, DURATION).counting(metrics::CONSUMED_MESSAGES);
static PROCESS: Operations =
    Operations::new("otel_runtime::messaging::process", SpanKind::Consumer, PROCESS_DURATION).counting(metrics::CONSUMED_MESSAGES);
static SETTLE: Operations = Operations::new("otel_runtime::messaging::settle", SpanKind::Client, DURATION);

#[cfg(all(test, feature = "testing"))]
mod tests;
