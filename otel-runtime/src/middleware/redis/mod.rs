//! Commands to Redis and Valkey by the crate `redis` (feature `redis`), as spans and metrics.
//!
//! ```no_run
//! use otel_runtime::{redis, traced};
//! use ::redis::{AsyncCommands, RedisError, aio::MultiplexedConnection};
//!
//! #[traced]
//! async fn put(mut carts: redis::Traced<MultiplexedConnection>, customer: u64) -> Result<u64, RedisError> {
//!     let key = format!("cart:{customer}");
//!     let () = carts.rpush(&key, "two apples").await?; // RPUSH
//!     let () = ::redis::pipe().expire(&key, 3600).incr("carts", 1).query_async(&mut carts).await?; // PIPELINE
//!     carts.llen(&key).await // LLEN
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), RedisError> {
//!     let client = ::redis::Client::open("redis://redis.example/")?;
//!     let connection = client.get_multiplexed_async_connection().await?;
//!     let carts = redis::traced(connection).of_client(&client); // the one line
//!     put(carts, 7).await?;
//!     Ok(())
//! }
//! ```
//!
//! What is [`traced`] stands where the connection stood: it is an [`aio::ConnectionLike`](::redis::aio::ConnectionLike) as well, so that
//! `AsyncCommands`, `cmd(…).query_async`, `pipe()`, scripts and iterators stay as they are. The connection is whatever is one itself:
//! `MultiplexedConnection`, `ConnectionManager`, a `ClusterConnection`, or what a pool hands out, such as `deadpool_redis::Connection`:
//! [`Traced::around`]. The version of the crate is 1.
//!
//! # Spans
//!
//! One for each command, and one for each pipeline, from the call to the reply, by the [conventions for
//! Redis](https://opentelemetry.io/docs/specs/semconv/db/redis/). Its kind is client. Its name is that of the command, be it
//! Redis's own or a module's.
//!
//! | attribute | value |
//! |---|---|
//! | `db.system.name` | `redis` |
//! | `db.namespace` | the database that the connection was made for; a `SELECT` is not seen |
//! | `server.address`, `server.port` | what [`Traced::of_client`] or [`Traced::server`] say; the port if it is not 6379 |
//! | `network.peer.address`, `network.peer.port` | if the client was told an address, or a socket, and no name |
//! | `db.operation.name` | the command, with its subcommand; `PIPELINE`, `MULTI` of a transaction, or `PIPELINE GET` where all are the same: [`Query`] |
//! | `db.operation.batch.size` | how many commands a pipeline has, if it is not one |
//! | `db.query.text` | the command with `?` for everything that is no key: [`Query::text`]. Keys are in it, unless [`Traced::without_keys`] |
//! | `db.stored_procedure.name` | the digest of a script (`EVALSHA`), the name of a function (`FCALL`) |
//! | `db.response.status_code`, `error.type` | what the error begins with: `WRONGTYPE`, `MOVED`, `NOAUTH`. Of those that are not Redis's own, but a script's, `error.type` is `_OTHER` |
//!
//! An error that is not the server's has its class as `error.type`: `connection_refused`, `broken_pipe`, `timed_out`, `parse`. A pipeline fails with the
//! first of its commands that does, whether the program asks for that error or not. The message of an error is the description of the span's status,
//! without what it has in quotes, unless that is in the text that is exported. That a key is missing is no error, and neither is a transaction that
//! `WATCH` keeps from happening. `NOSCRIPT` is one, by the conventions, even though a `Script` sends its text then.
//!
//! A future that is dropped is `cancelled`, as everywhere. What is asked of the connection itself, such as `subscribe`, is not recorded, and neither
//! are connections that are made, nor redirections that a `ClusterConnection` follows by itself.
//!
//! # Metrics
//!
//! | metric | labels |
//! |---|---|
//! | `db.client.operation.duration` | `db.system.name`, `db.namespace`, `server.address`, `server.port`, `db.operation.name`, `db.response.status_code`, `error.type` |
//!
//! Labels are few: a command or a prefix that is not known here, such as one of a module's of your own, is `_OTHER`, and there are no keys.
//!
//! The scope is `otel_runtime::redis`, and so is the path by which `OTEL_RUST_FILTER` switches the layer.

mod errors;
mod running;
#[cfg(all(test, feature = "testing"))]
mod tests;
mod traced;

pub use self::traced::{Traced, traced};
pub use crate::semconv::db::redis::Query;
