//! What a client makes of answers that no good server gives, and how a server's own answers end.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use hyper::body::Bytes;
use otel_runtime::grpc::{client, server};
use otel_runtime::testing::{Captured, capture_async};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, ServiceExt, service_fn};

/// A body of these frames.
struct Frames(Vec<Result<Frame<Bytes>, Status>>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Poll::Ready(if self.0.is_empty() { None } else { Some(self.0.remove(0)) })
    }
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

#[allow(clippy::unnecessary_wraps, reason = "as a body gives it")]
fn data() -> Result<Frame<Bytes>, Status> {
    Ok(Frame::data(Bytes::from_static(b"\0\0\0\0\0")))
}

#[allow(clippy::unnecessary_wraps, reason = "as a body gives it")]
fn trailers(pairs: &[(&'static str, &'static str)]) -> Result<Frame<Bytes>, Status> {
    Ok(Frame::trailers(headers(pairs)))
}

type Answer = Result<Response<Body>, Box<dyn std::error::Error + Send + Sync>>;

#[allow(clippy::unnecessary_wraps, reason = "as a service gives it")]
fn answer(status: u16, with: HeaderMap, frames: Vec<Result<Frame<Bytes>, Status>>) -> Answer {
    let mut response = Response::new(Body::new(Frames(frames)));
    *response.status_mut() = status.try_into().expect("it is a status");
    *response.headers_mut() = with;
    Ok(response)
}

/// What both layers record of an answer, whose body is read to its end.
async fn recorded(answer: Answer) -> Captured {
    let answer = Arc::new(Mutex::new(Some(answer)));
    let service = service_fn(move |_: Request<Body>| {
        let answer = answer.lock().expect("nobody panics").take().expect("there is one call");
        async move { answer }
    });
    let ((), captured) = capture_async(async {
        let request = Request::post("/shop.Orders/Place").header("content-type", "application/grpc").body(Body::empty());
        let layers = client().methods(["shop.Orders/Place"]).layer(server().methods(["shop.Orders/Place"]).layer(service));
        if let Ok(response) = layers.oneshot(request.expect("it is a request")).await {
            let _ = http_body_util::BodyExt::collect(response.into_body()).await;
        }
    })
    .await;
    captured
}

#[tokio::test]
async fn answers_and_what_they_mean() {
    const CALL: &str = "rpc.system.name=grpc rpc.method=shop.Orders/Place";
    let boxed = |status: Status| Err(status.into());
    // The answer; the code; whether it is an error of the server's, and of the client's.
    let cases = [
        (answer(200, headers(&[]), vec![data(), trailers(&[("grpc-status", "0")])]), "OK", false, false),
        (answer(200, headers(&[("grpc-status", "5"), ("grpc-message", "no%20tea")]), vec![]), "NOT_FOUND", false, true),
        (answer(200, headers(&[]), vec![data(), trailers(&[("grpc-status", "13")])]), "INTERNAL", true, true),
        (answer(200, headers(&[]), vec![trailers(&[("x-sum", "7")])]), "UNKNOWN", true, true),
        (answer(200, headers(&[]), vec![data()]), "UNKNOWN", true, true),
        (answer(200, headers(&[]), vec![data(), Err(Status::unavailable("the cable is cut"))]), "UNAVAILABLE", true, true),
        (answer(503, headers(&[]), vec![]), "UNAVAILABLE", true, true),
        (answer(404, headers(&[]), vec![data()]), "UNIMPLEMENTED", true, true),
        (answer(401, headers(&[]), vec![]), "UNAUTHENTICATED", false, true),
        (boxed(Status::resource_exhausted("too many")), "RESOURCE_EXHAUSTED", false, true),
        (Err("no idea".into()), "UNKNOWN", true, true),
    ];
    for (answer, code, of_server, of_client) in cases {
        let captured = recorded(answer).await;
        let tree = captured.tree();
        let lines: Vec<_> = tree.lines().collect();
        for (line, side, is_error) in [(lines[0], "client", of_client), (lines[1].trim_start(), "server", of_server)] {
            let start = format!("shop.Orders/Place ({side}) {CALL} rpc.response.status_code={code}");
            let rest = line.strip_prefix(&start).unwrap_or_else(|| panic!("{start} in\n{tree}"));
            assert_eq!(rest.starts_with(&format!(" error={code}")), is_error, "{tree}");
            assert_eq!(rest.is_empty(), !is_error, "{tree}");
        }
    }
}

#[tokio::test]
async fn where_nothing_is_installed_calls_are_as_they_were() {
    let service = service_fn(async |request: Request<Body>| {
        assert!(request.headers().len() == 1 && request.extensions().is_empty(), "{request:?}");
        Ok::<_, Infallible>(Response::new(Body::empty()))
    });
    let request = Request::post("/shop.Orders/Place").header("content-type", "application/grpc").body(Body::empty());
    let response = client().layer(server().layer(service)).oneshot(request.expect("it is a request")).await;
    assert_eq!(response.expect("it cannot fail").status(), 200);
}
