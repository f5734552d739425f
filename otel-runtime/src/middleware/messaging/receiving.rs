//! [`receive`]: a consumer asks for messages.

use std::pin::pin;

use opentelemetry::propagation::Extractor;

use super::origin::{received, span_of};
use super::{Destination, Draft, Ended, Guard, RECEIVE, Relations};
use crate::middleware::Operation;
use crate::outcome::Outcome;
use crate::semconv::messaging::{OperationType, message_count};

/// Messages are asked for: see [`receive`].
#[derive(Debug)]
pub struct Receiving {
    is_batch: bool,
}

/// What was received, of which each message is noted.
#[derive(Debug)]
pub struct Batch<'a> {
    operation: &'a mut Operation,
    count: usize,
}

/// Asks a broker for messages, and links to what sent them.
///
/// ```
/// use std::collections::HashMap;
///
/// use otel_runtime::messaging::{self, Destination};
///
/// const ORDERS: Destination = Destination::new("aws_sqs", "orders");
///
/// struct Message {
///     headers: HashMap<String, String>,
/// }
///
/// # async fn fetch() -> Result<Vec<Message>, std::io::Error> { Ok(Vec::new()) }
/// async fn next_orders() -> Result<Vec<Message>, std::io::Error> {
///     let receiving = messaging::receive(ORDERS).run(fetch(), |messages, batch| {
///         for message in messages {
///             batch.message(&message.headers);
///         }
///     });
///     receiving.await
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() { next_orders().await.unwrap(); }
/// ```
///
/// It counts what was consumed; what [`process`](super::process)es it then says so with [`after_receive`](Draft::after_receive). For what a
/// broker delivers without being asked there is nothing to receive, and `process` is enough.
pub fn receive(destination: Destination<'_>) -> Draft<'_, Receiving> {
    Draft::new(destination, "receive", Receiving { is_batch: true })
}

impl Draft<'_, Receiving> {
    /// What is asked for is one message at most.
    pub fn single(mut self) -> Self {
        self.kind.is_batch = false;
        self
    }

    /// Asks for messages, and has a function note each of those that came.
    ///
    /// # Errors
    ///
    /// Those of the future.
    pub async fn run<F, T, E>(self, future: F, note: impl FnOnce(&T, &mut Batch<'_>)) -> F::Output
    where
        F: Future<Output = Result<T, E>>,
        Result<T, E>: Ended,
    {
        self.run_as(future, note, Ended::outcome).await
    }

    /// As [`run`](Self::run), with what it returned judged by a function, as [`Guard::run_as`] does.
    ///
    /// # Errors
    ///
    /// Those of the future.
    pub async fn run_as<F, T, E>(
        mut self,
        future: F,
        note: impl FnOnce(&T, &mut Batch<'_>),
        outcome: impl FnOnce(&F::Output) -> Outcome,
    ) -> F::Output
    where
        F: Future<Output = Result<T, E>>,
    {
        let is_batch = self.kind.is_batch;
        let mut guard = Guard(self.begin(&RECEIVE, OperationType::Receive, Relations::default()));
        let output = guard.poll(pin!(future)).await;
        if let Ok(received) = &output {
            let mut batch = Batch { operation: &mut guard.0, count: 0 };
            note(received, &mut batch);
            let count = batch.count;
            guard.0.count(count as u64);
            if is_batch {
                guard.0.set([message_count(count)]);
            }
        }
        guard.end(outcome(&output));
        output
    }
}

impl Batch<'_> {
    /// Notes a message by its headers.
    pub fn message(&mut self, headers: &dyn Extractor) {
        self.count += 1;
        if self.operation.records()
            && let Some(sender) = span_of(&received(headers))
        {
            self.operation.link(sender, Vec::new());
        }
    }
}
