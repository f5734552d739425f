//! Limits of what is kept of spans and log records.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use tests::receiver::Received;

use super::Effect;
use super::world::World;

const FILE: &str = "\
tracer_provider:
  processors: [{simple: {exporter: {otlp_http: {endpoint: '${HTTP}/v1/traces'}}}}]
  limits: {@SPANS}
logger_provider:
  processors: [{simple: {exporter: {otlp_http: {endpoint: '${HTTP}/v1/logs'}}}}]
  limits: {@LOGS}
@TOP
";

fn row(shows: &[&str], spans: &str, logs: &str, top: &str, check: impl Fn(&World) + Send + Sync + 'static) -> Effect {
    Effect::new(shows, FILE.replace("@SPANS", spans).replace("@LOGS", logs).replace("@TOP", top), check)
}

fn plain(world: &World) -> Received {
    world.span("plain").expect("it is recorded")
}

/// How many attributes a span, its events, its links, and a log record have, and how many events and links there are.
fn counts(world: &World) -> [usize; 6] {
    let span = plain(world).data;
    let (events, links) = (&span.events, &span.links);
    let log = world.receiver.logs()[0].data.attributes.len();
    let of = |attributes: Option<usize>| attributes.unwrap_or_default();
    let (event, link) = (of(events.first().map(|event| event.attributes.len())), of(links.first().map(|link| link.attributes.len())));
    [span.attributes.len(), event, link, log, events.len(), links.len()]
}

/// The colours of a span and of a log record, as far as they are kept.
fn colours(world: &World) -> [Option<Value>; 2] {
    [plain(world).attribute("colour").cloned(), world.receiver.logs()[0].attribute("colour").cloned()]
}

#[allow(clippy::unnecessary_wraps, reason = "as it is found")]
fn text(text: &str) -> Option<Value> {
    Some(Value::StringValue(text.to_owned()))
}

/// One limit of spans, what `counts` is with it, and nothing else changed.
fn of_spans(limit: &str, expected: [usize; 6]) -> Effect {
    row(&[&format!("tracer_provider.limits.{limit}")], &format!("{limit}: 1"), "", "", move |world| assert_eq!(counts(world), expected))
}

pub fn rows() -> Vec<Effect> {
    vec![
        row(&[], "", "", "", |world| {
            assert_eq!(counts(world), [2, 2, 2, 3, 2, 2], "without limits there is all");
            assert_eq!(colours(world), [text("green"), text("green")]);
        }),
        row(&["attribute_limits.attribute_count_limit"], "", "", "attribute_limits: {attribute_count_limit: 1}", |world| {
            assert_eq!(counts(world), [1, 1, 1, 1, 2, 2]);
        }),
        row(&["attribute_limits.attribute_value_length_limit"], "", "", "attribute_limits: {attribute_value_length_limit: 2}", |world| {
            assert_eq!(colours(world), [text("gr"), text("gr")]);
        }),
        of_spans("attribute_count_limit", [1, 2, 2, 3, 2, 2]),
        of_spans("event_attribute_count_limit", [2, 1, 2, 3, 2, 2]),
        of_spans("link_attribute_count_limit", [2, 2, 1, 3, 2, 2]),
        of_spans("event_count_limit", [2, 2, 2, 3, 1, 2]),
        of_spans("link_count_limit", [2, 2, 2, 3, 2, 1]),
        row(&["tracer_provider.limits.attribute_value_length_limit"], "attribute_value_length_limit: 3", "", "", |world| {
            assert_eq!(colours(world), [text("gre"), text("green")]);
        }),
        row(&["logger_provider.limits.attribute_count_limit"], "", "attribute_count_limit: 1", "", |world| {
            assert_eq!(counts(world), [2, 2, 2, 1, 2, 2]);
            assert_eq!(world.receiver.logs()[0].data.dropped_attributes_count, 2);
        }),
        row(&["logger_provider.limits.attribute_value_length_limit"], "", "attribute_value_length_limit: 4", "", |world| {
            assert_eq!(colours(world), [text("green"), text("gree")]);
        }),
    ]
}
