//! What is recorded by a client.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use otel_runtime::context::FutureExt;
use otel_runtime::http::{ClientLayer, ResendCount, Template, client, server};
use otel_runtime::testing::{Captured, PointValue, capture_async};
use otel_runtime::{baggage, traced};
use tower::{Layer, ServiceExt, service_fn};

use crate::world::{Serving, attributes, serve, streamed};

/// What arrives of the context at a server.
pub async fn told(headers: HeaderMap) -> String {
    let value = |name: &str| headers.get(name).map(|value| value.to_str().expect("it is text").to_owned()).unwrap_or_default();
    format!("{} {}", value("traceparent"), value("baggage"))
}

fn app() -> Router {
    Router::new()
        .route("/users/{id}", get(|| async { "Ada" }))
        .route("/told", get(told))
        .route(
            "/status/{code}",
            get(|axum::extract::Path(code): axum::extract::Path<u16>| async move { StatusCode::from_u16(code).expect("it is one") }),
        )
        .route("/never", get(std::future::pending::<&'static str>))
        .route(
            "/endless",
            get(|| async {
                let (sender, body) = streamed(1);
                sender.send(Ok(http_body::Frame::data(Bytes::from("one")))).await.expect("there is room");
                tokio::spawn(async move { sender.closed().await });
                Body::new(body)
            }),
        )
}

fn plain() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

fn request(serving: &Serving, path: &str) -> http::request::Builder {
    Request::get(format!("http://{}{path}", serving.address))
}

/// What is recorded of one request, and the response's body.
async fn recorded(layer: ClientLayer, path: &str, with: impl Fn(http::request::Builder) -> http::request::Builder) -> (String, Captured) {
    capture_async(async {
        let serving = serve(app()).await;
        let request = with(request(&serving, path)).body(Full::default()).expect("it is a request");
        let response = layer.layer(plain()).oneshot(request).await.expect("there is a response");
        let body = response.into_body().collect().await.expect("it has an end").to_bytes();
        serving.end().await;
        String::from_utf8(body.to_vec()).expect("it is text")
    })
    .await
}

#[tokio::test]
async fn a_request() {
    let (_, captured) = recorded(client(), "/users/7?sig=abc", |request| request).await;
    let span = captured.one("GET");
    let url = span.attribute("url.full").map(ToString::to_string).expect("there is a URL");
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/users/7?sig=REDACTED"), "{url}");
    let port = span.attribute("server.port").cloned();
    assert_eq!(span.attribute("network.peer.port").cloned(), port);
    let own: Vec<String> = attributes(&captured, "GET").into_iter().filter(|attribute| !attribute.starts_with("url.full")).collect();
    assert_eq!(
        own,
        [
            "http.request.method=GET",
            "server.address=127.0.0.1",
            "http.response.status_code=200",
            "network.protocol.version=1.1",
            "network.peer.address=127.0.0.1",
        ]
    );
    assert_eq!(span.scope, "otel_runtime::http::client");
    let point = captured.points("http.client.request.duration").next().expect("it was measured");
    let keys: Vec<&str> = point.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(keys, ["http.request.method", "http.response.status_code", "network.protocol.version", "server.address", "server.port"]);
    assert_eq!((point.unit.as_str(), point.description.as_str()), ("s", "Duration of HTTP client requests."));
    assert!(matches!(&point.value, PointValue::Histogram { count: 1, bounds, .. } if bounds.len() == 14), "{point:?}");
    assert_eq!(captured.metrics().lines().count(), 1, "{}", captured.metrics());
}

#[tokio::test]
async fn templates_resends_headers_and_sizes() {
    let layer = client().body_sizes().request_headers([http::header::ACCEPT]).response_headers([http::header::CONTENT_TYPE]);
    let with = |request: http::request::Builder| {
        request
            .extension(Template::new("/users/{id}"))
            .extension(ResendCount(2))
            .header("accept", "text/html")
            .header("authorization", "s3cr3t")
    };
    let (_, captured) = recorded(layer, "/users/7", with).await;
    let span = captured.one("GET /users/{id}");
    let expected = [
        ("url.template", "/users/{id}"),
        ("http.request.resend_count", "2"),
        ("http.request.header.accept", "[\"text/html\"]"),
        ("http.response.header.content-type", "[\"text/plain; charset=utf-8\"]"),
        ("http.request.body.size", "0"),
        ("http.response.body.size", "3"),
    ];
    for (key, value) in expected {
        assert_eq!(span.attribute(key).map(ToString::to_string).as_deref(), Some(value), "{key}");
    }
    assert!(!captured.tree().contains("s3cr3t"));
    for metric in ["http.client.request.body.size", "http.client.response.body.size"] {
        let point = captured.points(metric).next().expect("it was measured");
        assert_eq!(point.attribute("url.template").map(ToString::to_string).as_deref(), Some("/users/{id}"), "{metric}");
    }
}

#[tokio::test]
async fn statuses() {
    for (code, error) in [(200, None), (304, None), (404, Some("404")), (503, Some("503"))] {
        let (_, captured) = recorded(client(), &format!("/status/{code}"), |request| request).await;
        let error_type = captured.one("GET").attribute("error.type").map(ToString::to_string);
        assert_eq!(error_type.as_deref(), error, "{code}");
        assert_eq!(captured.tree().contains(" error="), error.is_some(), "{}", captured.tree());
        let point = captured.points("http.client.request.duration").next().expect("it was measured");
        assert_eq!(point.attribute("error.type").map(ToString::to_string).as_deref(), error, "{code}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let ((), captured) = capture_async(async {
        let serving = serve(app()).await;
        let gone = request(&serving, "/users/7").body(Full::default()).expect("it is a request");
        serving.end().await;
        client().layer(plain()).oneshot(gone).await.expect_err("nobody listens");
    })
    .await;
    let error = captured.one("GET").attribute("error.type").map(ToString::to_string);
    assert_eq!(error.as_deref(), Some("connection_refused"), "{}", captured.tree());
    assert!(captured.metrics().contains("error.type=connection_refused"), "{}", captured.metrics());
}

#[tokio::test]
async fn a_caller_that_waits_no_longer_has_cancelled_and_one_that_has_seen_enough_has_not() {
    let ((), captured) = capture_async(async {
        let serving = serve(app()).await;
        let client = client().layer(plain());
        let never = request(&serving, "/never").extension(Template::new("/never")).body(Full::default()).expect("it is a request");
        tokio::time::timeout(std::time::Duration::from_millis(50), client.clone().oneshot(never)).await.expect_err("it never answers");
        let endless = request(&serving, "/endless").extension(Template::new("/endless")).body(Full::default()).expect("it is a request");
        drop(client.oneshot(endless).await.expect("there is a response"));
        serving.end().await;
    })
    .await;
    let ends = ["GET /never", "GET /endless"].map(|name| captured.one(name).attribute("function.outcome").map(ToString::to_string));
    assert_eq!(ends, [Some("cancelled".to_owned()), None]);
    assert!(!captured.tree().contains("error"), "{}", captured.tree());
}

#[traced]
async fn errand(serving: &Serving, layer: ClientLayer) -> String {
    let request = request(serving, "/told").body(Full::default()).expect("it is a request");
    let sent = layer.layer(plain()).oneshot(request).with_context(baggage::with("tenant.id", "acme"));
    let response = sent.await.expect("there is a response");
    let body = response.into_body().collect().await.expect("it has an end").to_bytes();
    String::from_utf8(body.to_vec()).expect("it is text")
}

#[tokio::test]
async fn context_goes_to_whom_it_may() {
    // The hosts; whether the server that is called is one of them.
    let cases: [(Option<&[&str]>, bool); 5] = [
        (None, true),
        (Some(&["127.0.0.1"]), true),
        (Some(&["*.0.0.1", "example.com"]), true),
        (Some(&["*.127.0.0.1", "*7.0.0.1", "27.0.0.1", "example.com"]), false),
        (Some(&[]), false),
    ];
    for (hosts, is_told) in cases {
        let layer = hosts.map_or_else(client, |hosts| client().propagate_to(hosts.iter().copied()));
        let (told, captured) = capture_async(async {
            let serving = serve(app()).await;
            let told = errand(&serving, layer).await;
            serving.end().await;
            told
        })
        .await;
        let span = captured.one("GET");
        assert_eq!(span.parent_span_id, captured.one("errand").span_id);
        let expected = if is_told { format!("00-{}-{}-03 tenant.id=acme", span.trace_id, span.span_id) } else { " ".to_owned() };
        assert_eq!(told, expected, "{hosts:?}");
    }
}

#[tokio::test]
async fn a_client_and_a_server_have_one_trace() {
    let ((), captured) = capture_async(async {
        let serving = serve(app().layer(server())).await;
        let request = request(&serving, "/users/7").body(Full::default()).expect("it is a request");
        let response = client().layer(plain()).oneshot(request).await.expect("there is a response");
        response.into_body().collect().await.expect("it has an end");
        serving.end().await;
    })
    .await;
    let (client, server) = (captured.one("GET"), captured.one("GET /users/{id}"));
    assert_eq!((server.trace_id, server.parent_span_id), (client.trace_id, client.span_id), "{}", captured.tree());
}

#[tokio::test]
async fn where_nothing_is_recorded_context_still_goes_through() {
    for (variable, value) in [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_RUST_FILTER", "off")] {
        let builder = otel_runtime::builder().environment(|_| None).set("OTEL_METRICS_EXPORTER", "none").set("OTEL_LOGS_EXPORTER", "none");
        let telemetry = builder.set("OTEL_TRACES_EXPORTER", "console").set(variable, value).console(std::io::sink()).build();
        let telemetry = telemetry.expect("telemetry can be set up");
        let attached = telemetry.context().attach();
        // A service that calls another one.
        let inner = service_fn(|request: Request<Full<Bytes>>| async move {
            let told = request.headers().get("traceparent").map(|value| value.to_str().expect("it is text").to_owned());
            Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from(told.unwrap_or_default()))))
        });
        let outer = server().layer(service_fn(move |_: Request<Full<Bytes>>| {
            client().layer(inner).oneshot(Request::get("http://next.example/").body(Full::default()).expect("it is a request"))
        }));
        let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let request = Request::get("/").header("traceparent", caller).body(Full::default()).expect("it is a request");
        let answered = outer.oneshot(request);
        let response = answered.await.expect("there is a response");
        let body = response.into_body().collect().await.expect("it has an end").to_bytes();
        assert_eq!(body, caller, "{variable}={value}");
        drop(attached);
    }
}
