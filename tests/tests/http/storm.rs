//! Ten thousand requests, a third of which the client drops at a moment of chance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::routing::get;
use axum::{Router, middleware};
use http::{Request, StatusCode, Version};
use http_body_util::{BodyExt, Empty};
use otel_runtime::http::server;
use otel_runtime::opentelemetry::Value;
use otel_runtime::testing::{Captured, PointValue, capture_async};
use tests::chance::Numbers;
use tokio::task::JoinSet;

use crate::world::{Connection, serve, streamed};

const WORKERS: u64 = 50;
const REQUESTS_OF_EACH: u64 = 200;

/// Answers after a while, in a few pieces; some of the time with an error.
async fn work(Path(seed): Path<u64>) -> (StatusCode, Body) {
    let mut chance = Numbers(seed);
    wait(&mut chance).await;
    let status = if chance.below(10) == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let (sender, body) = streamed(1);
    tokio::spawn(async move {
        for _ in 0..chance.below(4) {
            wait(&mut chance).await;
            if sender.send(Ok(http_body::Frame::data(Bytes::from("piece")))).await.is_err() {
                break;
            }
        }
    });
    (status, body)
}

async fn wait(chance: &mut Numbers) {
    match chance.below(4) {
        0 => {}
        1 => tokio::task::yield_now().await,
        millis => tokio::time::sleep(Duration::from_millis(millis)).await,
    }
}

/// Sends its requests one after the other, and gives a third of them up: before the answer, or in the middle of it.
async fn client(address: std::net::SocketAddr, worker: u64) {
    let mut chance = Numbers(worker);
    let version = if worker.is_multiple_of(2) { Version::HTTP_11 } else { Version::HTTP_2 };
    let mut connection = Connection::open(address, version).await;
    for _ in 0..REQUESTS_OF_EACH {
        let uri = format!("http://{address}/work/{}", chance.next());
        let request = Request::get(uri).header("host", "shop.example").body(Empty::new()).expect("it is a request");
        if chance.below(3) > 0 {
            let response = connection.send(request).await.expect("there is an answer");
            response.into_body().collect().await.expect("it has an end");
            continue;
        }
        let patience = Duration::from_micros(chance.below(8_000));
        let whole = async {
            let response = connection.send(request).await?;
            response.into_body().collect().await
        };
        let _ = tokio::time::timeout(patience, whole).await;
        if version == Version::HTTP_11 || chance.below(2) == 0 {
            connection.close().await;
            connection = Connection::open(address, version).await;
        }
    }
    connection.close().await;
}

fn count(captured: &Captured, value: impl Fn(&PointValue) -> u64) -> u64 {
    captured.points("http.server.request.duration").map(|point| value(&point.value)).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leaks_and_all_numbers_agree() {
    let begun = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&begun);
    let ((), captured) = capture_async(async {
        // Inside of the layer: whatever comes here has a span.
        let count = middleware::from_fn(move |request: axum::extract::Request, next: middleware::Next| {
            counted.fetch_add(1, Ordering::Relaxed);
            next.run(request)
        });
        let app = Router::new().route("/work/{seed}", get(work)).layer(count).layer(server());
        let serving = serve(app).await;
        let mut clients = JoinSet::new();
        for worker in 0..WORKERS {
            clients.spawn(client(serving.address, worker));
        }
        clients.join_all().await;
        serving.end().await;
    })
    .await;
    let begun = begun.load(Ordering::Relaxed);
    assert!(begun > WORKERS * REQUESTS_OF_EACH * 2 / 3, "{begun} requests were seen");
    let spans = captured.all().len() as u64;
    let measured = count(&captured, |value| match value {
        PointValue::Histogram { count, .. } => *count,
        PointValue::Sum(_) | PointValue::Gauge(_) => 0,
    });
    assert_eq!((spans, measured), (begun, begun), "spans and measurements of {begun} requests");
    let active: Vec<_> = captured.points("http.server.active_requests").collect();
    assert_eq!(active.len(), 1);
    assert_eq!(active[0].value, PointValue::Sum(0.0), "nobody is left");

    let is_cancelled = |span: &&otel_runtime::testing::Span| span.attribute("function.outcome") == Some(&Value::from("cancelled"));
    let cancelled = captured.all().iter().filter(is_cancelled).count();
    assert!(cancelled > 500 && cancelled as u64 <= WORKERS * REQUESTS_OF_EACH / 2, "{cancelled} of {spans} were cancelled");
    let failed = |error: Option<&Value>| error == Some(&Value::from("503"));
    let spans = captured.all().iter().filter(|span| failed(span.attribute("error.type"))).count() as u64;
    let points = captured.points("http.server.request.duration").filter(|point| failed(point.attribute("error.type")));
    let measured: u64 = points.map(|point| if let PointValue::Histogram { count, .. } = point.value { count } else { 0 }).sum();
    assert_eq!(spans, measured, "spans and measurements of errors");
    assert!(spans > 100, "{spans} errors");
}
