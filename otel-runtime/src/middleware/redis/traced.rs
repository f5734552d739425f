//! [`Traced`]: a connection whose commands are recorded.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use redis::aio::ConnectionLike;
use redis::{Arg, Client, Cmd, ConnectionAddr, Pipeline, RedisFuture, Value};

use super::running::Running;
use crate::middleware::{Metrics, Operations};
use crate::semconv::db::redis::{Query, SYSTEM, Together, Wanted};
use crate::semconv::db::{self, Database, metrics};

static REDIS: Operations = Operations::new(
    "otel_runtime::redis",
    SpanKind::Client,
    Metrics { duration: Some(metrics::OPERATION_DURATION), active: None, amounts: &[] },
);

/// A connection, every command and every pipeline of which becomes a span. It is an [`aio::ConnectionLike`](ConnectionLike), as the one that is in it,
/// and that one itself in all other calls, which are not recorded.
///
/// Where the connection can be cloned, so can this.
#[derive(Clone)]
pub struct Traced<C> {
    connection: C,
    known: Arc<Known>,
}

/// What is known of the server, and what of it is said.
#[derive(Clone, Debug)]
struct Known {
    database: Database,
    /// Attributes of spans and of metrics.
    labels: Vec<KeyValue>,
    /// Attributes of spans alone.
    details: Vec<KeyValue>,
    text: Wanted,
}

/// Has the commands of a connection recorded: see the [module](super).
///
/// ```no_run
/// # async fn connect() -> redis::RedisResult<()> {
/// let client = redis::Client::open("redis://redis.example/")?;
/// let mut connection = otel_runtime::redis::traced(client.get_connection_manager().await?).of_client(&client);
/// redis::cmd("SET").arg("cart:7").arg("two apples").exec_async(&mut connection).await?; // SET
/// # Ok(()) }
/// ```
pub fn traced<C: ConnectionLike>(connection: C) -> Traced<C> {
    let mut database = Database::new(SYSTEM);
    database.namespace = Some(connection.get_db().to_string());
    Traced { connection, known: Arc::new(Known { labels: database.attributes(), database, details: Vec::new(), text: Wanted::Keys }) }
}

impl<C> Traced<C> {
    /// The server, as the client was told where it is: `server.address` and `server.port`.
    #[must_use]
    pub fn server(self, address: impl Into<String>, port: u16) -> Self {
        self.located(address.into(), Some(port), Vec::new())
    }

    /// The server, as this client was told where it is. Of the client nothing else is looked at.
    #[must_use]
    pub fn of_client(self, client: &Client) -> Self {
        match client.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                let peer = db::peer(host, *port);
                self.located(host.clone(), Some(*port), peer)
            }
            ConnectionAddr::Unix(path) => {
                let path = path.to_string_lossy().into_owned();
                let peer = db::peer_socket(&path);
                self.located(path, None, peer)
            }
            _ => self,
        }
    }

    fn located(mut self, address: String, port: Option<u16>, details: Vec<KeyValue>) -> Self {
        let known = Arc::make_mut(&mut self.known);
        (known.database.address, known.database.port) = (Some(address), port);
        (known.labels, known.details) = (known.database.attributes(), details);
        self
    }

    /// Leaves keys out of `db.query.text`, and what is like them: `SET ? ?`. For keys that are secrets, such as those of sessions.
    #[must_use]
    pub fn without_keys(mut self) -> Self {
        Arc::make_mut(&mut self.known).text = Wanted::NoKeys;
        self
    }

    /// Another connection to the same database of the same server, with all that was said here. That costs next to nothing, so that it can be done
    /// with each connection that a pool hands out:
    ///
    /// ```no_run
    /// use otel_runtime::redis::{Traced, traced};
    /// use redis::{AsyncCommands, RedisError, aio::{ConnectionLike, MultiplexedConnection}};
    ///
    /// # struct Pool;
    /// # impl Pool { async fn get(&self) -> Result<MultiplexedConnection, RedisError> { unimplemented!() } }
    /// struct Carts {
    ///     pool: Pool, // such as `deadpool_redis::Pool`
    ///     traced: Traced<()>,
    /// }
    ///
    /// impl Carts {
    ///     async fn connection(&self) -> Result<impl ConnectionLike + AsyncCommands, RedisError> {
    ///         Ok(self.traced.around(self.pool.get().await?))
    ///     }
    /// }
    /// ```
    ///
    /// [`Traced::known`] gives what is said without a connection.
    pub fn around<D: ConnectionLike>(&self, connection: D) -> Traced<D> {
        Traced { connection, known: Arc::clone(&self.known) }
    }

    /// What was said here, for connections that come later.
    #[must_use]
    pub fn known(&self) -> Traced<()> {
        Traced { connection: (), known: Arc::clone(&self.known) }
    }

    /// The connection as it was.
    pub fn into_inner(self) -> C {
        self.connection
    }

    /// Begins what `read` reads, as far as it is wanted.
    fn begin(known: &Known, read: impl Fn(Wanted) -> Query) -> Running {
        let mut text = String::new();
        let operation = REDIS.start(None, |beginning| {
            let query = read(if beginning.span().is_some() { known.text } else { Wanted::NoText });
            if let Some(span) = beginning.span() {
                let attributes = span.named(query.span_name(&known.database));
                attributes.extend(known.labels.iter().chain(&known.details));
                attributes.extend(query.attributes());
            }
            if beginning.measures {
                beginning.label(known.labels.iter().chain(&[query.label()]));
            }
            text = query.into_text();
        });
        Running::new(operation, text)
    }
}

impl<C: ConnectionLike + Send> ConnectionLike for Traced<C> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let Self { connection, known } = self;
        if REDIS.are_off() {
            return connection.req_packed_command(command);
        }
        let running = Self::begin(known, |wanted| Query::of_command(words(command), wanted));
        Box::pin(running.until(connection.req_packed_command(command)))
    }

    fn req_packed_commands<'a>(&'a mut self, pipeline: &'a Pipeline, offset: usize, count: usize) -> RedisFuture<'a, Vec<Value>> {
        let Self { connection, known } = self;
        if REDIS.are_off() {
            return connection.req_packed_commands(pipeline, offset, count);
        }
        let together = if pipeline.is_transaction() { Together::Transaction } else { Together::Pipeline };
        let running = Self::begin(known, |wanted| Query::of_commands(together, pipeline.cmd_iter().map(words), wanted));
        Box::pin(running.until(connection.req_packed_commands(pipeline, offset, count)))
    }

    fn get_db(&self) -> i64 {
        self.connection.get_db()
    }
}

/// The name of a command, and its arguments.
fn words(command: &Cmd) -> impl Iterator<Item = &[u8]> + Clone {
    command.args_iter().map(|argument| match argument {
        Arg::Simple(argument) => argument,
        // Where an iteration goes on.
        _ => b"0",
    })
}

impl<C> Deref for Traced<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for Traced<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

impl<C> fmt::Debug for Traced<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").field("known", &self.known).finish_non_exhaustive()
    }
}
