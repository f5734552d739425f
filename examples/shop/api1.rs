//! `api1`: who the users are, in a database.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use otel_runtime::sqlx::Pool;
use otel_runtime::{baggage, traced};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Error, Sqlite};
use tempfile::NamedTempFile;

#[derive(Clone)]
struct Users {
    /// The one line that a database needs is around its pool.
    pool: Pool<Sqlite>,
    /// Removed with the last clone.
    #[expect(dead_code, reason = "it is held")]
    file: Arc<NamedTempFile>,
}

pub(crate) async fn app() -> Result<Router, Box<dyn std::error::Error>> {
    let file = NamedTempFile::new()?;
    let options = SqliteConnectOptions::new().filename(file.path());
    let pool = Pool::new(SqlitePoolOptions::new().max_connections(4).connect_with(options).await?);
    let users = Users { pool, file: Arc::new(file) };
    create_table(&users.pool).await?;
    Ok(Router::new().route("/users/{name}", post(register)).with_state(users))
}

#[traced]
async fn create_table(pool: &Pool<Sqlite>) -> Result<(), Error> {
    sqlx::query("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)").execute(pool).await?;
    Ok(())
}

async fn register(State(users): State<Users>, Path(name): Path<String>) -> Result<String, StatusCode> {
    match register_user(&users.pool, &name).await {
        Ok(id) => Ok(id.to_string()),
        Err(error) => {
            tracing::error!(%error, "a user could not be registered");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

#[traced]
async fn register_user(pool: &Pool<Sqlite>, name: &str) -> Result<i64, Error> {
    let known = sqlx::query_scalar("SELECT id FROM users WHERE name = ?").bind(name).fetch_optional(pool).await?;
    match known {
        Some(id) => Ok(id),
        None => create_user(pool, name).await,
    }
}

#[traced(ok(shop.user.id = |id| *id))]
async fn create_user(pool: &Pool<Sqlite>, name: &str) -> Result<i64, Error> {
    let created = sqlx::query("INSERT INTO users (name) VALUES (?)").bind(name).execute(pool).await?;
    tracing::info!(customer = baggage::get("customer.id"), "a user was created");
    Ok(created.last_insert_rowid())
}
