//! The receiver against bare clients.

use std::{
    fs,
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::{HeaderMap, Method};
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::logs_service_client::LogsServiceClient, metrics::v1::metrics_service_client::MetricsServiceClient,
        trace::v1::ExportTraceServiceResponse,
    },
    common::v1::any_value::Value,
    trace::v1::{span::SpanKind, status::StatusCode},
};
use prost::Message;
use tokio::{
    runtime::Runtime,
    time::{sleep, timeout},
};
use tonic::Code;

use super::{
    Arrivals, Behaviour, Body, Protocol, Receiver, Signal,
    client::{PROTOBUF, accepts_connections, call_traces, logs, metrics, post_traces, send, traces},
};

const LONG: Duration = Duration::from_secs(20);
/// Long enough for an answer that must not come.
const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn traces_over_http_are_recorded() {
    let receiver = Receiver::start();
    let sent = traces(&["one", "two"]);
    let answer = post_traces(&receiver.http_endpoint(), &sent).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], PROTOBUF);
    let decoded = ExportTraceServiceResponse::decode(answer.body).unwrap();
    assert_eq!(decoded, ExportTraceServiceResponse::default());

    let [request] = &receiver.requests()[..] else {
        panic!("one request was sent");
    };
    assert_eq!(request.protocol, Protocol::Http);
    assert_eq!(request.signal(), Signal::Traces);
    assert_eq!(request.header("x-test"), Some("sent"));
    assert!(request.accepted);
    assert!(request.arrived <= Instant::now());
    assert_eq!(request.body, Body::Traces(sent));
}

#[tokio::test]
async fn traces_over_grpc_are_recorded() {
    let receiver = Receiver::start();
    let sent = traces(&["one"]);
    let answer = call_traces(&receiver.grpc_endpoint(), sent.clone()).await;
    assert_eq!(answer.unwrap(), ExportTraceServiceResponse::default());

    let [request] = &receiver.requests()[..] else {
        panic!("one request was sent");
    };
    assert_eq!(request.protocol, Protocol::Grpc);
    assert_eq!(request.header("x-test"), Some("sent"));
    assert!(request.accepted);
    assert_eq!(request.body, Body::Traces(sent));
}

#[tokio::test]
async fn spans_are_flattened() {
    let receiver = Receiver::start();
    let sent = traces(&["parent", "child"]);
    post_traces(&receiver.http_endpoint(), &sent).await.unwrap();
    let [parent, child] = &receiver.wait_for_spans(2, LONG)[..] else {
        panic!("two spans were sent");
    };
    assert_eq!(parent.name(), "parent");
    assert_eq!(parent.parent_span_id_hex(), None);
    assert_eq!(child.parent_span_id_hex(), Some(parent.span_id_hex()));
    assert_eq!(child.span_id_hex(), "0202020202020202");
    assert_eq!(child.trace_id_hex(), "ab".repeat(16));
    assert_eq!(child.kind(), SpanKind::Server);
    assert_eq!(child.status_code(), StatusCode::Unset);
    assert_eq!(child.scope.name, "scope");
    assert_eq!(child.schema_url, "schema");
    let method = Value::StringValue("GET".to_owned());
    assert_eq!(child.attribute("http.request.method"), Some(&method));
    assert_eq!(child.attribute("unknown"), None);
    let service = Value::StringValue("service".to_owned());
    assert_eq!(child.resource_attribute("service.name"), Some(&service));
}

#[tokio::test]
async fn metrics_and_logs_are_recorded_over_both_protocols() {
    let receiver = Receiver::start();
    let (http, grpc) = (receiver.http_endpoint(), receiver.grpc_endpoint());
    for (path, body) in [("/v1/metrics", metrics().encode_to_vec()), ("/v1/logs", logs().encode_to_vec())] {
        let answer = send(&http, Method::POST, path, PROTOBUF, body).await;
        assert_eq!(answer.unwrap().status, 200);
    }
    let mut client = MetricsServiceClient::connect(grpc.clone()).await.unwrap();
    client.export(metrics()).await.unwrap();
    let mut client = LogsServiceClient::connect(grpc).await.unwrap();
    client.export(logs()).await.unwrap();

    let names: Vec<_> = receiver.metrics().iter().map(|metric| metric.name().to_owned()).collect();
    assert_eq!(names, ["requests", "requests"]);
    let logs = receiver.logs();
    assert_eq!(logs.len(), 2);
    let hello = Value::StringValue("hello".to_owned());
    assert_eq!(logs[1].body(), Some(&hello));
    assert_eq!(logs[1].span_id_hex(), "0707070707070707");
    assert!(logs[1].attribute("key").is_some());
    assert!(logs[1].resource_attribute("service.name").is_some());
}

#[tokio::test]
async fn what_is_no_otlp_request_is_refused() {
    let receiver = Receiver::start();
    let endpoint = receiver.http_endpoint();
    let post = Method::POST;
    for (method, path, content_type, body, status) in [
        (post.clone(), "/v2/traces", PROTOBUF, vec![], 404),
        (Method::GET, "/v1/traces", PROTOBUF, vec![], 405),
        (post.clone(), "/v1/traces", "text/plain", vec![], 415),
        (post.clone(), "/v1/traces", "application/json", vec![], 400),
        (post, "/v1/traces", PROTOBUF, vec![0xff; 4], 400),
    ] {
        let answer = send(&endpoint, method, path, content_type, body).await;
        assert_eq!(answer.unwrap().status, status);
    }
    assert!(receiver.requests().is_empty());
    let refusals = receiver.refusals();
    assert_eq!(refusals.len(), 5);
    assert_eq!(refusals[0], "POST /v2/traces: 404 Not Found");
}

#[tokio::test]
async fn errors_are_recorded_but_not_accepted() {
    let receiver = Receiver::start();
    let headers = HeaderMap::from_iter([("retry-after".parse().unwrap(), "7".parse().unwrap())]);
    receiver.respond_with(Behaviour::Status { http: 503, grpc: Code::Unavailable, headers });
    let sent = traces(&["refused"]);
    let answer = post_traces(&receiver.http_endpoint(), &sent).await.unwrap();
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers["retry-after"], "7");
    let status = call_traces(&receiver.grpc_endpoint(), sent).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.metadata().get("retry-after").unwrap(), "7");

    assert!(receiver.requests().iter().all(|request| !request.accepted));
    assert_eq!(receiver.requests().len(), 2);
    assert!(receiver.spans().is_empty());
}

#[tokio::test]
async fn queued_behaviours_come_first_and_in_order() {
    let receiver = Receiver::start();
    receiver.respond_once(Behaviour::status(503, Code::Unavailable));
    receiver.respond_once(Behaviour::status(429, Code::ResourceExhausted));
    let endpoint = receiver.http_endpoint();
    for (name, status) in [("first", 503), ("second", 429), ("third", 200)] {
        let answer = post_traces(&endpoint, &traces(&[name])).await.unwrap();
        assert_eq!(answer.status, status);
    }
    assert_eq!(receiver.requests().len(), 3);
    assert_eq!(receiver.spans()[0].name(), "third");
}

#[tokio::test]
async fn a_delayed_request_is_accepted_in_the_end() {
    let receiver = Receiver::start();
    receiver.respond_with(Behaviour::Delay(SHORT));
    let sent = traces(&["late"]);
    let begin = Instant::now();
    post_traces(&receiver.http_endpoint(), &sent).await.unwrap();
    call_traces(&receiver.grpc_endpoint(), sent).await.unwrap();
    assert!(begin.elapsed() >= 2 * SHORT);
    assert_eq!(receiver.spans().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_request_is_never_answered() {
    let receiver = Receiver::start();
    receiver.respond_with(Behaviour::Hang);
    let (http, grpc) = (receiver.http_endpoint(), receiver.grpc_endpoint());
    let over_http = tokio::spawn(async move { post_traces(&http, &traces(&["a"])).await });
    let over_grpc = tokio::spawn(async move { call_traces(&grpc, traces(&["b"])).await });
    let arrived = receiver.wait_for(LONG, |requests| requests.len() == 2);
    assert!(arrived.iter().all(|request| !request.accepted));
    sleep(SHORT).await;
    assert!(!over_http.is_finished());
    assert!(!over_grpc.is_finished());
}

#[tokio::test]
async fn a_reset_closes_the_connection() {
    let receiver = Receiver::start();
    receiver.respond_once(Behaviour::Reset);
    receiver.respond_once(Behaviour::Reset);
    let (http, grpc) = (receiver.http_endpoint(), receiver.grpc_endpoint());
    let sent = traces(&["lost"]);
    timeout(LONG, post_traces(&http, &sent)).await.unwrap().unwrap_err();
    timeout(LONG, call_traces(&grpc, sent.clone())).await.unwrap().unwrap_err();
    assert!(receiver.spans().is_empty());
    // Only these connections are closed, not the ports.
    assert_eq!(post_traces(&http, &sent).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_partial_success_says_what_was_rejected() {
    let receiver = Receiver::start();
    receiver.respond_with(Behaviour::PartialSuccess { rejected: 2, message: "too long".to_owned() });
    let sent = traces(&["a", "b", "c"]);
    let answer = post_traces(&receiver.http_endpoint(), &sent).await.unwrap();
    assert_eq!(answer.status, 200);
    let http = ExportTraceServiceResponse::decode(answer.body).unwrap();
    let grpc = call_traces(&receiver.grpc_endpoint(), sent).await.unwrap();
    for answer in [http, grpc] {
        let partial = answer.partial_success.unwrap();
        assert_eq!(partial.rejected_spans, 2);
        assert_eq!(partial.error_message, "too long");
    }
}

#[tokio::test]
async fn garbage_does_not_decode() {
    let receiver = Receiver::start();
    receiver.respond_with(Behaviour::Garbage);
    let sent = traces(&["lost"]);
    let answer = post_traces(&receiver.http_endpoint(), &sent).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(ExportTraceServiceResponse::decode(answer.body).is_err());
    let status = call_traces(&receiver.grpc_endpoint(), sent).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("decode"), "{status}");
    assert!(receiver.spans().is_empty());
}

#[tokio::test]
async fn a_bomb_is_small_and_says_that_it_is_compressed() {
    let receiver = Receiver::start();
    receiver.respond_with("bomb".parse().unwrap());
    let sent = traces(&["taken"]);
    let answer = post_traces(&receiver.http_endpoint(), &sent).await.unwrap();
    assert_eq!((answer.status, answer.headers["content-encoding"].as_bytes()), (200, &b"gzip"[..]));
    let mut expanded = flate2::read::GzDecoder::new(&*answer.body).take(64 << 20);
    assert_eq!(std::io::copy(&mut expanded, &mut std::io::sink()).unwrap(), 64 << 20);
    assert!(call_traces(&receiver.grpc_endpoint(), sent).await.is_err());
    assert_eq!(receiver.spans().len(), 2, "its status says that it took them");
}

#[tokio::test]
async fn a_slow_connection_loses_nothing() {
    let receiver = Receiver::start();
    receiver.limit_bandwidth(2000);
    let sent = traces(&["slow"]);
    assert_eq!(post_traces(&receiver.http_endpoint(), &sent).await.unwrap().status, 200);
    call_traces(&receiver.grpc_endpoint(), sent).await.unwrap();
    assert_eq!(receiver.spans().len(), 2);
}

#[tokio::test]
async fn arrivals_are_written_before_they_are_acknowledged() {
    let path = std::env::temp_dir().join(format!("otel-arrivals-test-{}", std::process::id()));
    let _ = fs::remove_file(&path);
    let receiver = Receiver::builder().arrivals(&path).start();
    post_traces(&receiver.http_endpoint(), &traces(&["a", "b"])).await.unwrap();
    receiver.respond_once(Behaviour::status(503, Code::Unavailable));
    post_traces(&receiver.http_endpoint(), &traces(&["c"])).await.unwrap();
    let arrivals = Arrivals::read(&path);
    assert_eq!(arrivals.len(), 2);
    // The line that was being written when the receiver was killed.
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 3]).unwrap();
    drop(receiver);
    let receiver = Receiver::builder().arrivals(&path).start();
    assert_eq!(Arrivals::read(&path), arrivals[..1]);
    drop(receiver);
    fs::remove_file(&path).unwrap();
}

#[test]
fn behaviours_are_read() {
    for text in ["accept", "status 503 14 retry-after=1", "delay 50", "hang", "reset", "partial 3", "garbage", "bomb", "long 9"] {
        assert!(text.parse::<Behaviour>().is_ok(), "{text}");
    }
    for text in ["", "nothing", "delay", "delay x", "status 503", "status 503 14 x", "accept it"] {
        assert!(text.parse::<Behaviour>().is_err(), "{text}");
    }
}

#[test]
fn a_drop_closes_ports_and_connections_and_ends_the_thread() {
    let runtime = Runtime::new().unwrap();
    let receiver = Receiver::start();
    receiver.respond_with(Behaviour::Hang);
    let endpoints = [receiver.http_endpoint(), receiver.grpc_endpoint()];
    let [http, grpc] = endpoints.clone();
    let over_http = runtime.spawn(async move { post_traces(&http, &traces(&["a"])).await });
    let over_grpc = runtime.spawn(async move { call_traces(&grpc, traces(&["b"])).await });
    receiver.wait_for(LONG, |requests| requests.len() == 2);

    // The thread and all its tasks hold the ledger as long as they live.
    let ledger = Arc::downgrade(&receiver.ledger);
    drop(receiver);
    assert_eq!(ledger.strong_count(), 0);
    assert!(endpoints.iter().all(|endpoint| !accepts_connections(endpoint)));
    let (over_http, over_grpc) = runtime.block_on(async { tokio::join!(over_http, over_grpc) });
    assert!(over_http.unwrap().is_err());
    assert!(over_grpc.unwrap().is_err());
}

#[tokio::test]
async fn a_receiver_restarts_on_the_same_ports() {
    let receiver = Receiver::start();
    let (http, grpc) = (receiver.http_port(), receiver.grpc_port());
    let endpoint = receiver.http_endpoint();
    post_traces(&endpoint, &traces(&["before"])).await.unwrap();
    drop(receiver);
    let receiver = Receiver::builder().http_port(http).grpc_port(grpc).start();
    assert_eq!(receiver.http_endpoint(), endpoint);
    post_traces(&endpoint, &traces(&["after"])).await.unwrap();
    assert_eq!(receiver.spans().len(), 1);
    let taken = catch_unwind(|| Receiver::builder().http_port(http).start());
    assert!(taken.is_err());
}

#[tokio::test]
async fn spans_can_be_awaited_on_the_runtime_that_sends_them() {
    let receiver = Receiver::start();
    let endpoint = receiver.http_endpoint();
    let sending = tokio::spawn(async move {
        sleep(SHORT).await;
        let answer = post_traces(&endpoint, &traces(&["sent meanwhile"])).await;
        answer.expect("the receiver runs").status
    });
    let spans = receiver.spans_arrived(1, LONG).await;
    assert_eq!(spans[0].name(), "sent meanwhile");
    assert_eq!(sending.await.unwrap(), 200);
}

#[test]
fn a_wait_in_vain_tells_what_came() {
    let receiver = Receiver::start();
    let endpoint = receiver.http_endpoint();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async { post_traces(&endpoint, &traces(&["only"])).await.unwrap() });
    let waiting = AssertUnwindSafe(|| receiver.wait_for_spans(2, SHORT));
    let payload = catch_unwind(waiting).unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    assert!(message.contains("2 spans did not come"), "{message}");
    assert!(message.contains("1 spans came in 1 requests"), "{message}");
}
