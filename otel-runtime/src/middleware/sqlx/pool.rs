//! A pool whose queries are recorded.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use sqlx::{Acquire, Error, SqlSafeStr};

use super::client::Client;
use super::connection::{Connection, PoolConnection};
use super::drivers::Driver;
use super::pool_metrics::{Observed, Size};
use super::queries::Queries;
use super::transaction::Transaction;
use crate::semconv::db::Database;

/// A pool, every query of which becomes a span. `&` of it is an [`Executor`](sqlx::Executor), as of the pool of sqlx that is in it.
///
/// Clones are the same pool.
pub struct Pool<DB: Driver> {
    pool: sqlx::Pool<DB>,
    client: Arc<Client>,
}

/// Says of a pool what cannot be seen in its options.
///
/// ```
/// use otel_runtime::sqlx::Pool;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), sqlx::Error> {
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// let pool = Pool::builder(pool).name("orders").namespace("shop").build();
/// # sqlx::query("SELECT 1").execute(&pool).await?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct PoolBuilder<DB: Driver> {
    pool: sqlx::Pool<DB>,
    database: Database,
    name: Option<String>,
}

impl<DB: Driver> PoolBuilder<DB> {
    /// `db.client.connection.pool.name`, of which there should be one in a program; by default `address:port/namespace`.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// `db.system.name`, where a database speaks another's protocol: `mariadb`, `cockroachdb`.
    pub fn system(mut self, system: impl Into<Cow<'static, str>>) -> Self {
        self.database.system = system.into();
        self
    }

    /// `db.namespace`; by default the database that connections are made to, or the file.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.database.namespace = Some(namespace.into());
        self
    }

    /// `server.address` and `server.port`; by default those that connections are made to, which may be a proxy's.
    pub fn server(mut self, address: impl Into<String>, port: u16) -> Self {
        (self.database.address, self.database.port) = (Some(address.into()), Some(port));
        self
    }

    /// The pool.
    #[must_use]
    pub fn build(self) -> Pool<DB> {
        let Self { pool, database, name } = self;
        let (name, is_in_memory) = (name.unwrap_or_else(|| database.pool_name()), database.is_in_memory);
        let seen = pool.clone();
        let observed = Observed::new(name, move || {
            let idle = i64::try_from(seen.num_idle()).unwrap_or(i64::MAX);
            // The two are read one after the other.
            Size { idle, used: (i64::from(seen.size()) - idle).max(0), max: seen.options().get_max_connections().into() }
        });
        Pool { pool, client: Arc::new(Client::new(Queries::new(database, DB::DIALECT), is_in_memory, observed)) }
    }
}

impl<DB: Driver> fmt::Debug for PoolBuilder<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolBuilder").field("database", &self.database).field("name", &self.name).finish_non_exhaustive()
    }
}

impl<DB: Driver> Pool<DB> {
    /// A pool that records what is done with it: see the [module](super). What it says of the database comes from the options of `pool`.
    #[must_use]
    pub fn new(pool: sqlx::Pool<DB>) -> Self {
        Self::builder(pool).build()
    }

    /// To say more of the database than can be seen in the options.
    pub fn builder(pool: sqlx::Pool<DB>) -> PoolBuilder<DB> {
        let mut database = Database::new(DB::SYSTEM);
        DB::locate(&pool.connect_options(), &mut database);
        PoolBuilder { pool, database, name: None }
    }

    /// The pool of sqlx. What is done with it is not recorded.
    #[must_use]
    pub fn raw(&self) -> &sqlx::Pool<DB> {
        &self.pool
    }

    /// A connection, as [`sqlx::Pool::acquire`]. That alone is no span; how long it took is measured.
    ///
    /// # Errors
    ///
    /// Those of sqlx: nothing was free in time, the pool is closed, or no connection can be made.
    pub async fn acquire(&self) -> Result<PoolConnection<DB>, Error> {
        self.lease().await.map(PoolConnection)
    }

    /// Begins a transaction on a connection of its own, as [`sqlx::Pool::begin`], with a span `BEGIN`, in which the wait for the connection is.
    ///
    /// # Errors
    ///
    /// Those of [`acquire`](Self::acquire) and of the database.
    pub async fn begin(&self) -> Result<Transaction<'static, DB>, Error> {
        let begun = async { Transaction::begun(self.lease().await?, None).await };
        self.client.execute("BEGIN").until::<DB, _>(begun, |_| None).await
    }

    /// As [`begin`](Self::begin), by a statement of one's own, such as `BEGIN IMMEDIATE`.
    ///
    /// # Errors
    ///
    /// Those of [`begin`](Self::begin).
    pub async fn begin_with(&self, statement: impl SqlSafeStr) -> Result<Transaction<'static, DB>, Error> {
        let statement = statement.into_sql_str();
        let running = self.client.execute(statement.as_str());
        let begun = async { Transaction::begun(self.lease().await?, Some(statement)).await };
        running.until::<DB, _>(begun, |_| None).await
    }

    /// Closes the pool, as [`sqlx::Pool::close`].
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn lease(&self) -> Result<Connection<'static, DB>, Error> {
        let waiting = self.client.pool.wait();
        match self.pool.acquire().await {
            Ok(connection) => Ok(Connection::pooled(connection, waiting.end(), Arc::clone(&self.client))),
            Err(error) => {
                if matches!(error, Error::PoolTimedOut) {
                    waiting.time_out();
                }
                Err(error)
            }
        }
    }
}

impl<DB: Driver> Clone for Pool<DB> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), client: Arc::clone(&self.client) }
    }
}

impl<DB: Driver> From<sqlx::Pool<DB>> for Pool<DB> {
    fn from(pool: sqlx::Pool<DB>) -> Self {
        Self::new(pool)
    }
}

impl<DB: Driver> fmt::Debug for Pool<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("pool", &self.pool).finish_non_exhaustive()
    }
}

/// For what asks for a connection of sqlx itself, such as `migrate!`. What is done with one is not recorded: [`Pool::acquire`] and [`Pool::begin`]
/// give those that are.
impl<'a, DB: Driver> Acquire<'a> for &'_ Pool<DB> {
    type Database = DB;
    type Connection = sqlx::pool::PoolConnection<DB>;

    fn acquire(self) -> super::drivers::BoxFuture<'a, Self::Connection> {
        Box::pin(self.pool.acquire())
    }

    fn begin(self) -> super::drivers::BoxFuture<'a, sqlx::Transaction<'a, DB>> {
        let pool = self.pool.clone();
        Box::pin(async move { pool.begin().await })
    }
}
