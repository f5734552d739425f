//! What is recorded of a query.

use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::pin;
use std::task::Poll;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use otel_runtime::context::FutureExt;
use otel_runtime::sqlx::Pool;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Executor, QueryBuilder, Row, SqlSafeStr, SqlitePool, Statement};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::to;

use super::{in_memory, recorded, text};

/// A file that is not there yet.
fn file(name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    for name in [file.clone(), file.with_extension("db-wal"), file.with_extension("db-shm")] {
        let _ = std::fs::remove_file(name);
    }
    file
}

#[tokio::test]
async fn a_query_is_a_span_with_the_attributes_of_the_conventions() {
    let file = file("attributes.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let ((), arrived) = recorded(async {
        let pool = Pool::new(SqlitePool::connect_with(options).await.expect("the file can be made"));
        sqlx::query("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").execute(&pool).await.expect("a table");
        sqlx::query("INSERT INTO users (name) VALUES (?), ('Grace')").bind("Ada").execute(&pool).await.expect("two rows");
        let rows = sqlx::query("SELECT name FROM users WHERE id IN (1, 2)").fetch_all(&pool).await.expect("they are there");
        assert_eq!(rows.iter().map(|row| row.get::<String, _>("name")).collect::<Vec<_>>(), ["Ada", "Grace"]);
        pool.close().await;
    })
    .await;
    assert_eq!(arrived.names(), ["CREATE TABLE users", "INSERT users", "SELECT users"]);
    let namespace = format!("db.namespace={}", file.display());
    assert_eq!(
        text(&arrived.one("SELECT users").data.attributes),
        [
            "db.collection.name=users",
            &namespace,
            "db.operation.name=SELECT",
            "db.query.summary=SELECT users",
            "db.query.text=SELECT name FROM users WHERE id IN (?)",
            "db.response.returned_rows=2",
            "db.system.name=sqlite",
        ]
    );
    assert_eq!(
        text(&arrived.one("INSERT users").data.attributes),
        [
            "db.collection.name=users",
            &namespace,
            "db.operation.name=INSERT",
            "db.query.summary=INSERT users",
            "db.query.text=INSERT INTO users (name) VALUES (?), (?)",
            "db.system.name=sqlite",
        ]
    );
    assert_eq!((arrived.kind("SELECT users"), arrived.one("SELECT users").scope.name.as_str()), (SpanKind::Client, "otel_runtime::sqlx"));
    let labels = |collection: &str, operation: &str| -> Vec<String> {
        vec![
            format!("db.collection.name={collection}"),
            namespace.clone(),
            format!("db.operation.name={operation}"),
            format!("db.query.summary={operation} {collection}"),
            "db.system.name=sqlite".to_owned(),
        ]
    };
    let durations = arrived.histogram("db.client.operation.duration");
    assert_eq!(durations, [(labels("users", "CREATE TABLE"), 1), (labels("users", "INSERT"), 1), (labels("users", "SELECT"), 1)]);
    assert_eq!(arrived.histogram("db.client.response.returned_rows"), [(labels("users", "SELECT"), 1)]);
}

#[tokio::test]
async fn every_way_to_ask_is_one_span() {
    let ((), arrived) = recorded(async {
        let pool = in_memory().await;
        sqlx::raw_sql("CREATE TABLE a (n INTEGER); CREATE TABLE b (n INTEGER)").execute(&pool).await.expect("tables");
        let mut builder = QueryBuilder::new("INSERT INTO a (n) ");
        builder.push_values(0..3, |mut row, n| {
            row.push_bind(n);
        });
        assert_eq!(builder.build().execute(&pool).await.expect("rows").rows_affected(), 3);
        let numbers: Vec<(i64,)> = sqlx::query_as("SELECT n FROM a AS query_as").fetch_all(&pool).await.expect("rows");
        assert_eq!(numbers, [(0,), (1,), (2,)]);
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM a, b").fetch_one(&pool).await.expect("a row");
        assert_eq!(count, 0);
        assert!(sqlx::query("SELECT n FROM b").fetch_optional(&pool).await.expect("no error").is_none());
        let missing = sqlx::query("SELECT b.n FROM b JOIN a").fetch_one(&pool).await;
        assert!(matches!(missing, Err(sqlx::Error::RowNotFound)));
        let statement = (&pool).prepare("DELETE FROM a WHERE n = ?".into_sql_str()).await.expect("it is prepared");
        assert_eq!(statement.query().bind(1).execute(&pool).await.expect("a row").rows_affected(), 1);
        let mut connection = pool.acquire().await.expect("a connection");
        sqlx::query("UPDATE a SET n = 5").persistent(false).execute(&mut *connection).await.expect("rows");
        let described = (&mut *connection).describe("SELECT n FROM a".into_sql_str()).await.expect("it is described");
        assert_eq!(described.columns().len(), 1);
    })
    .await;
    let names = ["BATCH", "INSERT a", "SELECT a", "SELECT a b", "SELECT b", "SELECT b a", "PREPARE DELETE a", "DELETE a", "UPDATE a"];
    assert_eq!(arrived.names(), names);
    assert_eq!(arrived.kind("BATCH"), SpanKind::Internal);
    assert_eq!(
        arrived.attributes("BATCH"),
        [
            "db.operation.batch.size=2",
            "db.operation.name=BATCH CREATE TABLE",
            "db.query.summary=BATCH",
            "db.query.text=CREATE TABLE a (n INTEGER); CREATE TABLE b (n INTEGER)",
        ]
    );
    assert_eq!(arrived.attributes("SELECT b").last().map(String::as_str), Some("db.response.returned_rows=0"));
    assert_eq!((arrived.status("SELECT b a"), arrived.status("SELECT b")), (Some((0, "")), Some((0, ""))));
    assert_eq!(arrived.attributes("PREPARE DELETE a")[..2], ["db.collection.name=a", "db.operation.name=PREPARE"]);
}

#[tokio::test]
async fn errors_have_the_code_of_the_database() {
    let ((), arrived) = recorded(async {
        let pool = in_memory().await;
        sqlx::query("CREATE TABLE users (name TEXT UNIQUE)").execute(&pool).await.expect("a table");
        sqlx::query("INSERT INTO users VALUES ('s3cr3t')").execute(&pool).await.expect("a row");
        sqlx::query("INSERT OR ABORT INTO users VALUES ('s3cr3t')").execute(&pool).await.expect_err("it is there already");
        sqlx::query("SELECT * FROM userz").fetch_all(&pool).await.expect_err("there is no such table");
        sqlx::query("SELECT 's3cr3t").fetch_optional(&pool).await.expect_err("it is never closed");
        pool.close().await;
        sqlx::query("DELETE FROM users").execute(&pool).await.expect_err("the pool is closed");
    })
    .await;
    let inserts: Vec<_> = arrived.spans.iter().filter(|span| span.name() == "INSERT users").collect();
    let failed = text(&inserts[1].data.attributes);
    assert!(
        ["db.response.status_code=2067", "error.type=2067"].iter().all(|part| failed.iter().any(|attribute| attribute == part)),
        "{failed:?}"
    );
    assert_eq!(inserts[1].data.status.as_ref().map(|status| status.code), Some(2));
    assert_eq!(arrived.status("SELECT userz"), Some((2, "no such table: userz")));
    assert_eq!(
        arrived.attributes("SELECT userz"),
        [
            "db.collection.name=userz",
            "db.operation.name=SELECT",
            "db.query.summary=SELECT userz",
            "db.query.text=SELECT * FROM userz",
            "db.response.returned_rows=0",
            "db.response.status_code=1",
            "error.type=1",
        ]
    );
    assert_eq!(arrived.status("SELECT"), Some((2, "unrecognized token: ?")));
    let closed = arrived.attributes("DELETE users");
    assert_eq!(closed.last().map(String::as_str), Some("error.type=pool_closed"));
    assert!(!arrived.everything.contains("s3cr3t"));
    let failed: u64 = arrived
        .histogram("db.client.operation.duration")
        .iter()
        .filter(|(labels, _)| labels.iter().any(|label| label.starts_with("error.type=")))
        .map(|(_, count)| count)
        .sum();
    assert_eq!(failed, 4);
}

#[tokio::test]
async fn secrets_in_literals_and_in_values_never_leave() {
    let ((), arrived) = recorded(async {
        let pool = in_memory().await;
        sqlx::query("CREATE TABLE t (a TEXT, b INTEGER) /* s3cr3t */").execute(&pool).await.expect("a table");
        for text in [
            "INSERT INTO t (a, b) VALUES ('s3cr3t', 1) -- s3cr3t",
            "INSERT INTO t (a, b) VALUES (\"s3cr3t\", 2)",
            "SELECT * FROM t WHERE a = 'it''s s3cr3t' OR a LIKE '%s3cr3t%'",
            "SELECT * FROM t WHERE a = \"s3cr3t\"",
            "UPDATE t SET a = 's3cr3t' || x's3cr3t'",
            "SELECT s3cr3t('s3cr3t'",
            "s3cr3t",
        ] {
            let result = sqlx::query(text).execute(&pool).await;
            // What is no literal is the program's own, and is exported.
            drop(result.map_err(|error| error.to_string()));
        }
        sqlx::query("SELECT ?1, $2").bind("s3cr3t").bind("s3cr3t").fetch_all(&pool).await.expect("they come back");
        sqlx::query(AssertSqlSafe(format!("SELECT {}", "'s3cr3t', ".repeat(1_000) + "1"))).fetch_all(&pool).await.expect("they come back");
    })
    .await;
    assert_eq!(arrived.spans.len(), 10);
    let leaked: Vec<_> =
        arrived.spans.iter().filter(|span| format!("{:?}", span.data).contains("s3cr3t")).map(|span| text(&span.data.attributes)).collect();
    // The two in which it is a name.
    assert_eq!(leaked.len(), 2, "{leaked:?}");
    assert!(
        leaked.iter().all(|attributes| attributes
            .iter()
            .any(|attribute| attribute.starts_with("db.query.text=SELECT s3cr3t(?") || attribute == "db.query.text=s3cr3t")),
        "{leaked:?}"
    );
}

#[tokio::test]
async fn a_filter_switches_the_layer_off() {
    let receiver = Receiver::start();
    let telemetry =
        to(&receiver, Protocol::Http).set("OTEL_RUST_FILTER", "otel_runtime::sqlx=off").build().expect("telemetry can be set up");
    let query = async { sqlx::query("SELECT 1").fetch_all(&in_memory().await).await.expect("a row") };
    assert_eq!(query.with_context(telemetry.context()).await.len(), 1);
    telemetry.shutdown().expect("there is nothing to deliver");
    assert!(receiver.spans().is_empty());
}

/// Numbers, so many of them.
fn numbers(limit: &str, what: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n {limit}) SELECT {what} FROM n"))
}

#[tokio::test]
async fn what_is_dropped_before_its_end_is_cancelled() {
    let ((), arrived) = recorded(async {
        let pool = in_memory().await;
        // Nobody polls this one.
        drop((&pool).fetch_all("SELECT 1"));
        {
            let mut count = pin!(sqlx::query(numbers("LIMIT 1000000", "count(*)")).fetch_all(&pool));
            let waits = poll_fn(|cx| Poll::Ready(count.as_mut().poll(cx).is_pending())).await;
            assert!(waits, "it is long to count a million");
        }
        let mut rows = sqlx::query(numbers("", "i")).fetch(&pool);
        for _ in 0..3 {
            poll_fn(|cx| rows.as_mut().poll_next(cx)).await.expect("there are rows without end").expect("no error");
        }
    })
    .await;
    let mut names = arrived.names();
    names.sort_unstable();
    assert_eq!(names, ["SELECT", "SELECT SELECT SELECT", "SELECT SELECT SELECT"]);
    let attributes: Vec<_> = arrived.spans.iter().map(|span| text(&span.data.attributes)).collect();
    let with = |attribute: &str| attributes.iter().filter(|attributes| attributes.iter().any(|one| one == attribute)).count();
    assert_eq!((with("function.outcome=cancelled"), with("db.response.returned_rows=3")), (3, 1), "{attributes:?}");
    assert_eq!(arrived.histogram("db.client.operation.duration").iter().map(|(_, count)| count).sum::<u64>(), 3);
}
