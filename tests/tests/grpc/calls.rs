//! Calls that are answered: of every kind, with every code.

use http::HeaderName;
use otel_runtime::ErrorType;
use otel_runtime::grpc::{client, server};
use otel_runtime::opentelemetry::Value;
use otel_runtime::testing::{Captured, PointValue, capture_async};
use tokio_stream::iter;
use tonic::transport::{Endpoint, Server};
use tonic::{Code, Request};
use tower::Layer;

use crate::orders::{Orders, OrdersClient, all};
use crate::world::{CLIENT, SERVER, attributes, client_of, serve, span, start};

const TENANT: HeaderName = HeaderName::from_static("x-tenant");
const SERVED_BY: HeaderName = HeaderName::from_static("x-served-by");

#[tokio::test]
async fn a_unary_call_is_one_trace() {
    let ((), captured) = capture_async(async {
        let serving = serve(server().request_metadata([TENANT]).response_metadata([SERVED_BY])).await;
        let mut client = serving.client(&client().request_metadata([TENANT]).response_metadata([SERVED_BY]));
        let mut request = Request::new("tea".to_owned());
        request.metadata_mut().insert("x-tenant", "acme".parse().expect("a name is a value"));
        assert_eq!(client.place_with(request).await.expect("it is placed").into_inner(), "tea");
        drop(client);
        serving.end().await;
    })
    .await;
    assert_eq!(
        attributes(&captured, CLIENT),
        [
            "rpc.system.name=grpc",
            "server.address=127.0.0.1",
            "rpc.method=shop.Orders/Place",
            "rpc.request.metadata.x-tenant=[\"acme\"]",
            "rpc.response.metadata.x-served-by=[\"anna\"]",
            "rpc.response.status_code=OK",
        ]
    );
    assert_eq!(
        attributes(&captured, SERVER),
        [
            "rpc.system.name=grpc",
            "server.address=127.0.0.1",
            "network.peer.address=127.0.0.1",
            "rpc.request.metadata.x-tenant=[\"acme\"]",
            "rpc.response.metadata.x-served-by=[\"anna\"]",
            "rpc.method=shop.Orders/Place",
            "rpc.response.status_code=OK",
        ]
    );
    let (asked, served) = (span(&captured, CLIENT), span(&captured, SERVER));
    assert_eq!((asked.name.as_str(), served.name.as_str()), ("shop.Orders/Place", "shop.Orders/Place"));
    assert_eq!((served.trace_id, served.parent_span_id), (asked.trace_id, asked.span_id));
    assert_eq!(captured.one("handle").parent_span_id, served.span_id, "{captured}");
    let port = asked.attribute("server.port").expect("it is known");
    assert_eq!(
        captured.metrics(),
        format!(
            "rpc.client.call.duration{{rpc.method=shop.Orders/Place,rpc.response.status_code=OK,rpc.system.name=grpc,server.address=127.0.0.1,server.port={port}}} 1\n\
             rpc.server.call.duration{{rpc.method=shop.Orders/Place,rpc.response.status_code=OK,rpc.system.name=grpc}} 1\n"
        )
    );
    for name in ["rpc.client.call.duration", "rpc.server.call.duration"] {
        let point = captured.points(name).next().expect("it was measured");
        assert_eq!(point.unit, "s");
        let PointValue::Histogram { bounds, .. } = &point.value else { panic!("{point:?}") };
        assert_eq!(*bounds, [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0]);
    }
}

#[tokio::test]
async fn streams_last_until_their_end() {
    let ((), captured) = capture_async(async {
        let serving = serve(server()).await;
        let mut client = serving.client(&client());
        let watched = all(client.watch("3").await.expect("it can be watched")).await;
        assert!(watched.0 == ["0", "1", "2"] && watched.1.is_ok());
        let collected = client.collect(iter(["a", "b"].map(str::to_owned))).await.expect("it is collected");
        assert_eq!(collected.into_inner(), "a,b");
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        sender.send("one".to_owned()).await.expect("there is room");
        let mut chat = client.chat(tokio_stream::wrappers::ReceiverStream::new(receiver)).await.expect("it can be talked");
        assert_eq!(chat.message().await.expect("it talks"), Some("one".to_owned()));
        sender.send("two".to_owned()).await.expect("there is room");
        assert_eq!(chat.message().await.expect("it talks"), Some("two".to_owned()));
        drop(sender);
        assert_eq!(chat.message().await.expect("it ends"), None);
        drop((chat, client));
        serving.end().await;
    })
    .await;
    for method in ["Watch", "Collect", "Chat"] {
        let name = format!("shop.Orders/{method}");
        let spans: Vec<_> = captured.named(&name).collect();
        assert_eq!(spans.len(), 2, "{captured}");
        let code = |side: &str| {
            let span = spans.iter().find(|span| span.scope == side).expect("both sides are there");
            span.attribute("rpc.response.status_code").map(ToString::to_string)
        };
        assert_eq!((code(CLIENT).as_deref(), code(SERVER).as_deref()), (Some("OK"), Some("OK")), "{captured}");
    }
    assert!(captured.open().is_empty());
    assert_eq!(captured.points("rpc.server.call.duration").count(), 3);
    let talk = captured.named("shop.Orders/Chat").find(|span| span.scope == SERVER).expect("it was served");
    let handled: Vec<_> = captured.named("handle").filter(|span| span.parent_span_id == talk.span_id).collect();
    assert_eq!(handled.len(), 2, "what is done for messages is part of the call: {captured}");
}

/// The error of a side, in its span and in its measurement.
#[track_caller]
fn error(captured: &Captured, side: &str, code: &str) -> Option<String> {
    let span = span(captured, side);
    assert_eq!(span.attribute("rpc.response.status_code"), Some(&Value::from(code.to_owned())), "{captured}");
    let error = span.attribute("error.type").map(ToString::to_string);
    let metric = if side == SERVER { "rpc.server.call.duration" } else { "rpc.client.call.duration" };
    let point = captured.points(metric).next().expect("it was measured");
    assert_eq!(point.attribute("error.type").map(ToString::to_string), error);
    assert_eq!(point.attribute("rpc.response.status_code").map(ToString::to_string).as_deref(), Some(code));
    assert_eq!(point.attribute("rpc.method").map(ToString::to_string).as_deref(), Some(span.name.as_str()));
    error
}

#[tokio::test]
async fn every_code_on_both_sides() {
    let errors_of_servers = ["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"];
    for number in 0..17 {
        // Said instead of an answer, and behind messages.
        for in_trailers in [false, true] {
            let (status, captured) = capture_async(async {
                let serving = serve(server()).await;
                let mut client = serving.client(&client());
                let status = if in_trailers {
                    let (messages, end) = all(client.watch(format!("2 code {number}")).await.expect("it can be watched")).await;
                    assert_eq!(messages, ["0", "1"]);
                    end.err()
                } else {
                    client.place(format!("code {number}")).await.err()
                };
                drop(client);
                serving.end().await;
                status
            })
            .await;
            // Whoever answers OK and no message has not done so.
            let code = if number == 0 { "OK".to_owned() } else { status.expect("it failed").error_type().into_owned() };
            if number == 0 && !in_trailers {
                continue;
            }
            assert_eq!(error(&captured, CLIENT, &code), (number != 0).then(|| code.clone()));
            let of_server = errors_of_servers.contains(&code.as_str()).then(|| code.clone());
            assert_eq!(error(&captured, SERVER, &code), of_server, "{captured}");
            if number != 0 {
                assert!(captured.tree().contains(&format!("error={code} \"as asked\"")), "{captured}");
            }
        }
    }
}

#[tokio::test]
async fn where_nobody_listens() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    drop(listener);
    let (status, captured) = capture_async(async { client_of(address, &client()).place("tea").await.expect_err("nobody is there") }).await;
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(error(&captured, CLIENT, "UNAVAILABLE").as_deref(), Some("UNAVAILABLE"));
    let refused = std::net::TcpStream::connect(address).expect_err("nobody is there");
    assert!(captured.tree().contains(&format!("error=UNAVAILABLE \"tcp connect error: {refused}\"")), "{captured}");
}

#[tokio::test]
async fn a_panic_of_a_handler_is_one_of_the_call() {
    let (status, captured) = capture_async(async {
        let serving = serve(server()).await;
        let mut client = serving.client(&client());
        let status = client.place("panic").await.expect_err("nobody answers");
        drop(client);
        serving.end().await;
        status
    })
    .await;
    let served = span(&captured, SERVER);
    assert_eq!(served.attribute("error.type"), Some(&Value::from("panic")), "{captured}");
    assert_eq!(served.name, "shop.Orders/Place", "its message was read");
    assert_eq!(error(&captured, CLIENT, &status.error_type()), Some(status.error_type().into_owned()));
}

#[tokio::test]
async fn a_deadline_that_passes_is_an_error_of_the_server_s() {
    let (status, captured) = capture_async(async {
        let serving = serve(server()).await;
        // The server's clock alone: tonic's channels have one too.
        let uri = format!("http://{}", serving.address).parse().expect("it is a URL");
        let connector = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).http2_only(true).build_http();
        let client = OrdersClient(tonic::client::Grpc::with_origin(client().layer(connector), uri));
        let status = client.wait_too_long().await;
        serving.end().await;
        status
    })
    .await;
    assert_eq!(error(&captured, SERVER, "DEADLINE_EXCEEDED").as_deref(), Some("DEADLINE_EXCEEDED"));
    // What tonic's server says then.
    assert_eq!(error(&captured, CLIENT, "CANCELLED"), Some(status.error_type().into_owned()));
}

#[tokio::test]
async fn a_deadline_of_a_channel_s() {
    let (status, captured) = capture_async(async {
        let serving = serve(server()).await;
        let client = serving.client(&client());
        let status = client.wait_too_long().await;
        serving.end().await;
        status
    })
    .await;
    assert_eq!(error(&captured, CLIENT, &status.error_type()), Some(status.error_type().into_owned()), "as the program sees it");
}

#[tokio::test]
async fn one_call_is_recorded_once() {
    let ((), captured) = capture_async(async {
        let serving = start(|incoming, stopped, test| {
            // Around all services, around one of them, and that of HTTP in between.
            let mut server = Server::builder().layer(test).layer(server()).layer(otel_runtime::http::server());
            server.add_service(otel_runtime::grpc::server().layer(Orders)).serve_with_incoming_shutdown(incoming, stopped)
        })
        .await;
        let endpoint = Endpoint::from_shared(format!("http://{}", serving.address)).expect("it is a URL");
        let mut client = OrdersClient::new(client().layer(client().layer(endpoint.connect_lazy())));
        client.place("tea").await.expect("it is placed");
        drop(client);
        serving.end().await;
    })
    .await;
    let names: Vec<_> = captured.all().iter().map(|span| span.scope.as_str()).filter(|scope| scope.starts_with("otel_runtime::")).collect();
    assert_eq!(names, [SERVER, CLIENT], "{captured}");
}
