//! [`settle`]: a consumer tells the broker what became of messages.

use super::{Destination, Draft, Ended, Guard, Relations, SETTLE};
use crate::semconv::messaging::OperationType;

/// The broker is told what became of messages: see [`settle`].
#[derive(Debug)]
pub struct Settling(());

/// Tells the broker what became of messages: the operation is called as the system does, such as `ack`, `nack`, `commit`.
///
/// ```
/// use otel_runtime::messaging::{self, Destination};
///
/// # async fn ack() -> Result<(), std::io::Error> { Ok(()) }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// messaging::settle(Destination::new("pulsar", "orders"), "ack").run(ack()).await.unwrap();
/// # }
/// ```
pub fn settle<'a>(destination: Destination<'a>, operation: &'static str) -> Draft<'a, Settling> {
    Draft::new(destination, operation, Settling(()))
}

impl Draft<'_, Settling> {
    /// Runs a future that settles.
    pub fn run<F: Future<Output: Ended>>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        self.start().run(future)
    }

    /// Starts to settle.
    pub fn start(mut self) -> Guard {
        Guard(self.begin(&SETTLE, OperationType::Settle, Relations::default()))
    }
}
