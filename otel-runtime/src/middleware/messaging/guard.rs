//! [`Guard`]: an operation that was started.

use std::future::poll_fn;
use std::pin::{Pin, pin};

use opentelemetry::Context;

use super::Ended;
use crate::middleware::Operation;
use crate::outcome::Outcome;

/// An operation with messages that was started. Dropped before it has ended, it was cancelled.
#[derive(Debug)]
#[must_use = "an operation that is dropped was cancelled"]
pub struct Guard(pub(super) Operation);

impl Guard {
    /// Runs a future in the operation's span, which ends with it.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use otel_runtime::messaging::{self, Destination};
    ///
    /// struct Message {
    ///     headers: HashMap<String, String>,
    ///     payload: String,
    /// }
    ///
    /// async fn ship(message: Message) -> Result<(), std::io::Error> {
    ///     Ok(())
    /// }
    ///
    /// async fn handle(message: Message) -> Result<(), std::io::Error> {
    ///     let processing = messaging::process(Destination::new("pulsar", "orders")).message(&message.headers).start();
    ///     processing.run(ship(message)).await
    /// }
    /// ```
    pub async fn run<F: Future<Output: Ended>>(self, future: F) -> F::Output {
        self.run_as(future, Ended::outcome).await
    }

    /// As [`run`](Self::run), with what it returned judged by a function: whether it is an error, and of which class.
    ///
    /// ```
    /// use otel_runtime::messaging::{self, Destination};
    /// use otel_runtime::{ErrorType, Outcome};
    ///
    /// # #[derive(Debug, ErrorType)] enum OrderError { OutOfStock }
    /// # impl std::fmt::Display for OrderError {
    /// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("out of stock") }
    /// # }
    /// # async fn ship() -> Result<(), OrderError> { Ok(()) }
    /// # async fn handle() {
    /// let shipping = messaging::process(Destination::new("pulsar", "orders")).start();
    /// let shipped = shipping.run_as(ship(), |shipped| match shipped {
    ///     Ok(()) => Outcome::OK,
    ///     Err(error) => Outcome::error(error.error_type(), ""),
    /// });
    /// shipped.await;
    /// # }
    /// ```
    pub async fn run_as<F: Future>(mut self, future: F, outcome: impl FnOnce(&F::Output) -> Outcome) -> F::Output {
        let output = self.poll(pin!(future)).await;
        self.end(outcome(&output));
        output
    }

    /// Runs a future in the operation's span, which goes on. It is not moved in here, which would make what is returned twice as large.
    pub(super) async fn poll<F: Future>(&mut self, mut future: Pin<&mut F>) -> F::Output {
        poll_fn(|polling| self.0.run(|| future.as_mut().poll(polling))).await
    }

    /// Runs a function in the operation's span, which ends with it.
    pub fn call<T: Ended>(mut self, function: impl FnOnce() -> T) -> T {
        let returned = self.0.run(function);
        self.end(returned.outcome());
        returned
    }

    /// The context in which the operation's span is the current one.
    #[must_use]
    pub fn context(&self) -> Context {
        self.0.context().cloned().unwrap_or_else(Context::current)
    }

    /// Ends the operation.
    pub fn end(mut self, outcome: Outcome) {
        self.0.end(outcome);
    }
}
