//! A transaction whose beginning, queries and end are recorded.

use std::fmt;
use std::ops::{Deref, DerefMut};

use sqlx::{Error, SqlStr};
use sqlx_core::transaction::TransactionManager;

use super::connection::Connection;
use super::drivers::Driver;
use super::running::Running;

/// A transaction, in place of [`sqlx::Transaction`]: dropped before [`commit`](Self::commit), it is rolled back.
///
/// `BEGIN`, `COMMIT` and `ROLLBACK` are spans beside those of the queries; of a transaction in a transaction, `SAVEPOINT`, `RELEASE SAVEPOINT` and
/// `ROLLBACK TO SAVEPOINT`. The rollback of a transaction that is dropped is sent later, with whatever its connection does next: its span says
/// when it was asked for.
pub struct Transaction<'c, DB: Driver> {
    connection: Connection<'c, DB>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It may have begun, or not.
    Beginning,
    Open,
    Closed,
}

impl<'c, DB: Driver> Transaction<'c, DB> {
    pub(super) async fn begin(connection: Connection<'c, DB>, statement: Option<SqlStr>, begin: Running) -> Result<Self, Error> {
        begin.until::<DB, _>(Self::begun(connection, statement), |_| None).await
    }

    /// Begins one, of which nothing is recorded here.
    pub(super) async fn begun(connection: Connection<'c, DB>, statement: Option<SqlStr>) -> Result<Self, Error> {
        let mut transaction = Self { connection, state: State::Beginning };
        DB::TransactionManager::begin(transaction.connection.raw(), statement).await?;
        transaction.state = State::Open;
        Ok(transaction)
    }

    /// Makes what was done last.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn commit(mut self) -> Result<(), Error> {
        let commit = self.ending("COMMIT", "RELEASE SAVEPOINT");
        commit.until::<DB, _>(DB::TransactionManager::commit(self.connection.raw()), |()| None).await?;
        self.state = State::Closed;
        Ok(())
    }

    /// Undoes what was done.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn rollback(mut self) -> Result<(), Error> {
        let rollback = self.rolling_back();
        rollback.until::<DB, _>(DB::TransactionManager::rollback(self.connection.raw()), |()| None).await?;
        self.state = State::Closed;
        Ok(())
    }

    fn rolling_back(&mut self) -> Running {
        self.ending("ROLLBACK", "ROLLBACK TO SAVEPOINT")
    }

    fn ending(&mut self, outer: &str, nested: &str) -> Running {
        let depth = DB::TransactionManager::get_transaction_depth(self.connection.raw());
        let client = self.connection.client();
        if depth > 1 { client.command(nested) } else { client.execute(outer) }
    }
}

impl<DB: Driver> Drop for Transaction<'_, DB> {
    fn drop(&mut self) {
        if self.state == State::Closed {
            return;
        }
        let rollback = (self.state == State::Open).then(|| self.rolling_back());
        DB::TransactionManager::start_rollback(self.connection.raw());
        if let Some(rollback) = rollback {
            rollback.done();
        }
    }
}

impl<'c, DB: Driver> Deref for Transaction<'c, DB> {
    type Target = Connection<'c, DB>;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl<DB: Driver> DerefMut for Transaction<'_, DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}

impl<DB: Driver> fmt::Debug for Transaction<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("state", &self.state).finish_non_exhaustive()
    }
}
