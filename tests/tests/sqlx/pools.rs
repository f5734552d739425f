//! The metrics of pools.

use std::time::Duration;

use otel_runtime::context::FutureExt;
use otel_runtime::sqlx::Pool;
use sqlx::sqlite::SqlitePoolOptions;
use tests::receiver::Receiver;

use super::{Arrived, recorded, telemetry};

const NAME: &str = "db.client.connection.pool.name=orders";

async fn pool(max: u32) -> Pool<sqlx::Sqlite> {
    let options = SqlitePoolOptions::new().max_connections(max).acquire_timeout(Duration::from_millis(200));
    Pool::builder(options.connect("sqlite::memory:").await.expect("SQLite is in this program")).name("orders").build()
}

fn state(state: &str) -> Vec<String> {
    vec![NAME.to_owned(), format!("db.client.connection.state={state}")]
}

#[tokio::test]
async fn connections_are_counted_while_the_pool_is_there() {
    let receiver = Receiver::start();
    let telemetry = telemetry(&receiver);
    let now = || {
        telemetry.force_flush().expect("the receiver takes it");
        Arrived { spans: Vec::new(), metrics: receiver.metrics(), everything: String::new() }
    };
    let context = telemetry.context();
    async {
        let pool = pool(3).await;
        let (one, two) = (pool.acquire().await.expect("a connection"), pool.acquire().await.expect("another"));
        let used = now();
        assert_eq!(used.sum("db.client.connection.count"), [(state("idle"), 0), (state("used"), 2)]);
        assert_eq!(used.sum("db.client.connection.max"), [(vec![NAME.to_owned()], 3)]);
        assert_eq!(used.sum("db.client.connection.pending_requests"), [(vec![NAME.to_owned()], 0)]);
        drop(one);
        // The connection goes back by itself, a moment later.
        while pool.raw().num_idle() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(now().sum("db.client.connection.count"), [(state("idle"), 1), (state("used"), 1)]);
        drop(two);
        pool.close().await;
    }
    .with_context(context)
    .await;
    let gone = now();
    assert_eq!(gone.sum("db.client.connection.count"), [(state("idle"), 0), (state("used"), 0)]);
    assert_eq!(gone.sum("db.client.connection.max"), [(vec![NAME.to_owned()], 0)]);
    assert_eq!(gone.histogram("db.client.connection.use_time").last(), Some(&(vec![NAME.to_owned()], 2)));
    assert_eq!(gone.histogram("db.client.connection.wait_time").last(), Some(&(vec![NAME.to_owned()], 2)));
}

#[tokio::test]
async fn who_waits_is_counted_and_so_is_who_gives_up() {
    let receiver = Receiver::start();
    let telemetry = telemetry(&receiver);
    let context = telemetry.context();
    async {
        let pool = pool(1).await;
        let held = pool.acquire().await.expect("a connection");
        let query = tokio::spawn({
            let pool = pool.clone();
            async move { sqlx::query("SELECT 1").execute(&pool).await }.with_current_context()
        });
        // It waits as soon as it was polled.
        let waits = || {
            telemetry.force_flush().expect("the receiver takes it");
            Arrived { spans: Vec::new(), metrics: receiver.metrics(), everything: String::new() }
                .sum("db.client.connection.pending_requests")
        };
        while waits() != [(vec![NAME.to_owned()], 1)] {
            tokio::task::yield_now().await;
        }
        let result = query.await.expect("it does not panic");
        assert!(matches!(result, Err(sqlx::Error::PoolTimedOut)));
        assert_eq!(waits(), [(vec![NAME.to_owned()], 0)]);
        drop(held);
    }
    .with_context(context)
    .await;
    telemetry.shutdown().expect("the receiver takes it");
    let arrived = Arrived { spans: receiver.spans(), metrics: receiver.metrics(), everything: String::new() };
    assert_eq!(arrived.sum("db.client.connection.timeouts"), [(vec![NAME.to_owned()], 1)]);
    assert_eq!(arrived.attributes("SELECT").last().map(String::as_str), Some("error.type=pool_timed_out"));
}

#[tokio::test]
async fn pools_of_one_name_are_one() {
    let ((), arrived) = recorded(async {
        let (one, other) = (pool(2).await, pool(5).await);
        sqlx::query("SELECT 1").execute(&one).await.expect("a number");
        sqlx::query("SELECT 1").execute(&other).await.expect("a number");
        std::mem::forget((one, other));
    })
    .await;
    assert_eq!(arrived.sum("db.client.connection.max"), [(vec![NAME.to_owned()], 7)]);
}
