//! SQLite, whose database is a file, or a part of the process.

use sqlx::Sqlite;
use sqlx::sqlite::SqliteConnectOptions;

use super::{BoxFuture, BoxStream, Sealed, Step, executes};
use crate::semconv::db::Database;
use crate::semconv::db::sql::Dialect;

const IN_MEMORY: &str = ":memory:";

impl Sealed for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;
    const SYSTEM: &'static str = "sqlite";

    fn locate(options: &SqliteConnectOptions, database: &mut Database) {
        let file = options.get_filename().to_string_lossy();
        // sqlx gives each database of `sqlite::memory:` a name of its own.
        database.is_in_memory = file == IN_MEMORY || file.starts_with("file:sqlx-in-memory-") || file.contains("mode=memory");
        database.namespace = Some(if database.is_in_memory { IN_MEMORY.to_owned() } else { file.into_owned() });
    }

    executes!();
}
