//! NATS by the crate `async-nats` (feature `async-nats`).
//!
//! ```no_run
//! use async_nats::{Message, PublishError};
//! use otel_runtime::messaging::{self, async_nats::process};
//! # async fn ship(_: &Message) -> Result<(), std::io::Error> { Ok(()) }
//! # async fn next(_: &mut async_nats::Subscriber) -> Option<Message> { None }
//!
//! # async fn produce() -> Result<(), Box<dyn std::error::Error>> {
//! let client = messaging::traced(async_nats::connect("nats.example").await?).server("nats.example", 4222);
//! client.publish("orders.new", "two apples".into()).await?; // publish orders.new (producer)
//! let reply = client.request("prices", "apple".into()).await?; // request prices (producer)
//!
//! let mut orders = client.subscribe("orders.*").await?; // the client's own
//! while let Some(message) = next(&mut orders).await { // `orders.next()` of `futures::StreamExt`
//!     process(&message).template("orders.*").run(ship(&message)).await?; // process orders.* (consumer)
//! }
//! # Ok(()) }
//! ```
//!
//! Recorded are `publish`, `publish_with_headers`, `publish_with_reply`, `publish_with_reply_and_headers`, `request` and `request_with_headers` of a
//! client that was [`traced`](super::traced), and what is [`process`]ed. With the feature `async-nats-jetstream`, so are `publish` and
//! `publish_with_headers` of a [`jetstream::Context`](::async_nats::Client), and acknowledgements.
//!
//! How many subjects there are nobody can see: they are in the names of spans, but only patterns are in metrics, those of
//! [`Traced::templates`] or of [`Draft::template`]. Inboxes, which are temporary, are in neither. `error.type` is the kind of the error, such as
//! `NoResponders`.

#[cfg(feature = "async-nats-jetstream")]
pub mod jetstream;

use std::any::type_name;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use ::async_nats::client::{PublishError, RequestError};
use ::async_nats::error::Error;
use ::async_nats::header::{HeaderName, HeaderValue, NATS_MESSAGE_ID};
use ::async_nats::subject::ToSubject;
use ::async_nats::{Client, HeaderMap, Message};
use bytes::Bytes;
use opentelemetry::propagation::{Extractor, Injector};

use super::{Destination, Draft, Processing, Traced};
use crate::outcome::Outcome;
use crate::semconv::messaging::Cardinality;

/// Reads context from the headers of a message, whatever the case of their names.
#[derive(Clone, Copy, Debug)]
pub struct HeaderExtractor<'a>(pub Option<&'a HeaderMap>);

impl Extractor for HeaderExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        values(self.0?, key).next()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.into_iter().flat_map(names).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        Some(values(self.0?, key).collect()).filter(|values: &Vec<&str>| !values.is_empty())
    }
}

/// Writes context into the headers of a message, in the place of what is there under the same names.
#[derive(Debug)]
pub struct HeaderInjector<'a>(pub &'a mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        // What a format writes is a header; what is none is left out rather than sent.
        if let (Ok(name), Ok(value)) = (HeaderName::from_str(key), HeaderValue::from_str(&value)) {
            self.0.insert(name, value);
        }
    }
}

impl Extractor for HeaderInjector<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        values(self.0, key).next()
    }

    fn keys(&self) -> Vec<&str> {
        names(self.0).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        Some(values(self.0, key).collect()).filter(|values: &Vec<&str>| !values.is_empty())
    }
}

fn names(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers.iter().map(|(name, _)| name.as_ref())
}

/// NATS tells names apart by their case, and not all who send write them alike.
fn values<'a>(headers: &'a HeaderMap, key: &str) -> impl Iterator<Item = &'a str> {
    let named = headers.iter().filter(move |(name, _)| AsRef::<str>::as_ref(*name).eq_ignore_ascii_case(key));
    named.flat_map(|(_, values)| values).map(HeaderValue::as_str)
}

/// Processes a message, as [`messaging::process`](super::process) does; one of JetStream's too.
pub fn process(message: &Message) -> Draft<'_, Processing> {
    let draft = super::process(destination(&message.subject)).message(&HeaderExtractor(message.headers.as_ref()));
    match message.headers.as_ref().and_then(|headers| headers.get(NATS_MESSAGE_ID)) {
        Some(id) => draft.message_id(id.as_str()),
        None => draft,
    }
}

/// Processes several messages together, which it links to.
pub fn process_all<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Draft<'a, Processing> {
    let messages: Vec<&Message> = messages.into_iter().collect();
    let headers: Vec<HeaderExtractor<'_>> = messages.iter().map(|message| HeaderExtractor(message.headers.as_ref())).collect();
    let subject = messages.first().map(|first| first.subject.as_str());
    // A name is that of all of them, or of none.
    let subject = subject.filter(|subject| messages.iter().all(|message| message.subject.as_str() == *subject));
    super::process(destination(subject.unwrap_or_default())).messages(&headers)
}

impl Traced<Client> {
    /// As [`process`], with the templates that were given here.
    pub fn process<'a>(&'a self, message: &'a Message) -> Draft<'a, Processing> {
        let mut draft = process(message);
        draft.destination = self.known(draft.destination, &message.subject);
        draft
    }

    /// As [`Client::publish`].
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn publish<S: ToSubject>(&self, subject: S, payload: Bytes) -> Result<(), PublishError> {
        self.publish_with_headers(subject, HeaderMap::new(), payload).await
    }

    /// As [`Client::publish_with_headers`].
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn publish_with_headers<S: ToSubject>(&self, subject: S, headers: HeaderMap, payload: Bytes) -> Result<(), PublishError> {
        let subject = subject.to_subject();
        let publish = |headers: HeaderMap| async {
            // Headers that are empty would be sent as such.
            if headers.is_empty() {
                self.client.publish(subject.clone(), payload).await
            } else {
                self.client.publish_with_headers(subject.clone(), headers, payload).await
            }
        };
        self.sending("publish", &subject, headers, publish).await
    }

    /// As [`Client::publish_with_reply`].
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn publish_with_reply<S: ToSubject, R: ToSubject>(&self, subject: S, reply: R, payload: Bytes) -> Result<(), PublishError> {
        self.publish_with_reply_and_headers(subject, reply, HeaderMap::new(), payload).await
    }

    /// As [`Client::publish_with_reply_and_headers`].
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn publish_with_reply_and_headers<S: ToSubject, R: ToSubject>(
        &self,
        subject: S,
        reply: R,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<(), PublishError> {
        let subject = subject.to_subject();
        let publish = |headers| self.client.publish_with_reply_and_headers(subject.clone(), reply, headers, payload);
        self.sending("publish", &subject, headers, publish).await
    }

    /// As [`Client::request`]: the span ends with the reply.
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn request<S: ToSubject>(&self, subject: S, payload: Bytes) -> Result<Message, RequestError> {
        self.request_with_headers(subject, HeaderMap::new(), payload).await
    }

    /// As [`Client::request_with_headers`]: the span ends with the reply.
    ///
    /// # Errors
    ///
    /// As that.
    pub async fn request_with_headers<S: ToSubject>(
        &self,
        subject: S,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<Message, RequestError> {
        let subject = subject.to_subject();
        let request = |headers| self.client.request_with_headers(subject.clone(), headers, payload);
        self.sending("request", &subject, headers, request).await
    }
}

impl<C> Traced<C> {
    /// Sends a message, with context in its headers.
    async fn sending<T, K: Kind, F: Future<Output = Result<T, Error<K>>>>(
        &self,
        operation: &'static str,
        subject: &str,
        mut headers: HeaderMap,
        send: impl FnOnce(HeaderMap) -> F,
    ) -> Result<T, Error<K>> {
        let sending = super::send(self.known(destination(subject), subject)).named(operation).start(&mut HeaderInjector(&mut headers));
        sending.run_as(send(headers), outcome).await
    }
}

/// A kind of errors of the library's.
trait Kind: Clone + Debug + Display + PartialEq {}

impl<K: Clone + Debug + Display + PartialEq> Kind for K {}

/// An error's class is its kind, of which there are few.
fn outcome<T, K: Kind>(result: &Result<T, Error<K>>) -> Outcome {
    match result {
        Ok(_) => Outcome::OK,
        Err(error) => Outcome::described(format!("{:?}", error.kind()).into(), type_name::<Error<K>>(), error),
    }
}

fn destination(subject: &str) -> Destination<'_> {
    let destination = Destination::new("nats", subject).with_cardinality(Cardinality::Unknown);
    if subject.starts_with("_INBOX.") { destination.temporary().anonymous() } else { destination }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
