//! One operation under way: what becomes of its span and its metrics by what the driver says.

use std::borrow::Cow;
use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute::DB_RESPONSE_RETURNED_ROWS;
use sqlx::error::DatabaseError;
use sqlx::{Either, Error};

use super::drivers::{BoxStream, Driver, Step};
use super::queries::Described;
use crate::middleware::Operation;
use crate::middleware::database::Failure;
use crate::outcome::{ErrorType, Outcome};

/// The number of the metric of rows among those of the layer.
const ROWS: usize = 0;

/// An operation that was started. Dropped before its end, it was cancelled.
#[derive(Debug)]
pub(super) struct Running {
    operation: Operation,
    /// `None`: nothing is recorded.
    described: Option<Arc<Described>>,
}

type Code = fn(&dyn DatabaseError) -> Option<Cow<'_, str>>;

impl Running {
    pub(super) fn new(operation: Operation, described: Option<Arc<Described>>) -> Self {
        Self { operation, described }
    }

    /// Runs `future` under the operation, which it ends; `rows` tells how many came, where that is known.
    pub(super) async fn until<DB: Driver, T>(
        mut self,
        future: impl Future<Output = Result<T, Error>>,
        rows: impl FnOnce(&T) -> Option<u64>,
    ) -> Result<T, Error> {
        let mut future = pin!(future);
        let result = poll_fn(|cx| self.operation.run(|| future.as_mut().poll(cx))).await;
        match &result {
            Ok(done) => {
                let rows = rows(done);
                self.returned(rows);
                self.operation.end(Outcome::OK);
            }
            Err(error) => self.fail(error, DB::code),
        }
        result
    }

    /// What began and ended at once.
    pub(super) fn done(mut self) {
        self.operation.end(Outcome::OK);
    }

    /// Runs `steps` under the operation, which ends with them. Rows are counted if somebody gets them.
    pub(super) fn over<DB: Driver>(self, steps: BoxStream<'_, Step<DB>>, counts_rows: bool) -> BoxStream<'_, Step<DB>> {
        Box::pin(Steps::<DB> { inner: steps, running: self, rows: counts_rows.then_some(0), is_over: false })
    }

    fn returned(&mut self, rows: Option<u64>) {
        let Some(rows) = rows else { return };
        if self.operation.records() {
            self.operation.set([KeyValue::new(DB_RESPONSE_RETURNED_ROWS, i64::try_from(rows).unwrap_or(i64::MAX))]);
        }
        self.operation.amount(ROWS, rows);
    }

    fn fail(&mut self, error: &Error, code: Code) {
        let Some(described) = &self.described else { return };
        let failure = match error {
            // What a caller makes of an answer without rows: the database has done what it was asked for.
            Error::RowNotFound => return self.operation.end(Outcome::OK),
            Error::Database(error) => {
                let code = code(&**error);
                let class = code.as_deref().map_or(Cow::Borrowed("_OTHER"), |code| Cow::Owned(code.to_owned()));
                Failure { code, class, said: error.message().into() }
            }
            error => Failure { code: None, class: class(error), said: error.to_string().into() },
        };
        failure.end(&mut self.operation, described.query.text());
    }
}

/// The class of an error that is not the database's own.
fn class(error: &Error) -> Cow<'static, str> {
    let class = match error {
        Error::Io(error) => return error.error_type(),
        Error::BeginFailed => "begin_failed",
        Error::ColumnDecode { .. } => "column_decode",
        Error::Configuration(_) => "configuration",
        Error::Decode(_) => "decode",
        Error::Encode(_) => "encode",
        Error::InvalidArgument(_) => "invalid_argument",
        Error::InvalidSavePointStatement => "invalid_save_point_statement",
        Error::PoolClosed => "pool_closed",
        Error::PoolTimedOut => "pool_timed_out",
        Error::Protocol(_) => "protocol",
        Error::Tls(_) => "tls",
        Error::TypeNotFound { .. } => "type_not_found",
        Error::WorkerCrashed => "worker_crashed",
        _ => "_OTHER",
    };
    class.into()
}

/// The steps of a query, and the operation that ends with them.
struct Steps<'e, DB: Driver> {
    inner: BoxStream<'e, Step<DB>>,
    running: Running,
    /// `None`: nobody gets them.
    rows: Option<u64>,
    is_over: bool,
}

impl<DB: Driver> Steps<'_, DB> {
    /// Notes the rows, of those that end early too.
    fn end(&mut self, how: impl FnOnce(&mut Running)) {
        if !mem::replace(&mut self.is_over, true) {
            self.running.returned(self.rows);
            how(&mut self.running);
        }
    }
}

impl<DB: Driver> Stream for Steps<'_, DB> {
    type Item = Result<Step<DB>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let steps = this.inner.as_mut();
        let polled = this.running.operation.run(|| steps.poll_next(cx));
        match &polled {
            Poll::Pending | Poll::Ready(Some(Ok(Either::Left(_)))) => {}
            Poll::Ready(Some(Ok(Either::Right(_)))) => this.rows = this.rows.map(|rows| rows + 1),
            Poll::Ready(Some(Err(error))) => this.end(|running| running.fail(error, DB::code)),
            Poll::Ready(None) => this.end(|running| running.operation.end(Outcome::OK)),
        }
        polled
    }
}

impl<DB: Driver> Drop for Steps<'_, DB> {
    fn drop(&mut self) {
        self.end(|_| {});
    }
}
