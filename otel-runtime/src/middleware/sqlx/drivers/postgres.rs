//! PostgreSQL, and what speaks its protocol.

use sqlx::Postgres;
use sqlx::postgres::PgConnectOptions;

use super::{BoxFuture, BoxStream, Sealed, Step, executes};
use crate::semconv::db::Database;
use crate::semconv::db::sql::Dialect;

impl Sealed for Postgres {
    const DIALECT: Dialect = Dialect::PostgreSql;
    const SYSTEM: &'static str = "postgresql";

    fn locate(options: &PgConnectOptions, database: &mut Database) {
        let socket = options.get_socket().map(|socket| socket.to_string_lossy().into_owned());
        database.port = if socket.is_none() { Some(options.get_port()) } else { None };
        database.address = Some(socket.unwrap_or_else(|| options.get_host().to_owned()));
        database.namespace = options.get_database().map(str::to_owned);
    }

    executes!();
}
