//! What arrives of it at a backend.

use std::collections::BTreeSet;
use std::net::TcpListener;

use axum::Router;
use axum::body::Bytes;
use axum::routing::any;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use otel_runtime::context::FutureExt;
use otel_runtime::http::{ResendCount, client, server};
use tests::conventions::Report;
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::to;
use tower::{Layer, ServiceExt};

use crate::world::serve;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_and_metrics_of_both_sides_arrive() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http)
        .set("OTEL_METRICS_EXPORTER", "otlp")
        .set("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "BREW")
        .build()
        .expect("telemetry can be set up");
    async {
        let serving = serve(Router::new().route("/pots/{id}", any(|| async { "tea" })).layer(server())).await;
        let client = client().layer(Client::builder(TokioExecutor::new()).build_http());
        for method in ["BREW", "GET"] {
            let uri = format!("http://{}/pots/7", serving.address);
            let request = Request::builder().method(method).uri(uri).body(Full::<Bytes>::default()).expect("it is a request");
            let response = client.clone().oneshot(request).await.expect("there is a response");
            assert_eq!(response.into_body().collect().await.expect("it has an end").to_bytes(), "tea");
        }
        drop(client);
        serving.end().await;
    }
    .with_context(telemetry.context())
    .await;
    telemetry.shutdown().expect("everything is delivered");

    let spans = receiver.spans();
    let seen: BTreeSet<(String, SpanKind)> = spans.iter().map(|span| (span.name().to_owned(), span.kind())).collect();
    let expected = [
        ("BREW", SpanKind::Client),
        ("BREW /pots/{id}", SpanKind::Server),
        ("HTTP", SpanKind::Client),
        ("HTTP /pots/{id}", SpanKind::Server),
    ];
    assert_eq!(
        seen,
        expected.map(|(name, kind)| (name.to_owned(), kind)).into(),
        "the list of known methods takes the place of the other one"
    );
    for name in ["BREW", "HTTP"] {
        let one = |name: &str| spans.iter().find(|span| span.name() == name).expect("it was just seen");
        let (client, server) = (one(name), one(&format!("{name} /pots/{{id}}")));
        assert_eq!(server.trace_id_hex(), client.trace_id_hex());
        assert_eq!(server.parent_span_id_hex(), Some(client.span_id_hex()));
    }
    let metrics = receiver.metrics();
    for name in ["http.client.request.duration", "http.server.request.duration"] {
        let metric = metrics.iter().find(|metric| metric.data.name == name).expect("it is measured");
        let Some(Data::Histogram(histogram)) = &metric.data.data else { panic!("{metric:?}") };
        let counts: u64 = histogram.data_points.iter().map(|point| point.count).sum();
        assert_eq!((metric.data.unit.as_str(), counts, histogram.data_points[0].explicit_bounds.len()), ("s", 2, 14), "{name}");
    }
    let active = metrics.iter().find(|metric| metric.data.name == "http.server.active_requests").expect("it is measured");
    assert!(matches!(&active.data.data, Some(Data::Sum(sum)) if !sum.is_monotonic), "{active:?}");
}

/// A request with a query, one that fails with a status, and one that nobody takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrives_is_as_the_conventions_have_it() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp").build().expect("telemetry can be set up");
    async {
        let app = Router::new()
            .route("/pots/{id}", any(|| async { "tea" }))
            .route("/broken", any(|| async { StatusCode::SERVICE_UNAVAILABLE }))
            .layer(server().body_sizes());
        let serving = serve(app).await;
        let client = client().body_sizes().layer(Client::builder(TokioExecutor::new()).build_http());
        let request = |uri: String| Request::get(uri).extension(ResendCount(1)).body(Full::<Bytes>::default()).expect("it is a request");
        for (path, expected) in [("/pots/7?sort=asc", 200), ("/broken", 503)] {
            let response = client.clone().oneshot(request(format!("http://{}{path}", serving.address))).await.expect("there is a response");
            assert_eq!(response.status().as_u16(), expected);
            response.into_body().collect().await.expect("it has an end");
        }
        let closed = TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("it is bound");
        client.clone().oneshot(request(format!("http://{closed}/"))).await.expect_err("nobody listens there");
        drop(client);
        serving.end().await;
    }
    .with_context(telemetry.context())
    .await;
    telemetry.shutdown().expect("everything is delivered");

    let report = Report::of(&receiver);
    assert_eq!(report.problems, [""; 0]);
    let counts = |counts: &[(&str, usize)]| counts.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect();
    let seen = [
        ("HTTP client", 3),
        ("HTTP server", 2),
        ("http.client.request.body.size", 3),
        ("http.client.request.duration", 3),
        ("http.client.response.body.size", 2),
        ("http.server.active_requests", 1),
        ("http.server.request.duration", 2),
        ("http.server.response.body.size", 2),
    ];
    assert_eq!(report.seen, counts(&seen));
    let with = [
        ("HTTP client: http.request.body.size", 3),
        ("HTTP client: http.request.resend_count", 3),
        ("HTTP client: http.response.body.size", 2),
        ("HTTP server: http.response.body.size", 2),
        ("HTTP server: http.route", 2),
        ("HTTP server: url.query", 1),
        ("http.client.request.body.size: http.response.status_code", 2),
        ("http.client.request.duration: http.response.status_code", 2),
        ("http.client.response.body.size: http.response.status_code", 2),
        ("http.server.request.duration: http.response.status_code", 2),
        ("http.server.request.duration: http.route", 2),
        ("http.server.response.body.size: http.response.status_code", 2),
        ("http.server.response.body.size: http.route", 2),
    ];
    assert_eq!(report.with, counts(&with));
}
