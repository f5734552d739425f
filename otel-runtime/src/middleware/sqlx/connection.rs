//! A connection whose queries are recorded.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::{Connection as _, Error, SqlSafeStr};

use super::client::Client;
use super::drivers::Driver;
use super::pool_metrics::Used;
use super::transaction::Transaction;

/// A connection, every query of which becomes a span. `&mut` of it is an [`Executor`](sqlx::Executor).
///
/// It is what a [`PoolConnection`] and a [`Transaction`] point to: `query.execute(&mut *transaction)`.
pub struct Connection<'c, DB: Driver> {
    raw: Raw<'c, DB>,
    client: Arc<Client>,
}

enum Raw<'c, DB: Driver> {
    /// Given back before that is measured.
    Pooled(sqlx::pool::PoolConnection<DB>, #[allow(dead_code, reason = "it measures when it is dropped")] Used),
    Borrowed(&'c mut DB::Connection),
}

impl<'c, DB: Driver> Connection<'c, DB> {
    pub(super) fn pooled(connection: sqlx::pool::PoolConnection<DB>, used: Used, client: Arc<Client>) -> Self {
        Self { raw: Raw::Pooled(connection, used), client }
    }

    fn borrowed(connection: &'c mut DB::Connection, client: Arc<Client>) -> Self {
        Self { raw: Raw::Borrowed(connection), client }
    }

    pub(super) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// The connection of sqlx. What is done with it is not recorded.
    pub fn raw(&mut self) -> &mut DB::Connection {
        match &mut self.raw {
            Raw::Pooled(connection, _) => connection,
            Raw::Borrowed(connection) => connection,
        }
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        match &self.raw {
            Raw::Pooled(connection, _) => connection.is_in_transaction(),
            Raw::Borrowed(connection) => connection.is_in_transaction(),
        }
    }

    /// Begins a transaction; within one, a savepoint. As [`sqlx::Connection::begin`], with a span `BEGIN` or `SAVEPOINT`.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn begin(&mut self) -> Result<Transaction<'_, DB>, Error> {
        let begin = self.begin_span();
        Transaction::begin(self.reborrowed(), None, begin).await
    }

    /// Begins a transaction by a statement of one's own, such as `BEGIN IMMEDIATE`. As [`sqlx::Connection::begin_with`].
    ///
    /// # Errors
    ///
    /// Those of the database, and that there is a transaction already.
    pub async fn begin_with(&mut self, statement: impl SqlSafeStr) -> Result<Transaction<'_, DB>, Error> {
        let statement = statement.into_sql_str();
        let begin = self.client.execute(statement.as_str());
        Transaction::begin(self.reborrowed(), Some(statement), begin).await
    }

    fn begin_span(&self) -> super::running::Running {
        if self.is_in_transaction() { self.client.command("SAVEPOINT") } else { self.client.execute("BEGIN") }
    }

    fn reborrowed(&mut self) -> Connection<'_, DB> {
        let client = Arc::clone(&self.client);
        Connection::borrowed(self.raw(), client)
    }

    /// Asks the server whether it is there. Nothing is recorded of that.
    ///
    /// # Errors
    ///
    /// Those of the connection.
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.raw().ping().await
    }
}

impl<DB: Driver> fmt::Debug for Connection<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// A connection of a pool, to which it goes back when this is dropped.
///
/// It stands in for [`sqlx::pool::PoolConnection`]: `query.execute(&mut *connection)`.
#[derive(Debug)]
pub struct PoolConnection<DB: Driver>(pub(super) Connection<'static, DB>);

impl<DB: Driver> Deref for PoolConnection<DB> {
    type Target = Connection<'static, DB>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<DB: Driver> DerefMut for PoolConnection<DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
