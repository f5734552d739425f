//! Which methods become labels, and which callers are believed.

use std::collections::BTreeSet;
use std::convert::Infallible;

use otel_runtime::context::FutureExt;
use otel_runtime::grpc::{ServerLayer, client, server};
use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use otel_runtime::opentelemetry::{Context, Value};
use otel_runtime::testing::{Captured, capture_async};
use tonic::body::Body;
use tonic::transport::Server;
use tonic::{Code, Status};
use tower::{Layer, ServiceBuilder, service_fn};

use crate::orders::Orders;
use crate::world::{CLIENT, SERVER, serve, span, start};

/// The values of a label.
fn labels(captured: &Captured, metric: &str) -> BTreeSet<String> {
    captured.points(metric).map(|point| point.attribute("rpc.method").expect("it is there").to_string()).collect()
}

fn names(captured: &Captured, side: &str) -> BTreeSet<String> {
    captured.all().iter().filter(|span| span.scope == side).map(|span| span.name.clone()).collect()
}

/// What is recorded where somebody calls what is not there, and then what is.
async fn probed(layer: ServerLayer) -> Captured {
    let ((), captured) = capture_async(async {
        let serving = serve(layer).await;
        let mut client = serving.client(&client());
        for number in 0..20 {
            for path in [format!("/shop.Orders/Method{number}"), format!("/shop.Unknown{number}/Place"), format!("/{number}")] {
                assert_eq!(client.call(&path).await.expect_err("it is not there").code(), Code::Unimplemented);
            }
        }
        // It never succeeds, and is there all the same.
        client.place("code 13").await.expect_err("it is asked to fail");
        drop(client);
        serving.end().await;
    })
    .await;
    captured
}

fn set<const N: usize>(texts: [&str; N]) -> BTreeSet<String> {
    texts.map(str::to_owned).into()
}

#[tokio::test]
async fn what_is_not_there_becomes_no_label_and_no_name() {
    for layer in [server(), server().methods(["shop.Orders/Place"])] {
        let captured = probed(layer).await;
        for (side, metric) in [(SERVER, "rpc.server.call.duration"), (CLIENT, "rpc.client.call.duration")] {
            assert_eq!(labels(&captured, metric), set(["_OTHER", "shop.Orders/Place"]));
            assert_eq!(names(&captured, side), set(["grpc", "shop.Orders/Place"]));
            let original = captured.all().iter().filter(|span| span.scope == side).filter_map(|span| span.attribute("rpc.method_original"));
            assert_eq!(original.count(), 60, "it can be looked for all the same");
        }
    }
}

#[tokio::test]
async fn whom_nobody_lets_in_makes_no_labels() {
    let ((), captured) = capture_async(async {
        let serving = start(|incoming, stopped, test| {
            let nobody = tower::layer::layer_fn(|_: tonic::service::Routes| {
                service_fn(async |_: http::Request<Body>| Ok::<_, Infallible>(Status::unauthenticated("who are you?").into_http::<Body>()))
            });
            let server = Server::builder().layer(test).layer(server()).layer(nobody).add_service(Orders);
            server.serve_with_incoming_shutdown(incoming, stopped)
        })
        .await;
        let mut client = serving.client(&client().methods(["/shop.Orders/Place"]));
        for path in ["/shop.Orders/Place", "/a/b", "/c/d"] {
            assert_eq!(client.call(path).await.expect_err("nobody is let in").code(), Code::Unauthenticated);
        }
        drop(client);
        serving.end().await;
    })
    .await;
    assert_eq!(labels(&captured, "rpc.server.call.duration"), set(["_OTHER"]));
    assert_eq!(labels(&captured, "rpc.client.call.duration"), set(["_OTHER", "shop.Orders/Place"]), "what was declared");
    assert_eq!(names(&captured, CLIENT), set(["grpc", "shop.Orders/Place"]));
}

fn remote() -> SpanContext {
    SpanContext::new(TraceId::from(0x11), SpanId::from(0x22), TraceFlags::SAMPLED, true, TraceState::NONE)
}

#[tokio::test]
async fn callers_who_are_not_trusted_are_linked() {
    let ((), captured) = capture_async(async {
        let serving = serve(server().untrusted()).await;
        let mut client = serving.client(&client());
        client.place("tea").with_context(Context::current().with_remote_span_context(remote())).await.expect("it is placed");
        drop(client);
        serving.end().await;
    })
    .await;
    let (asked, served) = (span(&captured, CLIENT), span(&captured, SERVER));
    assert_eq!(asked.trace_id, remote().trace_id());
    assert_eq!((served.trace_id == asked.trace_id, served.parent_span_id), (false, SpanId::INVALID));
    assert!(served.links_to(asked));
}

#[tokio::test]
async fn who_is_not_wanted_is_not_recorded_and_context_can_stay_at_home() {
    let ((), captured) = capture_async(async {
        let serving = serve(server().filter(|call| call.uri.path() != "/shop.Orders/Watch")).await;
        let mut client = serving.client(&client().without_context());
        client.place("tea").await.expect("it is placed");
        drop(client.watch("1").await.expect("it can be watched"));
        drop(client);
        serving.end().await;
    })
    .await;
    let served = span(&captured, SERVER);
    assert_eq!((served.name.as_str(), served.parent_span_id), ("shop.Orders/Place", SpanId::INVALID));
}

#[tokio::test]
async fn what_is_no_call_is_left_to_others() {
    let (statuses, captured) = capture_async(async {
        let service = ServiceBuilder::new().layer(otel_runtime::http::server()).layer(server());
        let service = service.service(service_fn(async |_: http::Request<Body>| Ok::<_, Infallible>(http::Response::new(Body::empty()))));
        let mut statuses = Vec::new();
        for content_type in ["application/json", "application/grpc-web"] {
            let request = http::Request::post("/any").header("content-type", content_type).body(Body::empty()).expect("it is a request");
            statuses.push(tower::ServiceExt::oneshot(service.clone(), request).await.expect("it answers").status());
        }
        statuses
    })
    .await;
    assert_eq!(statuses, [200, 200]);
    let scopes: BTreeSet<_> = captured.all().iter().map(|span| span.scope.as_str()).collect();
    assert_eq!(scopes, BTreeSet::from(["otel_runtime::http::server"]), "{captured}");
    assert_eq!(captured.all()[0].attribute("url.path"), Some(&Value::from("/any")));
}

#[tokio::test]
async fn a_layer_around_one_service() {
    let ((), captured) = capture_async(async {
        let serving = start(|incoming, stopped, test| {
            Server::builder().layer(test).add_service(server().layer(Orders)).serve_with_incoming_shutdown(incoming, stopped)
        })
        .await;
        let mut client = serving.client(&client());
        client.place("tea").await.expect("it is placed");
        drop(client);
        serving.end().await;
    })
    .await;
    assert_eq!(span(&captured, SERVER).name, "shop.Orders/Place");
}
