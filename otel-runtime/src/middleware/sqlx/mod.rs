//! Queries of [`sqlx`] as spans and metrics (features `sqlx-sqlite`, `sqlx-postgres`, `sqlx-mysql`).
//!
//! ```
//! use otel_runtime::sqlx::Pool;
//! use otel_runtime::traced;
//! use sqlx::{Sqlite, SqlitePool};
//!
//! #[traced]
//! async fn register(pool: &Pool<Sqlite>, name: &str) -> Result<i64, sqlx::Error> {
//!     let mut transaction = pool.begin().await?; // BEGIN
//!     sqlx::query("INSERT INTO users (name) VALUES (?)").bind(name).execute(&mut *transaction).await?; // INSERT users
//!     let count = sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&mut *transaction).await?; // SELECT users
//!     transaction.commit().await?; // COMMIT
//!     Ok(count)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), sqlx::Error> {
//!     let pool = Pool::new(SqlitePool::connect("sqlite::memory:").await?); // the one line
//!     sqlx::query("CREATE TABLE users (name TEXT NOT NULL)").execute(&pool).await?;
//!     assert_eq!(register(&pool, "Ada").await?, 1);
//!     Ok(())
//! }
//! ```
//!
//! A [`Pool`] stands where one of sqlx stood: `&pool`, `&mut *connection` and `&mut *transaction` are executors, so that `query`, `query_as`,
//! `query_scalar`, their macros, `QueryBuilder` and `raw_sql` stay as they are. The version of sqlx is 0.9, which needs Rust 1.94.
//!
//! # Spans
//!
//! One for each call of an executor, from the call to the end of its rows, with the wait for a connection in it, by the [conventions for
//! databases](https://opentelemetry.io/docs/specs/semconv/db/database-spans/). Its kind is client, and internal where SQLite is in memory. Its name
//! is the summary of the query.
//!
//! | attribute | value |
//! |---|---|
//! | `db.system.name` | `sqlite`, `postgresql`, `mysql`; the driver does not tell MariaDB from MySQL: [`PoolBuilder::system`] |
//! | `db.namespace` | the database that the pool connects to, or the file of SQLite, or `:memory:`; a `USE` is not seen |
//! | `server.address`, `server.port` | from the options of the pool, a socket too; the port if it is not the usual one |
//! | `db.query.text` | the text with `?` for every literal and without comments: [`Query::text`]. Bound values are never recorded |
//! | `db.query.summary`, `db.operation.name`, `db.collection.name`, `db.stored_procedure.name`, `db.operation.batch.size` | see [`Query`] |
//! | `db.response.returned_rows` | rows that were fetched; not of `execute` |
//! | `db.response.status_code`, `error.type` | the code of the database: SQLSTATE of PostgreSQL, the number of MySQL, the extended code of SQLite |
//!
//! An error that is not the database's has its class as `error.type`: `pool_timed_out`, `connection_refused`, `column_decode`. The message of an
//! error is the description of the span's status, without what it has in quotes, unless that is in the text that is exported: databases repeat in
//! their messages what they were given. That a row is missing (`RowNotFound`) is no error, because the database has answered.
//!
//! A future that is dropped, and a stream that is dropped before its end, are `cancelled`, as everywhere; their rows are counted until there.
//! `fetch_one` and `fetch_optional` end with the row.
//!
//! `prepare` is a span `PREPARE …`; see [`Transaction`] for the others. There is none for `describe`, and none for a connection that is acquired or
//! pinged.
//!
//! # Metrics
//!
//! | metric | labels |
//! |---|---|
//! | `db.client.operation.duration`, `db.client.response.returned_rows` | the attributes above, but for `db.query.text` and counts |
//! | `db.client.connection.count` | `db.client.connection.pool.name`, `db.client.connection.state` |
//! | `db.client.connection.max`, `.pending_requests`, `.timeouts`, `.wait_time`, `.use_time` | `db.client.connection.pool.name` |
//!
//! Texts that a program puts together do not become labels without end: after 256 summaries of a pool, others are measured with their command
//! alone. The gauges of a pool that is gone are 0.
//!
//! The scope is `otel_runtime::sqlx`, and so is the path by which `OTEL_RUST_FILTER` switches the layer. sqlx itself speaks `tracing`: a subscriber
//! with the layer of the feature `tracing` has its statements as log records too, texts unchanged, unless its filter says `sqlx=off`.
//! SQLite works on a thread of its own: its records have the ids of the span of `tracing` that the query was sent in, if there is one, and not of ours.

mod client;
mod connection;
mod drivers;
mod executor;
mod generated;
mod pool;
mod pool_metrics;
mod queries;
mod running;
mod transaction;

pub use self::connection::{Connection, PoolConnection};
pub use self::drivers::Driver;
pub use self::pool::{Pool, PoolBuilder};
pub use self::transaction::Transaction;
pub use crate::semconv::db::sql::{Dialect, Query};

/// What filters know the layer by, and the name of its scope.
const PATH: &str = "otel_runtime::sqlx";
