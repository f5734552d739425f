//! Log records in a capture: of exceptions, of `tracing` and of `log`, each in the capture of its test.

use otel_runtime::context::FutureExt;
use otel_runtime::opentelemetry::logs::Severity;
use otel_runtime::testing::{Capture, capture, install_log, start};
use otel_runtime::traced;
use tracing::instrument::WithSubscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

#[traced(exceptions = logs)]
fn charge() -> Result<(), String> {
    Err("the card was declined".to_owned())
}

#[traced]
fn pay() -> Result<(), String> {
    log::warn!(target: "shop::till", tries = 1; "slow");
    charge()
}

#[test]
fn exceptions_and_lines_belong_to_their_spans() {
    install_log(log::LevelFilter::Info).expect("there is no other logger");
    install_log(log::LevelFilter::Info).expect("every test may say so");
    let (_, captured) = capture(|| {
        log::debug!("beyond the level");
        pay()
    });
    assert_eq!(
        captured.log_lines(),
        "WARN \"slow\" tries=1\nERROR exception exception.message=the card was declined exception.type=alloc::string::String \
         error.type=alloc::string::String\n"
    );
    let (slow, exception) = (captured.log("slow"), captured.log("exception"));
    assert!(slow.is_of(captured.one("pay")) && exception.is_of(captured.one("charge")));
    assert_eq!(captured.logs_of(captured.one("charge")).count(), 1);
    assert_eq!((slow.scope.as_str(), exception.scope.as_str()), ("shop::till", "tests"));
    assert_eq!(exception.severity, Some(Severity::Error));
    assert!(exception.attribute("code.line.number").is_some());
    // Outside of a capture a line goes nowhere.
    log::info!("said to nobody");
    assert!(captured.to_string().contains("log records:\n  WARN \"slow\" tries=1\n"), "{captured}");
}

#[test]
fn events_of_exceptions_are_on_their_spans() {
    let (_, captured) = Capture::builder().set("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs/dup").capture(|| {
        #[traced]
        fn fails() -> Result<(), &'static str> {
            Err("no stock")
        }
        fails()
    });
    let event = captured.one("fails").event("exception").expect("it is there");
    assert_eq!(event.iter().map(|attribute| attribute.value.to_string()).collect::<Vec<_>>(), ["&str", "no stock"]);
    assert_eq!(captured.logs().len(), 1);
}

#[traced]
async fn place_order() {
    tokio::task::yield_now().await;
    tracing::info!(order.id = 7, paid = true, "placed");
}

#[test]
fn what_speaks_tracing_is_captured_with_a_subscriber_of_the_test() {
    let capture = Capture::start();
    let subscriber = registry().with(capture.telemetry().tracing_layer());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let request = async {
        let span = tracing::info_span!("request");
        tokio::spawn(tracing::Instrument::instrument(place_order(), span).with_current_subscriber()).await
    };
    runtime.block_on(request.with_context(capture.context()).with_subscriber(subscriber)).expect("it does not panic");
    let captured = capture.finish();
    assert_eq!(captured.tree(), "request target=capture::records\n  place_order\n");
    assert_eq!(captured.log_lines(), "INFO \"placed\" order.id=7 paid=true\n");
    assert!(captured.log("placed").is_of(captured.one("place_order")));
}

#[test]
fn limits_hold_for_what_is_captured() {
    install_log(log::LevelFilter::Info).expect("there is no other logger");
    let ((), captured) = Capture::builder().set("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3").capture(|| log::info!(who = "somebody"; "came"));
    assert_eq!(captured.log("came").attribute("who"), Some(&"som".into()));
    let off = Capture::builder().set("OTEL_LOGS_EXPORTER", "none").start().into_current();
    log::info!("unheard");
    assert!(off.finish().logs().is_empty());
    let capture = start();
    log::info!("heard");
    assert_eq!(capture.so_far().logs().len(), 1);
    drop(capture);
}
