//! MySQL and MariaDB, which the driver does not tell from each other.

use std::borrow::Cow;

use sqlx::MySql;
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError};

use super::{BoxFuture, BoxStream, Sealed, Step, executes};
use crate::semconv::db::Database;
use crate::semconv::db::sql::Dialect;

impl Sealed for MySql {
    const DIALECT: Dialect = Dialect::MySql;
    const SYSTEM: &'static str = "mysql";

    fn locate(options: &MySqlConnectOptions, database: &mut Database) {
        let socket = options.get_socket().map(|socket| socket.to_string_lossy().into_owned());
        database.port = if socket.is_none() { Some(options.get_port()) } else { None };
        database.address = Some(socket.unwrap_or_else(|| options.get_host().to_owned()));
        database.namespace = options.get_database().map(str::to_owned);
    }

    /// The number, which says more than the class of the standard.
    fn code(error: &dyn DatabaseError) -> Option<Cow<'_, str>> {
        let number = error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number);
        number.map_or_else(|| error.code(), |number| Some(number.to_string().into()))
    }

    executes!();
}
