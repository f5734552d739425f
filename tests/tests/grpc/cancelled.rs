//! Calls that nobody waits for any more.

use std::time::Duration;

use otel_runtime::context::FutureExt;
use otel_runtime::grpc::{client, server};
use otel_runtime::opentelemetry::Value;
use otel_runtime::testing::{Capture, Captured, capture_async};
use tokio_stream::wrappers::ReceiverStream;

use crate::world::{CLIENT, SERVER, serve, span};

/// Both sides were cancelled, which is no error, and what they measure says so.
#[track_caller]
fn assert_cancelled(captured: &Captured) {
    for (side, metric) in [(CLIENT, "rpc.client.call.duration"), (SERVER, "rpc.server.call.duration")] {
        let span = span(captured, side);
        assert_eq!(span.attribute("function.outcome"), Some(&Value::from("cancelled")), "{captured}");
        assert_eq!(span.attribute("rpc.response.status_code"), Some(&Value::from("CANCELLED")), "{captured}");
        assert_eq!(span.attribute("error.type"), None, "{captured}");
        let point = captured.points(metric).next().expect("it was measured");
        assert_eq!(point.attribute("rpc.response.status_code"), Some(&Value::from("CANCELLED")));
        assert_eq!(point.attribute("error.type"), None);
    }
    assert!(captured.open().is_empty(), "{captured}");
}

#[tokio::test]
async fn a_client_that_goes_away_before_the_answer() {
    let capture = Capture::start();
    async {
        let serving = serve(server()).await;
        let mut client = serving.client(&client());
        let mut call = Box::pin(client.place("wait"));
        let begun = async {
            while capture.so_far().named("handle").next().is_none() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            _ = &mut call => panic!("it waits"),
            begun = tokio::time::timeout(Duration::from_secs(60), begun) => begun.expect("the handler begins"),
        }
        drop(call);
        drop(client);
        serving.end().await;
    }
    .with_context(capture.context())
    .await;
    let captured = capture.finish();
    assert_cancelled(&captured);
    assert!(captured.tree().contains("handle cancelled"), "{captured}");
}

#[tokio::test]
async fn a_stream_that_is_dropped_half_way() {
    let ((), captured) = capture_async(async {
        let serving = serve(server()).await;
        let mut client = serving.client(&client());
        let mut messages = client.watch("2 wait").await.expect("it can be watched");
        assert_eq!(messages.message().await.expect("it comes"), Some("0".to_owned()));
        drop((messages, client));
        serving.end().await;
    })
    .await;
    assert_cancelled(&captured);
}

#[tokio::test]
async fn a_conversation_that_is_broken_off() {
    let ((), captured) = capture_async(async {
        let serving = serve(server()).await;
        let mut client = serving.client(&client());
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        sender.send("one".to_owned()).await.expect("there is room");
        let mut chat = client.chat(ReceiverStream::new(receiver)).await.expect("it can be talked");
        assert_eq!(chat.message().await.expect("it talks"), Some("one".to_owned()));
        drop((chat, client, sender));
        serving.end().await;
    })
    .await;
    assert_cancelled(&captured);
}
