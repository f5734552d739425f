//! What speaks `tracing` or `log` beside what is annotated: one tree, and log records with the right ids.

mod lines;
mod records;
mod spans;

use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use otel_runtime::traced;
use tests::receiver::{Protocol, Received, Receiver, captured};
use tests::telemetry::{Watched, to};
use tracing::instrument::WithSubscriber;
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

/// Telemetry that exports traces and logs.
fn telemetry(receiver: &Receiver, protocol: Protocol) -> Watched {
    to(receiver, protocol).set("OTEL_LOGS_EXPORTER", "otlp").build().expect("telemetry can be set up")
}

/// What a run leaves at a receiver, in telemetry of its own, heard by a subscriber with nothing but its layer.
fn recorded(run: impl FnOnce()) -> (Vec<Received>, Vec<Received<LogRecord>>) {
    let receiver = Receiver::start();
    let telemetry = telemetry(&receiver, Protocol::Http);
    {
        let _attached = telemetry.context().attach();
        tracing::subscriber::with_default(registry().with(telemetry.tracing_layer()), run);
    }
    telemetry.shutdown().expect("the receiver takes everything");
    (receiver.spans(), receiver.logs())
}

/// The value of a text.
fn text(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}

/// The log record with this body.
fn with_body<'a>(logs: &'a [Received<LogRecord>], body: &str) -> &'a Received<LogRecord> {
    logs.iter().find(|log| log.body() == Some(&text(body))).unwrap_or_else(|| panic!("{body}: {logs:?}"))
}

/// As a library does that knows nothing of us.
async fn query() {
    let span = info_span!(target: "sqlx", "query", otel.kind = "client");
    async {
        tokio::task::yield_now().await;
        tracing::debug!(target: "sqlx::query", rows_returned = 3_u64, "SELECT 1");
        price().await;
    }
    .instrument(span)
    .await;
}

#[traced]
async fn price() {
    tokio::time::sleep(Duration::from_millis(1)).await;
    log::warn!(target: "shop::price", article = 7; "no price");
}

#[traced]
async fn place_order() {
    tracing::info!("placing");
    query().await;
    tracing::info!("placed");
}

#[test]
fn one_program_gives_one_tree_and_logs_with_its_ids() {
    // The only one of this process that `log` speaks to; what its lines are is decided where they are written.
    let receiver = Receiver::start();
    let by_log = telemetry(&receiver, Protocol::Grpc);
    by_log.install_log(log::LevelFilter::Trace).expect("there is no logger");
    let error = by_log.install_log(log::LevelFilter::Trace).expect_err("there is one now");
    assert!(error.to_string().contains("telemetry.log_bridge()"), "{error}");

    for (protocol, runs) in [(Protocol::Http, 1), (Protocol::Grpc, 2)] {
        let telemetry = telemetry(&receiver, protocol);
        let subscriber = registry().with(telemetry.tracing_layer());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let served = {
            let _attached = telemetry.context().attach();
            tracing::subscriber::with_default(subscriber, || {
                let request = info_span!(target: "tower_http", "request", otel.kind = "server", otel.name = "POST /orders");
                // Onto the threads of the runtime, with what is current in the span.
                runtime.spawn(place_order().instrument(request).with_current_subscriber())
            })
        };
        runtime.block_on(served).expect("it does not panic");
        telemetry.shutdown().expect("the receiver takes everything");
        by_log.force_flush().expect("the receiver takes everything");

        let (spans, logs) = (receiver.spans(), receiver.logs());
        let spans = &spans[4 * (runs - 1)..];
        let tree = captured(spans).tree();
        assert_eq!(
            tree, "POST /orders (server) target=tower_http\n  place_order\n    query (client) target=sqlx\n      price\n",
            "{protocol:?}"
        );
        let mine: Vec<_> = logs.iter().filter(|log| log.trace_id_hex() == spans[0].trace_id_hex()).collect();
        assert_eq!((mine.len(), logs.len()), (4, 4 * runs));
        for (body, span) in [("placing", "place_order"), ("SELECT 1", "query"), ("no price", "price"), ("placed", "place_order")] {
            let log = mine.iter().find(|log| log.body() == Some(&text(body))).expect("each line is one record");
            let span = spans.iter().find(|recorded| recorded.name() == span).expect("it is in the tree");
            assert_eq!(log.span_id_hex(), span.span_id_hex(), "{body}");
            assert_eq!(log.data.flags & 0x03, 0x03, "sampled, and of a random trace");
        }
        let scopes: Vec<_> = mine.iter().map(|log| log.scope.name.as_str()).collect();
        assert!(scopes.contains(&"sqlx::query") && scopes.contains(&"shop::price") && scopes.contains(&"logs"), "{scopes:?}");
    }
    by_log.shutdown().expect("the receiver takes everything");
}
