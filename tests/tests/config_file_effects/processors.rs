//! Batches, and what goes by itself.

use tests::receiver::{Body, Request};

use super::Effect;
use super::world::World;

fn exporters(of_spans: &str, of_logs: &str) -> String {
    format!("tracer_provider: {{processors: [{of_spans}]}}\nlogger_provider: {{processors: [{of_logs}]}}\n")
}

/// A batch of spans and one of log records, with these settings, to the receiver.
fn batches(settings: &str) -> String {
    let batch = |signal: &str| format!("{{batch: {{{settings}, exporter: {{otlp_http: {{endpoint: '${{HTTP}}/v1/{signal}'}}}}}}}}");
    exporters(&batch("traces"), &batch("logs"))
}

fn shown(setting: &str) -> [String; 2] {
    ["tracer_provider", "logger_provider"].map(|provider| format!("{provider}.processors[].batch.{setting}"))
}

fn row(setting: &str, text: String, check: impl Fn(&World) + Send + Sync + 'static) -> Effect {
    Effect::new(&shown(setting).each_ref().map(String::as_str), text, check)
}

/// The spans and log records in a request.
fn items(request: &Request) -> usize {
    match &request.body {
        Body::Traces(body) => body.resource_spans.iter().flat_map(|of| &of.scope_spans).map(|of| of.spans.len()).sum(),
        Body::Logs(body) => body.resource_logs.iter().flat_map(|of| &of.scope_logs).map(|of| of.log_records.len()).sum(),
        Body::Metrics(_) => 0,
    }
}

fn are_single(world: &World) {
    let requests = world.receiver.requests();
    assert!(requests.len() > 6 && requests.iter().all(|request| items(request) == 1), "each by itself: {requests:?}");
}

pub fn rows() -> Vec<Effect> {
    // What is due soon comes by itself, and what is due much later does not, though it was there before.
    let both = |signal: &str| {
        let to = |delay: u32, marked: &str| {
            format!(
                "{{batch: {{schedule_delay: {delay}, exporter: {{otlp_http: {{endpoint: '${{HTTP}}/v1/{signal}', \
                 headers: [{{name: x-due, value: {marked}}}]}}}}}}}}"
            )
        };
        format!("{}, {}", to(6_000_000, "later"), to(1, "soon"))
    };
    let silent = |signal: &str| {
        format!("{{batch: {{schedule_delay: 1, export_timeout: 50, exporter: {{otlp_http: {{endpoint: '${{SILENT}}/v1/{signal}'}}}}}}}}")
    };
    let measured = "meter_provider: {readers: [{periodic: {exporter: {otlp_http: {endpoint: '${HTTP}/v1/metrics'}}}}]}\n\
                    distribution: {otel-runtime: {self_metrics: true}}\n";
    let simple = |signal: &str| format!("{{simple: {{exporter: {{otlp_http: {{endpoint: '${{HTTP}}/v1/{signal}'}}}}}}}}");
    vec![
        row("schedule_delay", exporters(&both("traces"), &both("logs")), |world| {
            assert!(world.receiver.requests().iter().any(|request| request.header("x-due") == Some("later")), "at the end");
        })
        .meanwhile(|world| {
            world.wait_until("what is due", |world| !world.receiver.spans().is_empty() && !world.receiver.logs().is_empty());
            let requests = world.receiver.requests();
            assert!(requests.iter().all(|request| request.header("x-due") == Some("soon")), "{requests:?}");
        }),
        row("max_export_batch_size", batches("schedule_delay: 6000000, max_export_batch_size: 1"), are_single),
        row("max_queue_size", format!("{}{measured}", batches("schedule_delay: 6000000, max_queue_size: 3")), |world| {
            for metric in ["otel.sdk.processor.span.queue.capacity", "otel.sdk.processor.log.queue.capacity"] {
                assert_eq!(world.points(metric).iter().map(|point| point.value).collect::<Vec<_>>(), [3.0], "{metric}");
            }
            assert!(world.receiver.requests().iter().all(|request| items(request) <= 3), "nor is more in a batch");
        }),
        row("export_timeout", exporters(&silent("traces"), &silent("logs")), |_| {}).cut_off().meanwhile(|world| {
            for signal in ["traces", "logs"] {
                let said = format!("cannot deliver {signal} to ");
                let is_said = |line: &String| line.starts_with(&said) && line.contains("no answer within 50 ms");
                world.wait_until("the end of a request", |world| world.said.lines().iter().any(is_said));
            }
        }),
        Effect::new(
            &["tracer_provider.processors[].simple", "logger_provider.processors[].simple"],
            exporters(&simple("traces"), &simple("logs")),
            are_single,
        ),
        Effect::new(
            &["tracer_provider.tracer_configurator", "logger_provider.logger_configurator"],
            "tracer_provider: {processors: [{simple: {exporter: {console: }}}], tracer_configurator/development: {}}\n\
             logger_provider: {processors: [{simple: {exporter: {console: }}}], logger_configurator/development: {}}\n",
            |world| {
                assert!(world.warns("tracer_configurator/development: is not supported by this version"));
                assert!(world.warns("logger_configurator/development: is not supported by this version"));
            },
        ),
    ]
}
