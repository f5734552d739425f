//! What the runtime says about itself, to `tracing`: in a process of its own, whose subscriber it is.

use std::sync::{Arc, Mutex, PoisonError};

use otel_runtime::{builder, traced};
use tests::receiver::{Behaviour, Receiver};
use tests::telemetry::{Builder, Watched};
use tonic::Code;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

#[traced]
fn work() {}

/// Hears events, with their targets and levels.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(Level, String, String)>>>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        let metadata = event.metadata();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((*metadata.level(), metadata.target().to_owned(), message.0));
    }
}

impl Heard {
    /// Those of the runtime.
    fn ours(&self) -> Vec<(Level, String)> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.iter().filter(|(_, target, _)| target == "otel_runtime").map(|(level, _, line)| (*level, line.clone())).collect()
    }
}

#[test]
fn they_are_events_that_are_not_exported() {
    let heard = Heard::default();
    let receiver = Receiver::start();
    let telemetry = |level: &str| -> Watched {
        let builder = builder()
            .environment(|_| None)
            .diagnostics_to_tracing()
            .set("OTEL_METRICS_EXPORTER", "none")
            .set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
            .set("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint())
            .set("OTEL_LOG_LEVEL", level);
        Builder::from(builder).build().expect("telemetry can be set up")
    };
    let exporting = telemetry("warn");
    tracing_subscriber::registry().with(exporting.tracing_layer()).with(heard.clone()).init();

    receiver.respond_with(Behaviour::status(400, Code::InvalidArgument));
    {
        let _attached = exporting.context().attach();
        (0..100).for_each(|_| work());
        exporting.force_flush().expect_err("they are refused");
        receiver.respond_with(Behaviour::Accept);
        tracing::warn!("the program's own");
        work();
    }
    exporting.force_flush().expect("the receiver takes everything");
    let lines = heard.ours();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].0 == Level::WARN && lines[0].1.starts_with("cannot deliver traces to http://127.0.0.1"), "{lines:?}");

    // At the start too, where there is a subscriber, and all levels.
    drop(telemetry("debug"));
    let lines = heard.ours().split_off(1);
    assert!(lines.contains(&(Level::DEBUG, "OTEL_LOG_LEVEL=debug".to_owned())), "{lines:?}");

    assert_eq!(exporting.shutdown().expect_err("they were refused").lost(), 100);
    // The receiver, which is in this process, speaks `tracing` too.
    let targets: Vec<_> = receiver.logs().into_iter().map(|log| log.scope.name).collect();
    assert_eq!(targets.iter().filter(|target| *target == "diagnostics").count(), 1, "the program's own: {targets:?}");
    assert!(!targets.iter().any(|target| target == "otel_runtime"), "{targets:?}");
}
