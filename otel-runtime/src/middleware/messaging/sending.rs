//! [`send`] and [`create`]: what a producer does.

use opentelemetry::Context;
use opentelemetry::trace::SpanContext;

use super::origin::{links, received, span_of};
use super::{CREATE, Destination, Draft, Ended, Guard, Headers, Relations, SEND, SEND_CREATED};
use crate::context;
use crate::middleware::Operation;
use crate::origin::AsLinks;
use crate::outcome::Outcome;
use crate::semconv::messaging::OperationType;

/// One message, or several, are sent: see [`send`].
#[derive(Debug)]
pub struct Sending(());

/// A message is made: see [`create`].
#[derive(Debug)]
pub struct Creating(());

/// Sends a message, or several together.
///
/// ```
/// use std::collections::HashMap;
///
/// use otel_runtime::messaging::{self, Destination};
///
/// # async fn publish(_: HashMap<String, String>, _: &str) -> Result<(), std::io::Error> { Ok(()) }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let orders = Destination::new("pulsar", "orders");
/// let sent = messaging::send(orders).run(HashMap::new(), |headers| publish(headers, "two apples"));
/// sent.await.unwrap();
/// # }
/// ```
///
/// Headers that have a context keep it, as the conventions want: it is that of whoever made the message. The span links to it then, and its kind is
/// client. Who passes on what was received, as a message of its own, takes the old context out of the headers.
pub fn send(destination: Destination<'_>) -> Draft<'_, Sending> {
    Draft::new(destination, "send", Sending(()))
}

/// Makes a message that is sent later, with others: what each of them becomes can be told then.
///
/// ```
/// use std::collections::HashMap;
///
/// use otel_runtime::messaging::{self, Destination};
///
/// const ORDERS: Destination = Destination::new("pulsar", "orders");
///
/// # async fn publish(_: Vec<(HashMap<String, String>, &str)>) -> Result<(), std::io::Error> { Ok(()) }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (mut batch, mut created) = (Vec::new(), Vec::new());
/// for order in ["two apples", "a pear"] {
///     let mut headers = HashMap::new();
///     created.push(messaging::create(ORDERS).write(&mut headers));
///     batch.push((headers, order));
/// }
/// messaging::send(ORDERS).start_batch(&created).run(publish(batch)).await.unwrap();
/// # }
/// ```
pub fn create(destination: Destination<'_>) -> Draft<'_, Creating> {
    Draft::new(destination, "create", Creating(()))
}

impl Draft<'_, Sending> {
    /// Sends a message whose headers are given to the function, with the context in them.
    pub fn run<H: Headers, F: Future<Output: Ended>>(self, mut headers: H, send: impl FnOnce(H) -> F) -> impl Future<Output = F::Output> {
        let guard = self.start(&mut headers);
        guard.run(send(headers))
    }

    /// Starts to send a message, and writes the context into its headers, unless they have one.
    pub fn start(mut self, headers: &mut impl Headers) -> Guard {
        let given = span_of(&received(headers));
        let written = given.is_none();
        let operations = if written { &SEND } else { &SEND_CREATED };
        let mut operation = self.begin(operations, OperationType::Send, Relations { links: links(given), ..Relations::default() });
        if written {
            write(&operation, headers);
        }
        operation.count(1);
        Guard(operation)
    }

    /// Starts to send several messages together, each of which was made by [`create`] or has a context from elsewhere: one for each of them.
    pub fn start_batch(mut self, created: &(impl AsLinks + ?Sized)) -> Guard {
        let mut messages = Vec::new();
        created.add_to(&mut messages);
        let count = messages.len();
        let relations = Relations { links: links(messages), batch: Some(count), parent: None };
        let mut operation = self.begin(&SEND_CREATED, OperationType::Send, relations);
        operation.count(count as u64);
        Guard(operation)
    }
}

impl Draft<'_, Creating> {
    /// Writes the context into the message's headers, unless they have one; what they have then is returned.
    pub fn write(mut self, headers: &mut impl Headers) -> SpanContext {
        if let Some(given) = span_of(&received(headers)) {
            return given;
        }
        let mut operation = self.begin(&CREATE, OperationType::Create, Relations::default());
        let written = write(&operation, headers);
        operation.end(Outcome::OK);
        written
    }
}

fn write(operation: &Operation, headers: &mut impl Headers) -> SpanContext {
    let context = operation.context().cloned().unwrap_or_else(Context::current);
    context::inject_context(&context, headers);
    span_of(&context).unwrap_or(SpanContext::NONE)
}
