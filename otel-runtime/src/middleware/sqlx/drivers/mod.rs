//! What differs between databases. Everything else is generic over [`Driver`].

#[cfg(feature = "sqlx-mysql")]
mod mysql;
#[cfg(feature = "sqlx-postgres")]
mod postgres;
#[cfg(feature = "sqlx-sqlite")]
mod sqlite;

use std::borrow::Cow;
use std::pin::Pin;

use futures_core::Stream;
use sqlx::error::DatabaseError;
use sqlx::{Connection, Database, Describe, Either, Error, Execute, SqlStr};

use crate::semconv::db::Database as Located;
use crate::semconv::db::sql::Dialect;

pub(super) type BoxFuture<'e, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'e>>;
pub(super) type BoxStream<'e, T> = Pin<Box<dyn Stream<Item = Result<T, Error>> + Send + 'e>>;

/// Rows, and what is said at the end of each statement.
pub(super) type Step<DB> = Either<<DB as Database>::QueryResult, <DB as Database>::Row>;

/// The options that connections of a database are made with.
pub(super) type Options<DB> = <<DB as Database>::Connection as Connection>::Options;

/// A database whose queries can be recorded: `Sqlite`, `Postgres` and `MySql` (MariaDB too), each with the feature of its name.
#[diagnostic::on_unimplemented(
    message = "queries to `{Self}` cannot be recorded",
    note = "it is `sqlx::Sqlite`, `sqlx::Postgres` or `sqlx::MySql`, with the feature `sqlx-sqlite`, `sqlx-postgres` or `sqlx-mysql` of `otel-runtime`"
)]
pub trait Driver: Sealed {}

impl<DB: Sealed> Driver for DB {}

/// What the layer asks of a driver. The methods of an executor are repeated, because a bound on references to `Database::Connection` would not be
/// inferred where this one is.
pub trait Sealed: Database {
    const DIALECT: Dialect;
    const SYSTEM: &'static str;

    /// Notes where the database is.
    fn locate(options: &Options<Self>, database: &mut Located);

    /// The most specific code that the database has for an error: its own, or else that of the standard.
    fn code(error: &dyn DatabaseError) -> Option<Cow<'_, str>> {
        error.code()
    }

    fn fetch_many<'e, 'q: 'e, E>(connection: &'e mut Self::Connection, query: E) -> BoxStream<'e, Step<Self>>
    where
        E: 'q + Execute<'q, Self>;

    fn fetch_optional<'e, 'q: 'e, E>(connection: &'e mut Self::Connection, query: E) -> BoxFuture<'e, Option<Self::Row>>
    where
        E: 'q + Execute<'q, Self>;

    fn prepare_with<'e>(
        connection: &'e mut Self::Connection,
        sql: SqlStr,
        parameters: &'e [Self::TypeInfo],
    ) -> BoxFuture<'e, Self::Statement>;

    fn describe(connection: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, Describe<Self>>;
}

/// The methods of a driver that are those of its connection.
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
macro_rules! executes {
    () => {
        fn fetch_many<'e, 'q: 'e, E>(connection: &'e mut Self::Connection, query: E) -> BoxStream<'e, Step<Self>>
        where
            E: 'q + sqlx::Execute<'q, Self>,
        {
            sqlx::Executor::fetch_many(connection, query)
        }

        fn fetch_optional<'e, 'q: 'e, E>(connection: &'e mut Self::Connection, query: E) -> BoxFuture<'e, Option<Self::Row>>
        where
            E: 'q + sqlx::Execute<'q, Self>,
        {
            sqlx::Executor::fetch_optional(connection, query)
        }

        fn prepare_with<'e>(
            connection: &'e mut Self::Connection,
            sql: sqlx::SqlStr,
            parameters: &'e [Self::TypeInfo],
        ) -> BoxFuture<'e, Self::Statement> {
            sqlx::Executor::prepare_with(connection, sql, parameters)
        }

        fn describe(connection: &mut Self::Connection, sql: sqlx::SqlStr) -> BoxFuture<'_, sqlx::Describe<Self>> {
            sqlx::Executor::describe(connection, sql)
        }
    };
}
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
use executes;
