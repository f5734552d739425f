//! Many queries at a time.

use std::collections::HashMap;

use otel_runtime::context::FutureExt;
use otel_runtime::sqlx::Pool;
use otel_runtime::traced;
use sqlx::Sqlite;
use sqlx::sqlite::SqlitePoolOptions;

use super::recorded;

const QUERIES: i64 = 1_000;

#[traced(fields(shop.order.id = id))]
async fn order(pool: Pool<Sqlite>, id: i64) -> i64 {
    if id % 3 == 0 {
        let mut connection = pool.acquire().await.expect("a connection");
        return sqlx::query_scalar("SELECT ? AS connection").bind(id).fetch_one(&mut *connection).await.expect("the number");
    }
    sqlx::query_scalar("SELECT ? AS pool").bind(id).fetch_one(&pool).await.expect("the number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_queries_on_five_connections_have_their_parents() {
    let ((), arrived) = recorded(async {
        let options = SqlitePoolOptions::new().max_connections(5);
        let pool = Pool::new(options.connect("sqlite::memory:").await.expect("SQLite is in this program"));
        let orders: Vec<_> = (0..QUERIES).map(|id| tokio::spawn(order(pool.clone(), id).with_current_context())).collect();
        for (id, order) in (0..).zip(orders) {
            assert_eq!(order.await.expect("it does not panic"), id);
        }
    })
    .await;
    let orders: HashMap<_, _> = arrived.spans.iter().filter(|span| span.name() == "order").map(|span| (span.span_id_hex(), span)).collect();
    let queries: Vec<_> = arrived.spans.iter().filter(|span| span.name() == "SELECT").collect();
    assert_eq!((orders.len(), queries.len()), (1_000, 1_000));
    let mut parents = HashMap::new();
    for query in &queries {
        let parent = query.parent_span_id_hex().expect("it has a parent");
        assert_eq!(orders[&parent].trace_id_hex(), query.trace_id_hex());
        *parents.entry(parent).or_insert(0) += 1;
    }
    assert!(parents.len() == 1_000 && parents.values().all(|count| *count == 1));
    assert_eq!(arrived.histogram("db.client.operation.duration").iter().map(|(_, count)| count).sum::<u64>(), 1_000);
    assert_eq!(arrived.histogram("db.client.connection.wait_time").iter().map(|(_, count)| count).sum::<u64>(), 1_000);
}

/// A third of them is dropped at some moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn spans_and_metrics_agree_on_what_was_cancelled() {
    let (pending, arrived) = recorded(async {
        let options = SqlitePoolOptions::new().max_connections(5);
        let pool = Pool::new(options.connect("sqlite::memory:").await.expect("SQLite is in this program"));
        let orders: Vec<_> = (0..QUERIES).map(|id| tokio::spawn(order(pool.clone(), id).with_current_context())).collect();
        for (id, order) in orders.into_iter().enumerate() {
            if id % 3 == 0 {
                order.abort();
            }
            // What was aborted in time is an error here.
            let _ = order.await;
        }
        assert_eq!(order(pool.clone(), 7).await, 7, "the pool is as it was");
        pool.raw().size()
    })
    .await;
    assert!((1..=5).contains(&pending), "{pending}");
    let queries: Vec<_> = arrived.spans.iter().filter(|span| span.name() == "SELECT").collect();
    let orders = arrived.spans.iter().filter(|span| span.name() == "order").count();
    let measured = arrived.histogram("db.client.operation.duration").iter().map(|(_, count)| *count).sum::<u64>();
    assert_eq!(usize::try_from(measured).expect("it is small"), queries.len());
    assert!(queries.len() <= orders && orders <= 1_001, "{} of {orders}", queries.len());
    assert!(queries.iter().all(|query| query.data.status.as_ref().is_none_or(|status| status.code == 0)));
    assert_eq!(arrived.sum("db.client.connection.pending_requests").iter().map(|(_, count)| count).sum::<i64>(), 0);
}
