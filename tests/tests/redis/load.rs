//! Many commands, from two runtimes.

use std::collections::HashMap;
use std::thread;

use otel_runtime::context::FutureExt;
use redis::AsyncCommands;
use tests::brokers::Broker;
use tests::points::{Point, points};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::to;
use tokio::runtime::Builder;

use super::{client, connect};

const TASKS: u64 = 50;
const COMMANDS_OF_EACH: u64 = 100;

#[otel_runtime::traced]
async fn count(mut connection: impl AsyncCommands) {
    for index in 0..COMMANDS_OF_EACH {
        let () =
            if index % 2 == 0 { connection.incr("count", 1).await } else { connection.get("count").await }.expect("the server takes it");
    }
}

#[test]
fn ten_thousand_commands_from_two_runtimes() {
    let Some(broker) = Broker::redis() else { return };
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp").build().expect("telemetry can be set up");
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
                runtime.block_on(async {
                    let connection = connect(&client(&broker)).await;
                    let counting: Vec<_> =
                        (0..TASKS).map(|_| tokio::spawn(count(connection.clone()).with_context(telemetry.context()))).collect();
                    for task in counting {
                        task.await.expect("it does not panic");
                    }
                });
            });
        }
    });
    telemetry.shutdown().expect("the receiver takes it");
    drop(telemetry);

    let spans = receiver.spans();
    let parents: HashMap<_, _> =
        spans.iter().filter(|span| span.name() == "count").map(|span| (span.span_id_hex(), span.trace_id_hex())).collect();
    let mut children: HashMap<_, u64> = HashMap::new();
    for span in spans.iter().filter(|span| span.name() != "count") {
        let parent = span.parent_span_id_hex().expect("it has a parent");
        assert_eq!(parents[&parent], span.trace_id_hex());
        *children.entry(parent).or_default() += 1;
    }
    assert_eq!(children.len(), 100);
    assert!(children.values().all(|count| *count == COMMANDS_OF_EACH), "{children:?}");
    let durations = points(&receiver.metrics());
    for name in ["INCRBY", "GET"] {
        assert_eq!(spans.iter().filter(|span| span.name() == name).count(), 5_000);
        let of_name = |point: &&Point| point.attributes.get("db.operation.name").is_some_and(|of| of == name);
        let measured: f64 = durations.iter().filter(of_name).map(|point| point.value).sum();
        assert!((measured - 5_000.0).abs() < 0.5, "{measured} of {name}");
    }
}
