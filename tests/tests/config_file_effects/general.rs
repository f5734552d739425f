//! What stands at the top of a file: whether there is telemetry at all, what is said of it, the resource, propagation.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::opentelemetry::trace::{Tracer, TracerProvider};
use tests::receiver::{Body, Protocol, Receiver};
use tests::telemetry::to;

use super::Effect;
use super::world::World;

/// Spans to the receiver, one by one.
const SPANS: &str = "tracer_provider: {processors: [{simple: {exporter: {otlp_http: {endpoint: '${HTTP}/v1/traces'}}}}]}\n";

/// `setting` beside an exporter of spans.
fn row(shows: &[&str], setting: &str, check: impl Fn(&World) + Send + Sync + 'static) -> Effect {
    Effect::new(shows, format!("{SPANS}{setting}"), check)
}

#[allow(clippy::unnecessary_wraps, reason = "as it is found")]
fn text(text: &str) -> Option<Value> {
    Some(Value::StringValue(text.to_owned()))
}

pub fn rows() -> Vec<Effect> {
    let mut rows = vec![
        row(&["disabled"], "disabled: true", |world| {
            assert!(world.telemetry.tracer_provider().is_none() && world.receiver.requests().is_empty());
        }),
        row(&["log_level"], "log_level: debug", |world| assert!(world.says("OTEL_CONFIG_FILE="), "{:?}", world.said.lines())),
        row(&["log_level"], "log_level: info", |world| assert_eq!(world.said.lines(), [""; 0])),
        Effect::new(&["file_format"], format!("file_format: '1.9'\n{SPANS}"), |world| {
            assert!(world.warns("file_format: `1.9` is newer than") && !world.spans().is_empty());
        }),
        row(&["stability", "instrumentation"], "stability: {}\ninstrumentation: {general: {}}", |world| {
            assert!(world.warns("instrumentation: is not supported by this version, and ignored"));
            assert_eq!(world.telemetry.warnings().len(), 1, "the other one changes nothing: {:?}", world.telemetry.warnings());
        }),
    ];
    rows.extend(resource());
    rows.extend(propagators());
    rows
}

fn resource() -> Vec<Effect> {
    vec![
        row(
            &["resource.attributes[].name", "resource.attributes[].value", "resource.attributes[].type"],
            "resource: {attributes: [{name: service.name, value: checkout}, {name: shop.size, value: '7', type: string}, \
             {name: shop.rooms, value: 2, type: int}]}",
            |world| {
                assert_eq!(world.resource("service.name"), text("checkout"));
                assert_eq!(world.resource("shop.size"), text("7"));
                assert_eq!(world.resource("shop.rooms"), Some(Value::IntValue(2)));
            },
        ),
        row(&["resource.attributes_list"], "resource: {attributes_list: 'shop.region=north,shop.tea=a%2Cb'}", |world| {
            assert_eq!([world.resource("shop.region"), world.resource("shop.tea")], [text("north"), text("a,b")]);
        }),
        row(&["resource.schema_url"], "resource: {schema_url: 'https://opentelemetry.io/schemas/1.40.0'}", |world| {
            let requests = world.receiver.requests();
            let Body::Traces(body) = &requests[0].body else { panic!("there are only traces") };
            assert_eq!(body.resource_spans[0].schema_url, "https://opentelemetry.io/schemas/1.40.0");
        }),
        row(
            &["service", "host", "process", "container", "kubernetes", "lambda"]
                .map(|name| format!("resource.detection.detectors[].{name}"))
                .each_ref()
                .map(String::as_str),
            "resource: {detection/development: {detectors: [service: , host: , process: , container: , kubernetes: , lambda: ]}}",
            |world| {
                for key in ["service.instance.id", "host.arch", "process.pid"] {
                    assert!(world.resource(key).is_some(), "{key}");
                }
                assert_eq!(world.resource("k8s.pod.name"), text("checkout-7"));
                assert_eq!(world.resource("faas.name"), text("ship"));
                assert_eq!(world.resource("container.id"), detected("container.id"), "as where all is detected");
            },
        ),
        row(
            &["resource.detection.attributes.included", "resource.detection.attributes.excluded"],
            "resource: {detection/development: {attributes: {included: ['host.*', 'process.*'], excluded: ['process.executable.*']}, \
             detectors: [service: , host: , process: ]}}",
            |world| {
                for (key, is_there) in
                    [("host.arch", true), ("process.pid", true), ("process.executable.name", false), ("service.instance.id", false)]
                {
                    assert_eq!(world.resource(key).is_some(), is_there, "{key}");
                }
            },
        ),
    ]
    .into_iter()
    .chain(["aws.ec2", "aws.ecs", "aws.eks", "azure.vm", "gcp"].map(|name| {
        let setting = format!("resource: {{detection/development: {{detectors: [{name}: ]}}}}");
        row(&[&format!("resource.detection.detectors[].{name}")], &setting, |world| {
            assert!(world.warns("there is no such detector in this version, so it finds nothing"));
        })
    }))
    .collect()
}

/// What is detected where variables set telemetry up.
fn detected(key: &str) -> Option<Value> {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    drop(telemetry.tracer_provider()?.tracer("plain").start("plain"));
    telemetry.shutdown().expect("everything is delivered");
    receiver.spans().first()?.resource_attribute(key).cloned()
}

/// The formats, each with a header of its own.
const FORMATS: [(&str, &str); 6] = [
    ("tracecontext", "traceparent"),
    ("baggage", "baggage"),
    ("b3", "b3"),
    ("b3multi", "x-b3-traceid"),
    ("jaeger", "uber-trace-id"),
    ("xray", "x-amzn-trace-id"),
];

fn has(world: &World, header: &str) -> bool {
    world.headers.keys().any(|name| name.eq_ignore_ascii_case(header))
}

fn propagators() -> Vec<Effect> {
    let one = |(format, header): (&'static str, &'static str)| {
        let setting = format!("propagator: {{composite: [{{{format}: }}]}}");
        row(&[&format!("propagator.composite[].{format}")], &setting, move |world| {
            for (_, other) in FORMATS {
                assert_eq!(has(world, other), other == header, "{other} where the format is {format}: {:?}", world.headers);
            }
        })
    };
    let mut rows: Vec<Effect> = FORMATS.into_iter().map(one).collect();
    rows.push(row(&["propagator.composite_list"], "propagator: {composite_list: 'jaeger,baggage'}", |world| {
        let sent = FORMATS.map(|(_, header)| has(world, header));
        assert_eq!(sent, [false, true, false, false, true, false], "{:?}", world.headers);
    }));
    rows.push(row(&["propagator.composite[].ottrace"], "propagator: {composite: [{ottrace: }]}", |world| {
        assert!(world.warns("the format `ottrace` is not supported by this version") && world.headers.is_empty());
    }));
    rows.push(row(&[], "", |world| assert!(world.headers.is_empty(), "nothing goes along unless it is asked for")));
    rows
}
