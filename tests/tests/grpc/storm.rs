//! A thousand calls, a third of which the client drops at a moment of chance.

use std::time::Duration;

use otel_runtime::grpc::{client, server};
use otel_runtime::opentelemetry::Value;
use otel_runtime::testing::{Captured, PointValue, capture_async};
use tests::chance::Numbers;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::orders::{OrdersClient, all};
use crate::world::{CLIENT, SERVER, serve};

const WORKERS: u64 = 20;
const CALLS_OF_EACH: u64 = 50;

/// One call of any kind, to its end.
async fn call(client: &mut OrdersClient<otel_runtime::grpc::Client<Channel>>, chance: &mut Numbers) {
    let count = chance.below(4);
    match chance.below(5) {
        0 => drop(client.place("tea").await),
        1 => drop(client.place(format!("code {}", chance.below(17))).await),
        2 => {
            if let Ok(messages) = client.watch(format!("{count} code 14")).await {
                let _ = all(messages).await;
            }
        }
        3 => drop(client.collect(tokio_stream::iter((0..count).map(|number| number.to_string()))).await),
        _ => {
            if let Ok(messages) = client.chat(tokio_stream::iter((0..count).map(|number| number.to_string()))).await {
                let _ = all(messages).await;
            }
        }
    }
}

/// Calls one after the other, and gives a third of them up: before the answer, or in the middle of it.
async fn calls(mut client: OrdersClient<otel_runtime::grpc::Client<Channel>>, worker: u64) {
    let mut chance = Numbers(worker);
    for _ in 0..CALLS_OF_EACH {
        if chance.below(3) > 0 {
            call(&mut client, &mut chance).await;
        } else {
            let patience = Duration::from_micros(chance.below(2_000));
            let _ = tokio::time::timeout(patience, call(&mut client, &mut chance)).await;
        }
    }
}

/// Spans of a side and what was measured of it, for which this is true of the class of the error.
fn counts(captured: &Captured, side: &str, metric: &str, is: impl Fn(Option<&Value>) -> bool) -> (u64, u64) {
    let spans = captured.all().iter().filter(|span| span.scope == side && is(span.attribute("error.type"))).count() as u64;
    let measured = captured.points(metric).filter(|point| is(point.attribute("error.type"))).map(|point| match point.value {
        PointValue::Histogram { count, .. } => count,
        PointValue::Sum(_) | PointValue::Gauge(_) => 0,
    });
    (spans, measured.sum())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leaks_and_all_numbers_agree() {
    let ((), captured) = capture_async(async {
        let serving = serve(server()).await;
        let mut workers = JoinSet::new();
        for worker in 0..WORKERS {
            // A client is what is captured: each task calls in the context of the test.
            workers.spawn(otel_runtime::context::FutureExt::with_current_context(calls(serving.client(&client()), worker)));
        }
        workers.join_all().await;
        serving.end().await;
    })
    .await;
    assert!(captured.open().is_empty(), "{captured}");
    let sides = [(CLIENT, "rpc.client.call.duration"), (SERVER, "rpc.server.call.duration")];
    let [asked, served] = sides.map(|(side, metric)| {
        let (spans, measured) = counts(&captured, side, metric, |_| true);
        assert_eq!(spans, measured, "spans and measurements of {side}");
        let (failed, measured) = counts(&captured, side, metric, |error| error.is_some());
        assert_eq!(failed, measured, "errors of {side}");
        assert!(failed > 50, "{failed} errors of {side}");
        spans
    });
    // Of a third, some were never begun: it was too late already.
    assert!(asked > WORKERS * CALLS_OF_EACH * 2 / 3 && served > WORKERS * CALLS_OF_EACH * 2 / 3 && served <= asked, "{asked}, {served}");
    for span in captured.all().iter().filter(|span| span.scope == SERVER) {
        let parent = captured.all().iter().find(|parent| parent.span_id == span.parent_span_id).expect("every call was made by somebody");
        assert_eq!(parent.scope, CLIENT);
    }
}
