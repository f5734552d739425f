//! What does not work, each in a way of its own.

use std::time::Duration;

use otel_runtime::redis::traced;
use otel_runtime::testing::{Captured, capture_async};
use redis::aio::ConnectionManagerConfig;
use redis::{AsyncCommands, Client, cmd, pipe};
use tests::brokers::Broker;

use super::{LIMIT, client, connect, recorded, text};

/// The status code of the database's, and the class of the error.
fn failure(captured: &Captured, span: &str) -> (Option<String>, Option<String>) {
    let span = captured.one(span);
    (text(span, "db.response.status_code"), text(span, "error.type"))
}

fn both(code: &str) -> (Option<String>, Option<String>) {
    (Some(code.to_owned()), Some(code.to_owned()))
}

#[tokio::test]
async fn errors_of_the_server_s() {
    let Some(broker) = Broker::redis() else { return };
    let client = client(&broker);
    let ((), spans) = capture_async(Box::pin(async {
        let mut connection = connect(&client).await;
        let () = connection.set("cart:7", "s3cr3t").await.expect("the server takes it");
        assert!(connection.llen::<_, u64>("cart:7").await.is_err());
        assert!(pipe().incr("count", 1).lpop::<_>("cart:7", None).query_async::<(u64, Option<String>)>(&mut connection).await.is_err());
        assert!(pipe().atomic().incr("count", 1).hlen("cart:7").query_async::<(u64, u64)>(&mut connection).await.is_err());
        // What cannot be queued keeps the others from happening.
        let refused = pipe().atomic().incr("count", 1).cmd("SADD").arg("set").query_async::<(u64, u64)>(&mut connection).await;
        assert!(refused.is_err());
        assert!(cmd("NO.SUCH").arg("s3cr3t").query_async::<()>(&mut connection).await.is_err());
        let () = cmd("CONFIG").arg("SET").arg("requirepass").arg("s3cr3t").query_async(&mut connection).await.expect("the server takes it");
        // To choose a database, one would have to say who one is.
        let stranger = Client::open(format!("redis://127.0.0.1:{}/", broker.port)).expect("it is a URL");
        assert!(connect(&stranger).await.get::<_, Option<String>>("cart:7").await.is_err());
    }))
    .await;
    for (span, code) in [("LLEN", "WRONGTYPE"), ("PIPELINE", "WRONGTYPE"), ("GET", "NOAUTH")] {
        assert_eq!(failure(&spans, span), both(code), "{span}");
    }
    let transactions: Vec<_> = spans.named("MULTI").map(|span| text(span, "db.response.status_code")).collect();
    assert_eq!(transactions, [Some("WRONGTYPE".to_owned()), Some("EXECABORT".to_owned())]);
    // Of a command that is not known, labels do not have the name.
    assert_eq!(spans.count("db.client.operation.duration", &[("db.operation.name", "_OTHER"), ("error.type", "ERR")]), 1);
    assert_eq!(text(spans.one("CONFIG SET"), "db.query.text").as_deref(), Some("CONFIG SET ? ?"));
    assert!(!format!("{spans:?}{}", spans.metrics()).contains("s3cr3t"), "{spans:?}");
}

#[tokio::test]
async fn nobody_listens() {
    let manager = {
        let Some(broker) = Broker::redis() else { return };
        let config = ConnectionManagerConfig::new().set_number_of_retries(0).set_connection_timeout(Some(LIMIT));
        let client = client(&broker);
        traced(client.get_connection_manager_lazy(config).expect("it connects later")).of_client(&client)
    };
    let (done, spans) = recorded(async { manager.clone().incr::<_, _, u64>("count", 1).await }).await;
    assert!(done.is_err());
    assert_eq!(failure(&spans, "INCRBY"), (None, Some("connection_refused".to_owned())));
}

/// Waits until some client of the server's is blocked.
async fn one_is_blocked(client: &Client) {
    let mut connection = client.get_multiplexed_async_connection().await.expect("the server listens");
    for _ in 0..6_000 {
        let info: String = cmd("INFO").arg("clients").query_async(&mut connection).await.expect("it answers");
        if info.contains("blocked_clients:1") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

#[tokio::test]
async fn a_connection_that_is_lost_while_a_command_waits() {
    let Some(broker) = Broker::redis() else { return };
    let client = client(&broker);
    let (done, spans) = recorded(async {
        let mut connection = connect(&client).await;
        let waiting = async { connection.blpop::<_, Option<(String, String)>>("queue", 0.0).await };
        let lose = async {
            one_is_blocked(&client).await;
            let mut other = client.get_multiplexed_async_connection().await.expect("the server listens");
            let () = cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal").query_async(&mut other).await.expect("the server does so");
        };
        tokio::join!(waiting, lose).0
    })
    .await;
    let error = done.expect_err("the connection is gone");
    assert!(error.is_connection_dropped(), "{error}");
    let (code, class) = failure(&spans, "BLPOP");
    assert!(code.is_none() && class.as_deref() == Some("broken_pipe"), "{class:?}");
}

#[tokio::test]
async fn a_command_that_nobody_waits_for() {
    let Some(broker) = Broker::redis() else { return };
    let client = client(&broker);
    let ((), spans) = capture_async(Box::pin(async {
        let mut connection = connect(&client).await;
        {
            let waiting = connection.blpop::<_, Option<(String, String)>>("queue", 0.0);
            let waiting = tokio::select! {
                done = waiting => Some(done),
                () = one_is_blocked(&client) => None,
            };
            assert!(waiting.is_none(), "{waiting:?}");
        }
        let mut other = connect(&client).await;
        let () = other.rpush("queue", "one").await.expect("the server takes it");
    }))
    .await;
    let span = spans.one("BLPOP");
    assert_eq!(text(span, "function.outcome").as_deref(), Some("cancelled"));
    assert_eq!((text(span, "error.type"), text(span, "db.query.text").as_deref()), (None, Some("BLPOP queue ?")));
    assert_eq!(spans.count("db.client.operation.duration", &[("db.operation.name", "BLPOP")]), 1);
}
