//! The macros that ask the database while compiling: what they found out is in the folder `.sqlx`.

use otel_runtime::sqlx::Pool;
use sqlx::Sqlite;

use super::{in_memory, recorded};

struct User {
    id: i64,
    name: String,
}

async fn register(pool: &Pool<Sqlite>, name: &str) -> Result<User, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query!("INSERT INTO users (name) VALUES (?)", name).execute(&mut *transaction).await?;
    transaction.commit().await?;
    sqlx::query_as!(User, "SELECT id, name FROM users WHERE name = ?", name).fetch_one(pool).await
}

#[tokio::test]
async fn the_macros_take_a_pool_and_a_transaction() {
    let (user, arrived) = recorded(async {
        let pool = in_memory().await;
        sqlx::query("CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL)").execute(&pool).await.expect("a table");
        let user = register(&pool, "Ada").await.expect("she is there");
        let count = sqlx::query_scalar!("SELECT count(*) FROM users").fetch_one(&pool).await.expect("a number");
        assert_eq!(count, 1);
        user
    })
    .await;
    assert_eq!((user.id, user.name.as_str()), (1, "Ada"));
    assert_eq!(arrived.names(), ["CREATE TABLE users", "BEGIN", "INSERT users", "COMMIT", "SELECT users", "SELECT users"]);
}
