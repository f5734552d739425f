//! Kafka by the crate `rdkafka` (feature `rdkafka`).
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use otel_runtime::messaging::{self, rdkafka::{commit, process}};
//! use rdkafka::consumer::{CommitMode, StreamConsumer};
//! use rdkafka::message::BorrowedMessage;
//! use rdkafka::producer::{FutureProducer, FutureRecord};
//! # async fn ship(_: &BorrowedMessage<'_>) -> Result<(), std::io::Error> { Ok(()) }
//!
//! # async fn produce(producer: FutureProducer) {
//! let producer = messaging::traced(producer).server("kafka.example", 9092);
//! let order = FutureRecord::to("orders").key("17").payload("two apples");
//! let sent = producer.send(order, Duration::from_secs(5)).await; // send orders (producer)
//! # }
//! # async fn consume(consumer: StreamConsumer) -> Result<(), Box<dyn std::error::Error>> {
//!
//! loop {
//!     let message = consumer.recv().await?;
//!     process(&message).consumer_group("shipping").run(ship(&message)).await?; // process orders (consumer)
//!     commit(&consumer, &message, CommitMode::Async)?; // commit orders (client)
//! }
//! # }
//! ```
//!
//! Recorded are `send` of a [`FutureProducer`] that was [`traced`](super::traced), whose span ends when the message was delivered, what is
//! [`process`]ed, and its [`commit`]. What a consumer receives was fetched before, so that waiting for it is no operation.
//!
//! `error.type` is the code of the error, such as `MessageTimedOut`.

use std::any::type_name;
use std::borrow::Cow;
use std::mem;
use std::pin::pin;

use ::rdkafka::client::ClientContext;
use ::rdkafka::consumer::{CommitMode, Consumer, ConsumerContext};
use ::rdkafka::error::{KafkaError, KafkaResult};
use ::rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders, ToBytes};
use ::rdkafka::producer::future_producer::{Delivery, OwnedDeliveryResult};
use ::rdkafka::producer::{FutureProducer, FutureRecord};
use ::rdkafka::util::{AsyncRuntime, Timeout};
use opentelemetry::KeyValue;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry_semantic_conventions::attribute as key;

use super::{Destination, Draft, PROCESS, Processing, SEND, SETTLE, Traced};
use crate::outcome::Outcome;

/// Reads context from the headers of a message.
#[derive(Clone, Copy, Debug)]
pub struct HeaderExtractor<'a, H>(pub Option<&'a H>);

impl<H: Headers> Extractor for HeaderExtractor<'_, H> {
    fn get(&self, key: &str) -> Option<&str> {
        values(self.0?, key).next()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.into_iter().flat_map(Headers::iter).map(|header| header.key).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        Some(values(self.0?, key).collect()).filter(|values: &Vec<&str>| !values.is_empty())
    }
}

/// Writes context into the headers of a message, in the place of what is there under the same names.
#[derive(Debug)]
pub struct HeaderInjector<'a>(pub &'a mut OwnedHeaders);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        let before = mem::take(self.0);
        // Headers of Kafka's may be there several times, and none is ever replaced.
        let others = before.iter().filter(|header| header.key != key);
        let kept = others.fold(OwnedHeaders::new(), |headers, header| headers.insert(header));
        *self.0 = kept.insert(Header { key, value: Some(value.as_bytes()) });
    }
}

impl Extractor for HeaderInjector<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        values(self.0, key).next()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|header| header.key).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        Some(values(self.0, key).collect()).filter(|values: &Vec<&str>| !values.is_empty())
    }
}

fn values<'a>(headers: &'a impl Headers, key: &str) -> impl Iterator<Item = &'a str> {
    let named = headers.iter().filter(move |header| header.key == key);
    named.filter_map(|header| std::str::from_utf8(header.value?).ok())
}

impl<C: ClientContext + 'static, R: AsyncRuntime> Traced<FutureProducer<C, R>> {
    /// As [`FutureProducer::send`].
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn send<K: ToBytes + ?Sized, P: ToBytes + ?Sized>(
        &self,
        mut record: FutureRecord<'_, K, P>,
        queue_timeout: impl Into<Timeout>,
    ) -> OwnedDeliveryResult {
        let mut headers = record.headers.take().unwrap_or_default();
        let mut guard = {
            let keyed = |into: &mut Vec<KeyValue>| keyed(record.key.map(ToBytes::to_bytes), record.payload.is_none(), into);
            let destination = self.known(Destination::new("kafka", record.topic), record.topic);
            super::send(destination).describing(&SEND, keyed).start(&mut HeaderInjector(&mut headers))
        };
        if headers.count() > 0 {
            record.headers = Some(headers);
        }
        let sent = guard.poll(pin!(self.client.send(record, queue_timeout))).await;
        if let Ok(Delivery { partition, offset, .. }) = &sent {
            guard.0.set(place(*partition, *offset));
        }
        guard.end(outcome(sent.as_ref().err().map(|(error, _)| error)));
        sent
    }
}

/// Processes a message, as [`messaging::process`](super::process) does.
pub fn process<M: Message>(message: &M) -> Draft<'_, Processing> {
    let draft = super::process(Destination::new("kafka", message.topic())).message(&HeaderExtractor(message.headers()));
    draft.describing(&PROCESS, |into| stored(message, into))
}

/// Processes several messages together, which it links to.
pub fn process_all<'a, M: Message + 'a>(messages: impl IntoIterator<Item = &'a M>) -> Draft<'a, Processing> {
    let messages: Vec<&M> = messages.into_iter().collect();
    let topic = messages.first().map(|first| first.topic());
    // A name is that of all of them, or of none.
    let topic = topic.filter(|topic| messages.iter().all(|message| message.topic() == *topic));
    let headers: Vec<_> = messages.iter().map(|message| HeaderExtractor(message.headers())).collect();
    super::process(Destination::new("kafka", topic.unwrap_or_default())).messages(&headers)
}

/// As [`Consumer::commit_message`], recorded.
///
/// # Errors
///
/// As that.
pub fn commit<C: ConsumerContext>(consumer: &impl Consumer<C>, message: &BorrowedMessage<'_>, mode: CommitMode) -> KafkaResult<()> {
    let mut guard =
        super::settle(Destination::new("kafka", message.topic()), "commit").describing(&SETTLE, |into| stored(message, into)).start();
    let committed = guard.0.run(|| consumer.commit_message(message, mode));
    guard.end(outcome(committed.as_ref().err()));
    committed
}

fn keyed(key: Option<&[u8]>, is_tombstone: bool, into: &mut Vec<KeyValue>) {
    // A key that is no text has no form that everybody would give it.
    let text = key.and_then(|key| std::str::from_utf8(key).ok());
    into.extend(text.map(|text| KeyValue::new(key::MESSAGING_KAFKA_MESSAGE_KEY, text.to_owned())));
    into.extend(is_tombstone.then(|| KeyValue::new(key::MESSAGING_KAFKA_MESSAGE_TOMBSTONE, true)));
}

fn stored(message: &impl Message, into: &mut Vec<KeyValue>) {
    keyed(message.key(), message.payload().is_none(), into);
    into.extend(place(message.partition(), message.offset()));
}

fn place(partition: i32, offset: i64) -> [KeyValue; 2] {
    [KeyValue::new(key::MESSAGING_DESTINATION_PARTITION_ID, partition.to_string()), KeyValue::new(key::MESSAGING_KAFKA_OFFSET, offset)]
}

fn outcome(error: Option<&KafkaError>) -> Outcome {
    error.map_or(Outcome::OK, |error| Outcome::described(class(error), type_name::<KafkaError>(), error))
}

/// Of which there are few: the code of the error, or its kind without what it says of this one.
fn class(error: &KafkaError) -> Cow<'static, str> {
    match (error.rdkafka_error_code(), error) {
        (Some(code), _) => format!("{code:?}").into(),
        (None, KafkaError::Canceled) => "Canceled".into(),
        (None, _) => "_OTHER".into(),
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
