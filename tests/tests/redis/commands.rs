//! What works, and what is recorded of it.

use otel_runtime::opentelemetry::trace::SpanKind;
use otel_runtime::redis::traced;
use otel_runtime::testing::capture_async;
use redis::{AsyncCommands, RedisError, Script, cmd, pipe};
use tests::brokers::Broker;

use super::{attributes, client, connect, recorded, text};

#[otel_runtime::traced]
async fn order(mut connection: impl AsyncCommands) -> Result<(u64, String), RedisError> {
    let () = connection.set_ex("cart:7", "two apples", 60).await?;
    let () = connection.hset_multiple("stock", &[("apples", 7), ("pears", 3)]).await?;
    let (count, apples): (u64, u64) = pipe().rpush("queue", "s3cr3t").hget("stock", "apples").query_async(&mut connection).await?;
    let left: (u64, u64) = pipe().atomic().hincr("stock", "apples", -2).hincr("stock", "pears", -1).query_async(&mut connection).await?;
    assert_eq!((apples, left), (7, (5, 2)));
    Ok((count, connection.get("cart:7").await?))
}

#[tokio::test]
async fn one_trace_over_the_wire() {
    let Some(broker) = Broker::redis() else { return };
    let client = client(&broker);
    let connection = connect(&client).await;
    let (done, spans) = recorded(order(connection)).await;
    assert_eq!(done.expect("the server takes it"), (1, "two apples".to_owned()));
    let order = spans.one("order");
    let of_server = [
        "db.namespace=3".to_owned(),
        "db.system.name=redis".to_owned(),
        "network.peer.address=127.0.0.1".to_owned(),
        format!("network.peer.port={}", broker.port),
        "server.address=127.0.0.1".to_owned(),
        format!("server.port={}", broker.port),
    ];
    for (name, query, size) in [
        ("SETEX", "SETEX cart:7 ? ?", None),
        ("HMSET", "HMSET stock apples ? pears ?", None),
        ("PIPELINE", "RPUSH queue ?; HGET stock apples", Some(2)),
        ("MULTI HINCRBY", "HINCRBY stock apples ?; HINCRBY stock pears ?", Some(2)),
        ("GET", "GET cart:7", None),
    ] {
        let span = spans.one(name);
        assert_eq!((span.kind.clone(), span.trace_id, span.parent_span_id), (SpanKind::Client, order.trace_id, order.span_id), "{name}");
        let mut expected = of_server.to_vec();
        expected.extend([format!("db.operation.name={name}"), format!("db.query.text={query}")]);
        expected.extend(size.map(|size: usize| format!("db.operation.batch.size={size}")));
        expected.sort();
        assert_eq!(attributes(span), expected);
    }
    assert_eq!(spans.all().len(), 6, "{}", spans.tree());
    assert!(!format!("{spans:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn every_kind_of_connection_and_of_call() {
    let Some(broker) = Broker::redis() else { return };
    let client = client(&broker);
    let pool = deadpool_redis::Config::from_url(format!("redis://127.0.0.1:{}/3", broker.port)).create_pool(None).expect("it is a pool");
    let ((), spans) = capture_async(Box::pin(async {
        let mut manager = traced(client.get_connection_manager().await.expect("the server listens")).of_client(&client);
        let known = manager.known();
        order(manager.clone()).await.expect("the server takes it");
        let mut pooled = known.around(pool.get().await.expect("a connection"));
        let pong: String = cmd("PING").query_async(&mut pooled).await.expect("it answers");
        assert_eq!(pong, "PONG");
        order(pooled).await.expect("the server takes it");

        // A script that the server has not heard of is sent to it.
        let script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
        let sum: u64 = script.key("sum").arg(41).invoke_async(&mut manager).await.expect("it is a script");
        assert_eq!(sum, 41);
        let () = pipe().sadd("set", "one").sadd("set", "two").query_async(&mut manager).await.expect("the server takes it");
        let mut members: Vec<String> = Vec::new();
        let mut scan = manager.sscan::<_, String>("set").await.expect("it goes on");
        while let Some(member) = scan.next_item().await {
            members.push(member.expect("it is a text"));
        }
        assert_eq!(members.len(), 2);
    }))
    .await;
    assert_eq!((spans.named("GET").count(), spans.named("MULTI HINCRBY").count()), (2, 2), "{}", spans.tree());
    assert_eq!(text(spans.one("PING"), "server.port"), Some(broker.port.to_string()));
    let called: Vec<_> = spans.named("EVALSHA").map(|span| (text(span, "db.stored_procedure.name"), text(span, "error.type"))).collect();
    assert_eq!(called.len(), 2, "{}", spans.tree());
    assert!(called[0].0.as_ref().is_some_and(|digest| digest.len() == 40), "{called:?}");
    assert_eq!((called[0].1.as_deref(), called[1].1.as_deref()), (Some("NOSCRIPT"), None));
    assert_eq!(text(spans.one("SCRIPT LOAD"), "db.query.text").as_deref(), Some("SCRIPT LOAD ?"));
    assert_eq!(text(spans.one("SSCAN"), "db.query.text").as_deref(), Some("SSCAN set ?"));
}

#[tokio::test]
async fn a_socket_is_an_address() {
    let Some(broker) = Broker::redis() else { return };
    let path = broker.socket();
    let client = redis::Client::open(format!("redis+unix://{}", path.display())).expect("it is a URL");
    let (done, spans) = capture_async(async { connect(&client).await.exists::<_, bool>("nothing").await }).await;
    assert!(done.is_ok_and(|exists| !exists));
    let path = path.display().to_string();
    let span = spans.one("EXISTS");
    assert_eq!((text(span, "server.address"), text(span, "server.port")), (Some(path.clone()), None));
    assert_eq!((text(span, "network.peer.address"), text(span, "network.transport")), (Some(path), Some("unix".to_owned())));
}
