//! [`process`]: a consumer acts upon messages.

use opentelemetry::Context;
use opentelemetry::propagation::Extractor;

use super::origin::{ambient, ambient_with_baggage_of, links, received, span_of};
use super::{Destination, Draft, Ended, Guard, PROCESS, Relations};
use crate::origin::AsParent;
use crate::semconv::messaging::OperationType;

/// Messages are processed: see [`process`].
#[derive(Debug)]
pub struct Processing {
    /// The contexts that messages came with.
    messages: Vec<Context>,
    is_batch: bool,
    is_under_message: bool,
    was_received: bool,
}

/// Processes a message, or several together.
///
/// ```
/// use std::collections::HashMap;
///
/// use otel_runtime::messaging::{self, Destination};
///
/// const ORDERS: Destination = Destination::new("pulsar", "orders");
///
/// struct Message {
///     headers: HashMap<String, String>,
/// }
///
/// # async fn ship(_: &Message) -> Result<(), std::io::Error> { Ok(()) }
/// # async fn ship_all(_: &[Message]) -> Result<(), std::io::Error> { Ok(()) }
/// async fn one(message: &Message) -> Result<(), std::io::Error> {
///     messaging::process(ORDERS).message(&message.headers).run(ship(message)).await
/// }
///
/// async fn several(messages: &[Message]) -> Result<(), std::io::Error> {
///     let headers = messages.iter().map(|message| &message.headers);
///     messaging::process(ORDERS).messages(headers).run(ship_all(messages)).await
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # one(&Message { headers: HashMap::new() }).await.unwrap();
/// # several(&[]).await.unwrap();
/// # }
/// ```
///
/// How it belongs to what sent the messages is said [above](super#parents-and-links).
pub fn process(destination: Destination<'_>) -> Draft<'_, Processing> {
    let kind = Processing { messages: Vec::new(), is_batch: false, is_under_message: false, was_received: false };
    Draft::new(destination, "process", kind)
}

impl Draft<'_, Processing> {
    /// The message, by its headers.
    pub fn message(mut self, headers: &dyn Extractor) -> Self {
        self.kind.messages = vec![received(headers)];
        self
    }

    /// The message, by the context that it came with: that of a [`Carried`](crate::context::Carried), or of headers that hold it in another
    /// way.
    pub fn message_from(mut self, sender: &impl AsParent) -> Self {
        self.kind.messages = vec![sender.as_parent()];
        self
    }

    /// The messages of a batch, by their headers; however many they are.
    pub fn messages<'h, E: Extractor + 'h>(mut self, headers: impl IntoIterator<Item = &'h E>) -> Self {
        self.kind.is_batch = true;
        self.kind.messages = headers.into_iter().map(|headers| received(headers)).collect();
        self
    }

    /// What processes one message is a child of what sent it, even inside of another span, to which it links then.
    pub fn under_message(mut self) -> Self {
        self.kind.is_under_message = true;
        self
    }

    /// What is processed was counted when it was [`receive`](super::receive)d.
    pub fn after_receive(mut self) -> Self {
        self.kind.was_received = true;
        self
    }

    /// Runs a future that processes what was received.
    ///
    /// It cannot take a message along whose headers are borrowed here: see [`Guard::run`] for that.
    pub fn run<F: Future<Output: Ended>>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        self.start().run(future)
    }

    /// Starts to process what was received.
    pub fn start(mut self) -> Guard {
        let relations = self.kind.relations();
        let mut operation = self.begin(&PROCESS, OperationType::Process, relations);
        if !self.kind.was_received {
            operation.count(if self.kind.is_batch { self.kind.messages.len() as u64 } else { 1 });
        }
        Guard(operation)
    }
}

impl Processing {
    fn relations(&self) -> Relations {
        let senders = links(self.messages.iter().filter_map(span_of));
        match self.messages.as_slice() {
            messages if self.is_batch => Relations { links: senders, batch: Some(messages.len()), parent: None },
            [message] => {
                let ambient = ambient();
                let is_under_message = self.is_under_message || ambient.is_none();
                let beside = ambient.filter(|_| is_under_message && !senders.is_empty());
                let parent = if is_under_message && !senders.is_empty() { message.clone() } else { ambient_with_baggage_of(message) };
                Relations { parent: Some(parent), links: senders.into_iter().chain(links(beside)).collect(), batch: None }
            }
            _ => Relations::default(),
        }
    }
}
