//! One command, or one pipeline, under way: what becomes of its span and its metrics by what is answered.

use std::future::poll_fn;

use redis::{RedisFuture, RedisResult};

use super::errors::{self, Answer};
use crate::middleware::Operation;
use crate::outcome::Outcome;

/// An operation that was started. Dropped before its end, it was cancelled.
#[derive(Debug)]
pub(super) struct Running {
    operation: Operation,
    /// The text that is exported.
    text: String,
}

impl Running {
    pub(super) fn new(operation: Operation, text: String) -> Self {
        Self { operation, text }
    }

    /// Runs `future` under the operation, which it ends.
    pub(super) async fn until<T: Answer>(mut self, mut future: RedisFuture<'_, T>) -> RedisResult<T> {
        let result = poll_fn(|polling| self.operation.run(|| future.as_mut().poll(polling))).await;
        self.end(&result);
        result
    }

    fn end<T: Answer>(&mut self, result: &RedisResult<T>) {
        if !self.operation.records() && !self.operation.measures() {
            return;
        }
        let failure = match result {
            Ok(answer) => answer.error().map(|error| errors::of_server(error.code(), error.details())),
            Err(error) => Some(errors::of_client(error)),
        };
        match failure {
            Some(failure) => failure.end(&mut self.operation, &self.text),
            None => self.operation.end(Outcome::OK),
        }
    }
}
