//! Ten thousand requests, a third of which the client drops at a moment of chance, with the telemetry of the process: in a binary of its own.

#[path = "http/world.rs"]
#[allow(dead_code, reason = "others need more of it")]
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::routing::get;
use axum::{Router, middleware};
use http::{Request, StatusCode, Version};
use http_body_util::{BodyExt, Empty};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::http::server;
use tests::chance::Numbers;
use tests::points::{Point, points};
use tests::receiver::{Protocol, Received, Receiver};
use tests::telemetry::to;
use tokio::task::JoinSet;

use world::{Connection, serve, streamed};

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

/// How many requests a metric has measured, of those that have this class of error, or of all.
fn measured(points: &[Point], error_type: Option<&str>) -> f64 {
    let wanted = |point: &&Point| {
        let is_of_class = error_type.is_none_or(|class| point.attributes.get("error.type").is_some_and(|known| known == class));
        point.metric == "http.server.request.duration" && is_of_class
    };
    points.iter().filter(wanted).map(|point| point.value).sum()
}

fn spans_with(spans: &[Received], key: &str, value: &str) -> usize {
    spans.iter().filter(|span| span.attribute(key) == Some(&Value::StringValue(value.to_owned()))).count()
}

#[test]
fn nothing_leaks_and_all_numbers_agree() {
    let receiver = Receiver::start();
    let builder = to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp").set("OTEL_BSP_MAX_QUEUE_SIZE", "20000");
    let telemetry = builder.init().expect("nothing is set up before");
    let begun = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&begun);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
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
    });
    drop(runtime);
    telemetry.shutdown().expect("everything is delivered");

    let begun = begun.load(Ordering::Relaxed);
    assert!(begun > WORKERS * REQUESTS_OF_EACH * 2 / 3, "{begun} requests were seen");
    let (spans, points) = (receiver.spans(), points(&receiver.metrics()));
    assert_eq!(spans.len() as u64, begun);
    assert_eq!(measured(&points, None).to_string(), begun.to_string(), "measurements of {begun} requests");
    let active: Vec<String> =
        points.iter().filter(|point| point.metric == "http.server.active_requests").map(|point| point.value.to_string()).collect();
    assert_eq!(active, ["0"], "nobody is left");

    let cancelled = spans_with(&spans, "function.outcome", "cancelled");
    assert!(cancelled > 500 && cancelled as u64 <= WORKERS * REQUESTS_OF_EACH / 2, "{cancelled} of {} were cancelled", spans.len());
    let failed = spans_with(&spans, "error.type", "503");
    assert_eq!(measured(&points, Some("503")).to_string(), failed.to_string(), "measurements of errors");
    assert!(failed > 100, "{failed} errors");
}
