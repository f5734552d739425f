//! What only this runtime has: `distribution.otel-runtime`.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::DropReason;
use tests::receiver::Behaviour;
use tonic::Code;

use super::Effect;
use super::world::World;

const ALL: &str = "\
tracer_provider: {processors: [{simple: {exporter: {otlp_http: {endpoint: '${HTTP}/v1/traces'}}}}]}
logger_provider: {processors: [{simple: {exporter: {otlp_http: {endpoint: '${HTTP}/v1/logs'}}}}]}
meter_provider: {readers: [{periodic: {exporter: {otlp_http: {endpoint: '${HTTP}/v1/metrics'}}}}]}
";

/// Spans, to where nobody answers.
const UNHEARD: &str = "\
tracer_provider: {processors: [{simple: {exporter: {otlp_http: {endpoint: '${SILENT}/v1/traces', timeout: 20}}}}]}
";

fn row(shows: &[&str], providers: &str, setting: &str, check: impl Fn(&World) + Send + Sync + 'static) -> Effect {
    let shows: Vec<String> = shows.iter().map(|key| format!("distribution.otel-runtime.{key}")).collect();
    let shows: Vec<&str> = shows.iter().map(String::as_str).collect();
    Effect::new(&shows, format!("{providers}distribution: {{otel-runtime: {{{setting}}}}}\n"), check)
}

#[allow(clippy::unnecessary_wraps, reason = "as it is found")]
fn text(text: &str) -> Option<Value> {
    Some(Value::StringValue(text.to_owned()))
}

pub fn rows() -> Vec<Effect> {
    vec![
        row(&[], ALL, "", |world| {
            let spans = world.spans();
            assert!(spans.contains("effects.work") && world.span("HTTP").is_some(), "{spans:?}");
            assert!(world.points("otel.sdk.span.started").is_empty());
            assert!(world.receiver.logs().iter().all(|log| log.data.event_name != "exception"));
        }),
        row(&["filter"], ALL, "filter: 'config_file_effects::world::work=off'", |world| {
            let spans = world.spans();
            assert!(!spans.contains("effects.work") && spans.contains("effects.failure") && world.points("effects.calls").is_empty());
        }),
        row(&["exceptions"], ALL, "exceptions: logs", |world| {
            assert_eq!(world.receiver.logs().iter().filter(|log| log.data.event_name == "exception").count(), 1);
        }),
        row(&["http_known_methods"], ALL, "http_known_methods: [BREW]", |world| {
            assert!(world.span("BREW").is_some() && world.span("HTTP").is_none(), "{:?}", world.spans());
        }),
        row(&["baggage_attributes"], ALL, "baggage_attributes: [tenant.id]", |world| {
            assert_eq!(world.span("effects.work").expect("it is recorded").attribute("tenant.id"), text("acme").as_ref());
            assert_eq!(world.receiver.logs()[0].attribute("tenant.id"), text("acme").as_ref());
        }),
        row(&["baggage_metric_attributes"], ALL, "baggage_metric_attributes: ['tenant.id=acme|other']", |world| {
            assert!(world.points("effects.calls").iter().any(|point| point.labels().contains("tenant.id=acme")));
        }),
        row(&["self_metrics"], ALL, "self_metrics: true", |world| assert!(!world.points("otel.sdk.span.started").is_empty())),
        row(
            &["default_histogram_aggregation"],
            "meter_provider: {readers: [{pull: {exporter: {prometheus/development: {host: 127.0.0.1, port: 0}}}}]}\n",
            "default_histogram_aggregation: base2_exponential_bucket_histogram",
            |world| {
                assert!(world.page.contains("shop_histogram_seconds_bucket") && !world.page.contains("le=\"7500.0\""), "{}", world.page);
            },
        ),
        // Each span is a request of its own, of which one is under way, and never answered.
        row(&["max_concurrent_exports"], ALL, "max_concurrent_exports: 1", |world| {
            let spans = world.receiver.requests().iter().filter(|request| request.signal() == tests::receiver::Signal::Traces).count();
            assert_eq!(spans, 7, "those that were answered, and one that was not");
        })
        .cut_off()
        .meanwhile(|world| {
            world.wait_until("the delivery", |world| world.telemetry.health().traces.queued == 0);
            world.receiver.respond_with(Behaviour::Hang);
            let before = world.receiver.requests().len();
            for _ in 0..4 {
                let _attached = world.telemetry.context().attach();
                super::world::work_once();
            }
            // What is encoded is seen by its bytes: then whoever may send has begun to.
            world.wait_until("a request", |world| world.receiver.requests().len() > before);
            world.wait_until("the encoding", |world| world.telemetry.health().traces.queued == 4);
            assert_eq!(world.telemetry.health().traces.in_flight, 1);
            assert_eq!(world.receiver.requests().len(), before + 1);
        }),
        row(&["queue_max_bytes"], UNHEARD, "queue_max_bytes: 2000", |world| {
            assert!(world.health.as_ref().expect("it has ended").traces.dropped(DropReason::QueueFull) > 0);
        })
        .cut_off()
        .meanwhile(|world| {
            let said = "the queue for telemetry is full (2000 bytes, distribution.otel-runtime.queue_max_bytes): dropping the oldest";
            world.wait_until("the message", |world| world.says(said));
        }),
        row(&["retry_max_elapsed"], UNHEARD, "retry_max_elapsed: 1", |_| {}).cut_off().meanwhile(|world| {
            world.wait_until("the end of retries", |world| world.telemetry.health().traces.dropped(DropReason::RetryTimeout) > 0);
        }),
        row(&["spool.folder"], UNHEARD, "spool: {folder: '${SPOOL}'}", |world| {
            assert!(world.health.as_ref().expect("it has ended").traces.spooled > 0);
            assert!(world.folder.join("spool").read_dir().expect("it is a folder").next().is_some());
        })
        .cut_off(),
        row(&["spool.max_bytes"], UNHEARD, "spool: {folder: '${SPOOL}', max_bytes: 1}", |_| {}).cut_off().meanwhile(|world| {
            let said = "one request is larger than the whole spool may be (1 bytes, distribution.otel-runtime.spool.max_bytes)";
            world.wait_until("the message", |world| world.says(said));
        }),
        row(&["spool.folder"], UNHEARD, "spool: {folder: '${CA}'}", |world| {
            assert!(world.warns("distribution.otel-runtime.spool.folder (3:39): "), "{:?}", world.telemetry.warnings());
        })
        .cut_off(),
        refused(),
    ]
}

/// A backend that takes nothing, and is tried again: not a setting, but what is said names keys and no variables.
fn refused() -> Effect {
    row(&[], ALL, "retry_max_elapsed: 1", |world| {
        let said = world.said.lines();
        assert!(!said.is_empty() && said.iter().all(|line| !line.contains("OTEL_")), "{said:?}");
    })
    .cut_off()
    .meanwhile(|world| {
        world.receiver.respond_with(Behaviour::status(503, Code::Unavailable));
        let _attached = world.telemetry.context().attach();
        super::world::work_once();
        world.wait_until("the end of retries", |world| world.telemetry.health().traces.dropped(DropReason::RetryTimeout) > 0);
    })
}
