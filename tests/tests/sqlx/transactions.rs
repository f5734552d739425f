//! Transactions, and what they do when they are dropped.

use otel_runtime::sqlx::{Pool, Transaction};
use otel_runtime::traced;
use sqlx::{Executor, Sqlite};

use super::{in_memory, recorded};

async fn insert<'c>(executor: impl Executor<'c, Database = Sqlite>) {
    sqlx::query("INSERT INTO t VALUES (1)").execute(executor).await.expect("a row");
}

async fn count(pool: &Pool<Sqlite>) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(pool).await.expect("a number")
}

/// One connection, since each has a database of its own in memory.
async fn pool() -> Pool<Sqlite> {
    let pool = in_memory().await;
    sqlx::query("CREATE TABLE t (n INTEGER)").execute(pool.raw()).await.expect("a table");
    pool
}

#[traced]
async fn commit(pool: &Pool<Sqlite>) {
    let mut transaction = pool.begin().await.expect("it begins");
    insert(&mut *transaction).await;
    let mut nested: Transaction<'_, Sqlite> = transaction.begin().await.expect("it is nested");
    insert(&mut *nested).await;
    nested.rollback().await.expect("it is undone");
    let mut nested = transaction.begin().await.expect("it is nested");
    insert(&mut *nested).await;
    nested.commit().await.expect("it is done");
    transaction.commit().await.expect("it is done");
}

#[tokio::test]
async fn a_transaction_is_the_spans_of_its_commands() {
    let (rows, arrived) = recorded(async {
        let pool = pool().await;
        commit(&pool).await;
        count(&pool).await
    })
    .await;
    assert_eq!(rows, 2);
    let names = [
        "commit",
        "BEGIN",
        "INSERT t",
        "SAVEPOINT",
        "INSERT t",
        "ROLLBACK TO SAVEPOINT",
        "SAVEPOINT",
        "INSERT t",
        "RELEASE SAVEPOINT",
        "COMMIT",
        "SELECT t",
    ];
    assert_eq!(arrived.names(), names);
    let parent = arrived.one("commit").span_id_hex();
    let inside = arrived.spans.iter().filter(|span| span.parent_span_id_hex().as_ref() == Some(&parent));
    assert_eq!(inside.count(), names.len() - 2);
    assert_eq!(arrived.attributes("BEGIN"), ["db.operation.name=BEGIN", "db.query.summary=BEGIN", "db.query.text=BEGIN"]);
    assert_eq!(arrived.attributes("RELEASE SAVEPOINT"), ["db.operation.name=RELEASE SAVEPOINT", "db.query.summary=RELEASE SAVEPOINT"]);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_is_rolled_back() {
    let (rows, arrived) = recorded(async {
        let pool = pool().await;
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.expect("it begins");
        insert(&mut *transaction).await;
        drop(transaction);
        let rows = count(&pool).await;
        let mut transaction = pool.begin().await.expect("it begins");
        insert(&mut *transaction).await;
        transaction.rollback().await.expect("it is undone");
        let mut connection = pool.acquire().await.expect("a connection");
        connection.ping().await.expect("it is there");
        let transaction = connection.begin().await.expect("it begins");
        transaction.commit().await.expect("it is done");
        rows
    })
    .await;
    assert_eq!(rows, 0);
    let names = ["BEGIN", "INSERT t", "ROLLBACK", "SELECT t", "BEGIN", "INSERT t", "ROLLBACK", "BEGIN", "COMMIT"];
    assert_eq!(arrived.names(), names);
    assert!(arrived.everything.contains("BEGIN IMMEDIATE"));
}
