//! What is recorded by a server.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::{HeaderName, Request, Version};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use otel_runtime::context::FutureExt;
use otel_runtime::http::{Route, ServerLayer, server};
use otel_runtime::testing::{Captured, capture_async};
use otel_runtime::traced;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::{Layer, service_fn};

use crate::world::{self, Connection, answer, attributes, serve, streamed};

#[traced]
async fn look_up() {
    tokio::task::yield_now().await;
}

async fn user() -> &'static str {
    look_up().await;
    "Ada"
}

async fn trailing() -> Response {
    let (sender, body) = streamed(4);
    let trailers = [(HeaderName::from_static("x-sum"), "7".parse().expect("a number is a value"))].into_iter().collect();
    for frame in [Frame::data(Bytes::from("one")), Frame::data(Bytes::from("two")), Frame::trailers(trailers)] {
        sender.send(Ok(frame)).await.expect("there is room");
    }
    Response::new(body)
}

async fn breaking() -> Response {
    let (sender, body) = streamed(4);
    sender.send(Ok(Frame::data(Bytes::from("one")))).await.expect("there is room");
    sender.send(Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe))).await.expect("there is room");
    Response::new(body)
}

async fn panicking() -> Response {
    panic!("the printer is on fire")
}

fn app() -> Router {
    Router::new()
        .route("/users/{id}", get(user))
        .nest("/admin", Router::new().route("/orders/{order}", get(user)))
        .nest_service("/files", Router::new().route("/{*path}", get(user)))
        .route(
            "/status/{code}",
            any(|axum::extract::Path(code): axum::extract::Path<u16>| async move { StatusCode::from_u16(code).expect("it is one") }),
        )
        .route("/trailing", get(trailing))
        .route("/breaking", get(breaking))
        .route("/panicking", get(panicking))
        .route("/echo", post(|body: Bytes| async move { body }))
}

/// What is recorded of one request.
async fn recorded(
    layer: ServerLayer,
    version: Version,
    path: &str,
    with: impl Fn(http::request::Builder) -> http::request::Builder,
) -> (http::response::Parts, Captured) {
    capture_async(async {
        let serving = serve(app().layer(layer)).await;
        let (parts, _) = answer(serving.address, version, with(world::get(serving.address, path))).await;
        serving.end().await;
        parts
    })
    .await
}

const METRICS: &str = "http.request.method=GET,http.response.status_code=200,http.route=/users/{id},network.protocol.version=";

#[tokio::test]
async fn a_request_over_http_1_1_and_http_2() {
    for (version, shown, host) in [(Version::HTTP_11, "1.1", "shop.example"), (Version::HTTP_2, "2", "127.0.0.1")] {
        let (_, captured) = recorded(server(), version, "/users/7?sig=abc&page=2", |request| request.header("user-agent", "curl/8")).await;
        assert_eq!(
            attributes(&captured, "GET /users/{id}"),
            [
                "http.request.method=GET".to_owned(),
                "http.route=/users/{id}".to_owned(),
                format!("network.protocol.version={shown}"),
                "url.scheme=http".to_owned(),
                "url.path=/users/7".to_owned(),
                "url.query=sig=REDACTED&page=2".to_owned(),
                format!("server.address={host}"),
                "client.address=127.0.0.1".to_owned(),
                "network.peer.address=127.0.0.1".to_owned(),
                "user_agent.original=curl/8".to_owned(),
                "http.response.status_code=200".to_owned(),
            ]
        );
        let span = captured.one("GET /users/{id}");
        assert_eq!(span.scope, "otel_runtime::http::server");
        assert_eq!(captured.one("look_up").parent_span_id, span.span_id, "{}", captured.tree());
        assert!(captured.tree().starts_with("GET /users/{id} (server)"), "{}", captured.tree());
        assert_eq!(
            captured.metrics(),
            format!(
                "http.server.active_requests{{http.request.method=GET,url.scheme=http}} 0\n\
                 http.server.request.duration{{{METRICS}{shown},url.scheme=http}} 1\n"
            )
        );
        let duration = captured.points("http.server.request.duration").next().expect("it was measured");
        assert_eq!((duration.unit.as_str(), duration.description.as_str()), ("s", "Duration of HTTP server requests."));
        let otel_runtime::testing::PointValue::Histogram { bounds, .. } = &duration.value else { panic!("{duration:?}") };
        assert_eq!(*bounds, [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0]);
        let active = captured.points("http.server.active_requests").next().expect("it was measured");
        assert_eq!((active.unit.as_str(), active.description.as_str()), ("{request}", "Number of active HTTP server requests."));
    }
}

#[tokio::test]
async fn statuses_and_how_they_end() {
    // The path; the name of the span, and the end of its line.
    let cases = [
        ("/status/204", "GET /status/{code}", "http.response.status_code=204"),
        ("/status/304", "GET /status/{code}", "http.response.status_code=304"),
        ("/status/404", "GET /status/{code}", "http.response.status_code=404"),
        ("/status/500", "GET /status/{code}", "http.response.status_code=500 error=500"),
        ("/status/503", "GET /status/{code}", "http.response.status_code=503 error=503"),
        ("/nowhere/7", "GET", "http.response.status_code=404"),
    ];
    for (path, name, end) in cases {
        let (_, captured) = recorded(server(), Version::HTTP_11, path, |request| request).await;
        let line = captured.tree();
        assert!(line.starts_with(&format!("{name} (server)")) && line.trim_end().ends_with(end), "{path}: {line}");
        let error = end.rsplit_once("error=").map(|(_, error)| error.to_owned());
        let point = captured.points("http.server.request.duration").next().expect("it was measured");
        assert_eq!(point.attribute("error.type").map(ToString::to_string), error, "{path}");
        assert_eq!(point.attribute("http.route").is_some(), name != "GET", "{path}");
    }
}

#[tokio::test]
async fn routes_of_nested_routers_are_whole() {
    // A service that is nested keeps its routes to itself, unless it has a layer of its own.
    for (path, name) in [("/admin/orders/7", "GET /admin/orders/{order}"), ("/files/a/b", "GET")] {
        let (_, captured) = recorded(server(), Version::HTTP_11, path, |request| request).await;
        assert_eq!(captured.one(name).scope, "otel_runtime::http::server", "{}", captured.tree());
    }
}

#[tokio::test]
async fn outside_of_the_router_the_route_comes_from_inside() {
    let files = Router::new().route("/{*path}", get(user)).layer(server());
    let inside = || app().nest_service("/more", files.clone()).layer(server());
    for (path, route) in [("/users/7", "/users/{id}"), ("/more/a/b", "/more/{*path}"), ("/panicking", "/panicking")] {
        let ((), captured) = capture_async(async {
            let serving = serve(server().layer(inside())).await;
            let mut connection = Connection::open(serving.address, Version::HTTP_11).await;
            let request = Request::get(path).header("host", "shop.example").body(Empty::new()).expect("it is a request");
            if let Ok(response) = connection.send(request).await {
                response.into_body().collect().await.expect("it has an end");
            }
            connection.close().await;
            serving.end().await;
        })
        .await;
        let span = captured.one(&format!("GET {route}"));
        assert_eq!(span.attribute("http.route").map(ToString::to_string).as_deref(), Some(route));
        let servers = captured.all().iter().filter(|span| span.scope == "otel_runtime::http::server").count();
        assert_eq!(servers, 1, "only the outer one records: {}", captured.tree());
        let points: Vec<_> = captured.points("http.server.request.duration").collect();
        assert_eq!(points.len(), 1);
        assert_eq!(points[0].attribute("http.route").map(ToString::to_string).as_deref(), Some(route));
    }
}

#[tokio::test]
async fn a_service_that_is_no_router_tells_its_route() {
    let ((), captured) = capture_async(async {
        let service = service_fn(|_: Request<Incoming>| async {
            let mut response = http::Response::new(Full::new(Bytes::from("Ada")));
            response.extensions_mut().insert(Route::new("/people/{name}"));
            Ok::<_, Infallible>(response)
        });
        let serving = serve(server().layer(service)).await;
        answer(serving.address, Version::HTTP_11, world::get(serving.address, "/people/ada")).await;
        serving.end().await;
    })
    .await;
    assert!(captured.tree().starts_with("GET /people/{name} (server)"), "{}", captured.tree());
    assert!(captured.metrics().contains("http.route=/people/{name}"), "{}", captured.metrics());
}

#[tokio::test]
async fn a_method_that_is_not_known_is_one_of_few() {
    let (_, captured) = recorded(server(), Version::HTTP_11, "/status/200", |request| request.method("BREW")).await;
    let span = captured.one("HTTP /status/{code}");
    assert_eq!(span.attribute("http.request.method").map(ToString::to_string).as_deref(), Some("_OTHER"));
    assert_eq!(span.attribute("http.request.method_original").map(ToString::to_string).as_deref(), Some("BREW"));
    assert!(captured.metrics().contains("http.request.method=_OTHER") && !captured.metrics().contains("BREW"));
}

#[tokio::test]
async fn the_span_lasts_as_long_as_the_body() {
    let ((), captured) = capture_async(async {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let given = std::sync::Arc::new(std::sync::Mutex::new(Some(receiver)));
        let app = Router::new().route(
            "/stream",
            get(move || {
                let receiver = given.lock().expect("nobody panicked").take();
                async move {
                    let body = receiver.expect("it is asked for once").await.expect("it is sent");
                    Response::new(body)
                }
            }),
        );
        let serving = serve(app.layer(server().body_sizes())).await;
        let mut connection = Connection::open(serving.address, Version::HTTP_11).await;
        let (frames, body) = streamed(1);
        sender.send(body).expect("it is waited for");
        let request = Request::get("/stream").header("host", "shop.example").body(Empty::new()).expect("it is a request");
        let response = connection.send(request).await.expect("there is a response");
        frames.send(Ok(Frame::data(Bytes::from("one")))).await.expect("it is read");
        let body = world::first_frame(response.into_body()).await;
        marker().await;
        drop(frames);
        body.collect().await.expect("the body has an end");
        connection.close().await;
        serving.end().await;
    })
    .await;
    let order: Vec<&str> = captured.all().iter().map(|span| span.name.as_str()).collect();
    assert_eq!(order, ["marker", "GET /stream"], "spans are captured in the order in which they end");
    assert!(captured.tree().contains("http.response.body.size=3"), "{}", captured.tree());
    assert!(captured.metrics().contains("http.server.response.body.size{"), "{}", captured.metrics());
}

#[traced]
async fn marker() {}

#[tokio::test]
async fn trailers_errors_and_panics() {
    let (_, captured) = recorded(server(), Version::HTTP_2, "/trailing", |request| request).await;
    assert!(captured.tree().trim_end().ends_with("http.response.status_code=200"), "{}", captured.tree());
    for (path, end, error) in [
        ("/breaking", "error=broken_pipe \"broken pipe\"", "broken_pipe"),
        ("/panicking", "error=panic \"the printer is on fire\"", "panic"),
    ] {
        let ((), captured) = capture_async(async {
            let serving = serve(app().layer(server())).await;
            let mut connection = Connection::open(serving.address, Version::HTTP_11).await;
            let request = Request::get(path).header("host", "shop.example").body(Empty::new()).expect("it is a request");
            // Whether the head still goes out, is hyper's business.
            if let Ok(response) = connection.send(request).await {
                response.into_body().collect().await.expect_err("it has no end");
            }
            connection.close().await;
            serving.end().await;
        })
        .await;
        assert!(captured.tree().trim_end().ends_with(end), "{}", captured.tree());
        assert!(captured.metrics().contains(&format!("error.type={error}")), "{}", captured.metrics());
        assert!(captured.metrics().contains("http.server.active_requests{http.request.method=GET,url.scheme=http} 0\n"));
    }
}

#[tokio::test]
async fn a_client_that_goes_away_has_cancelled() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let ((), captured) = capture_async(async {
            let app = Router::new().route("/head", get(std::future::pending::<&'static str>)).route(
                "/body",
                get(|| async {
                    let (sender, body) = streamed(1);
                    sender.send(Ok(Frame::data(Bytes::from("one")))).await.expect("there is room");
                    // Nothing more comes, and no end.
                    tokio::spawn(async move { sender.closed().await });
                    Response::new(body)
                }),
            );
            let serving = serve(app.layer(server())).await;
            for path in ["/head", "/body"] {
                let mut connection = Connection::open(serving.address, version).await;
                let uri = format!("http://{}{path}", serving.address);
                let request = Request::get(uri).header("host", "shop.example").body(Empty::new()).expect("it is a request");
                if path == "/head" {
                    tokio::time::timeout(Duration::from_millis(50), connection.send(request)).await.expect_err("it never answers");
                } else {
                    let response = connection.send(request).await.expect("there is a response");
                    drop(world::first_frame(response.into_body()).await);
                }
                connection.close().await;
            }
            serving.end().await;
        })
        .await;
        assert!(captured.tree().lines().all(|line| line.ends_with(" cancelled")), "{}", captured.tree());
        let statuses: Vec<bool> =
            ["GET /head", "GET /body"].map(|name| captured.one(name).attribute("http.response.status_code").is_some()).into();
        assert_eq!(statuses, [false, true]);
        assert!(!captured.metrics().contains("error.type"), "{}", captured.metrics());
        assert!(captured.metrics().starts_with("http.server.active_requests{http.request.method=GET,url.scheme=http} 0\n"));
    }
}

#[tokio::test]
async fn a_response_without_a_body_is_whole() {
    for (method, path) in [("HEAD", "/users/7"), ("GET", "/status/204"), ("GET", "/status/304")] {
        let (_, captured) = recorded(server(), Version::HTTP_11, path, |request| request.method(method)).await;
        assert!(!captured.tree().contains("cancelled"), "{method} {path}: {}", captured.tree());
    }
}

#[tokio::test]
async fn an_upgrade_ends_with_the_switch() {
    let ((), captured) = capture_async(async {
        let app = Router::new().route(
            "/chat",
            get(|mut request: axum::extract::Request| async move {
                tokio::spawn(async move {
                    let upgraded = hyper::upgrade::on(&mut request).await.expect("it is upgraded");
                    hyper_util::rt::TokioIo::new(upgraded).write_all(b"hello").await.expect("the client is there");
                });
                (StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade"), ("upgrade", "chat")]).into_response()
            }),
        );
        let serving = serve(app.layer(server())).await;
        let mut socket = TcpStream::connect(serving.address).await.expect("the server is there");
        let request = b"GET /chat HTTP/1.1\r\nhost: shop.example\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n";
        socket.write_all(request).await.expect("the server is there");
        let mut read = String::new();
        socket.read_to_string(&mut read).await.expect("the server ends the connection");
        assert!(read.starts_with("HTTP/1.1 101 ") && read.ends_with("hello"), "{read}");
        drop(socket);
        serving.end().await;
    })
    .await;
    assert!(captured.tree().trim_end().ends_with("http.response.status_code=101"), "{}", captured.tree());
}

#[tokio::test]
async fn whoever_calls_is_the_parent_or_is_linked() {
    let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let sent = |request: http::request::Builder| request.header("traceparent", caller).header("baggage", "tenant.id=acme");
    let (_, captured) = recorded(server(), Version::HTTP_11, "/users/7", sent).await;
    let span = captured.one("GET /users/{id}");
    assert_eq!(span.trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!((span.parent_span_id.to_string().as_str(), span.links.len()), ("00f067aa0ba902b7", 0));
    assert_eq!(span.baggage("tenant.id"), Some("acme"));

    let (_, captured) = recorded(server().untrusted(), Version::HTTP_11, "/users/7", sent).await;
    let span = captured.one("GET /users/{id}");
    assert_ne!(span.trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(span.parent_span_id.to_string(), "0000000000000000");
    let links: Vec<String> = span.links.iter().map(|(trace, span)| format!("{trace}-{span}")).collect();
    assert_eq!(links, ["4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"]);
    assert_eq!(span.baggage("tenant.id"), None, "nothing of whoever calls is believed");
}

#[tokio::test]
async fn what_is_asked_for_is_recorded() {
    let layer = server()
        .body_sizes()
        .request_headers([http::header::ACCEPT])
        .response_headers([http::header::CONTENT_TYPE])
        .trust_proxies(1)
        .https()
        .trace_id_header(HeaderName::from_static("x-trace-id"));
    let (parts, captured) = recorded(layer, Version::HTTP_11, "/users/7", |request| {
        request.header("accept", "text/html").header("x-forwarded-for", "6.6.6.6, 1.2.3.4").header("authorization", "Bearer s3cr3t")
    })
    .await;
    let span = captured.one("GET /users/{id}");
    assert_eq!(parts.headers["x-trace-id"], span.trace_id.to_string());
    let expected = [
        ("url.scheme", "https"),
        ("client.address", "1.2.3.4"),
        ("network.peer.address", "127.0.0.1"),
        ("http.request.header.accept", "[\"text/html\"]"),
        ("http.response.header.content-type", "[\"text/plain; charset=utf-8\"]"),
        ("http.response.body.size", "3"),
    ];
    for (key, value) in expected {
        assert_eq!(span.attribute(key).map(ToString::to_string).as_deref(), Some(value), "{key}");
    }
    assert!(!captured.tree().contains("s3cr3t"));
}

#[tokio::test]
async fn sizes_of_requests_are_what_they_say() {
    let ((), captured) = capture_async(async {
        let serving = serve(app().layer(server().body_sizes())).await;
        let mut socket = TcpStream::connect(serving.address).await.expect("the server is there");
        socket
            .write_all(b"POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello")
            .await
            .expect("it is there");
        let mut read = String::new();
        socket.read_to_string(&mut read).await.expect("the server ends the connection");
        assert!(read.ends_with("hello"), "{read}");
        serving.end().await;
    })
    .await;
    let span = captured.one("POST /echo");
    for key in ["http.request.body.size", "http.response.body.size"] {
        assert_eq!(span.attribute(key).map(ToString::to_string).as_deref(), Some("5"), "{key}");
        let metric = key.replacen("http.", "http.server.", 1);
        let point = captured.points(&metric).next().expect("it was measured");
        let otel_runtime::testing::PointValue::Histogram { count, sum, .. } = point.value else { panic!("{point:?}") };
        assert_eq!((count, sum, point.unit.as_str()), (1, 5.0, "By"));
    }
}

#[tokio::test]
async fn health_checks_are_left_out() {
    let layer = || server().filter(|request| request.uri.path() != "/status/200");
    let (_, captured) = recorded(layer(), Version::HTTP_11, "/status/200", |request| request).await;
    assert_eq!((captured.tree(), captured.metrics()), (String::new(), String::new()));
    let (_, captured) = recorded(layer(), Version::HTTP_11, "/status/201", |request| request).await;
    assert_eq!(captured.all().len(), 1);
}

#[traced]
fn check_stock() {}

#[tokio::test]
async fn what_the_layer_outside_leaves_out_so_does_one_inside_and_it_is_the_callers() {
    let ((), captured) = capture_async(async {
        let checks = any(|| async { check_stock() });
        let inside = Router::new().route("/health", checks).layer(server());
        let serving = serve(inside.layer(server().filter(|request| request.uri.path() != "/health"))).await;
        let request =
            world::get(serving.address, "/health").header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        answer(serving.address, Version::HTTP_11, request).await;
        serving.end().await;
    })
    .await;
    assert_eq!((captured.tree().as_str(), captured.metrics().as_str()), ("check_stock\n", ""));
    assert_eq!(captured.one("check_stock").parent_span_id.to_string(), "00f067aa0ba902b7");
}

#[tokio::test]
async fn a_trace_that_is_none_has_no_id_in_the_response() {
    let layer = server().trace_id_header(HeaderName::from_static("x-trace-id"));
    let telemetry = tests::telemetry::isolated().set("OTEL_TRACES_EXPORTER", "none").build().expect("telemetry can be set up");
    let parts = async {
        let serving = serve(app().layer(layer)).await;
        let (parts, _) = answer(serving.address, Version::HTTP_11, world::get(serving.address, "/users/7")).await;
        serving.end().await;
        parts
    };
    let parts = parts.with_context(telemetry.context()).await;
    assert_eq!((parts.status, parts.headers.get("x-trace-id")), (StatusCode::OK, None));
    telemetry.shutdown().expect("there is nothing to deliver");
}
