//! Commands to a real Redis server, which is started here if this machine has one.
#![cfg(unix)]

mod commands;
mod failures;
mod load;
mod table;

use std::time::Duration;

use otel_runtime::context::FutureExt;
use otel_runtime::redis::{Traced, traced};
use otel_runtime::testing::{Captured, Span};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};
use tests::brokers::Broker;
use tests::conventions::Report;
use tests::receiver::{Protocol, Receiver, captured};
use tests::telemetry::to;

const LIMIT: Duration = Duration::from_secs(60);

fn client(broker: &Broker) -> Client {
    Client::open(format!("redis://127.0.0.1:{}/3", broker.port)).expect("it is a URL")
}

/// A connection that waits for answers.
async fn connect(client: &Client) -> Traced<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(LIMIT));
    let connection = client.get_multiplexed_async_connection_with_config(&config).await.expect("the server listens");
    traced(connection).of_client(client)
}

/// Runs this with telemetry of its own, and gives the spans that arrived, which are as the conventions have it.
async fn recorded<T>(run: impl Future<Output = T>) -> (T, Captured) {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let done = Box::pin(run.with_context(telemetry.context())).await;
    telemetry.shutdown().expect("the receiver takes it");
    assert_eq!(Report::of(&receiver).problems, [""; 0]);
    (done, captured(&receiver.spans()))
}

fn text(span: &Span, key: &str) -> Option<String> {
    span.attribute(key).map(ToString::to_string)
}

/// Attributes as `key=value`, by their keys, but for those of the runtime and of the place in the source.
fn attributes(span: &Span) -> Vec<String> {
    let mut texts: Vec<_> = span.attributes.iter().map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect();
    texts.retain(|text| !text.starts_with("code."));
    texts.sort();
    texts
}
