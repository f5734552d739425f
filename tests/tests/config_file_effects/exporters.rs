//! Who takes what is exported, and how it gets there.

use tests::receiver::{Request, Signal};

use super::Effect;
use super::world::World;

const SIGNALS: [(Signal, &str); 3] = [(Signal::Traces, "traces"), (Signal::Metrics, "metrics"), (Signal::Logs, "logs")];

/// Exporters of all three signals, in which `@` is the name of the signal.
fn exporters(exporter: &str) -> String {
    let of = |signal: &str| exporter.replace('@', signal);
    format!(
        "tracer_provider: {{processors: [{{batch: {{exporter: {{{}}}}}}}]}}\n\
         meter_provider: {{readers: [{{periodic: {{interval: 50, exporter: {{{}}}}}}}]}}\n\
         logger_provider: {{processors: [{{batch: {{exporter: {{{}}}}}}}]}}\n",
        of("traces"),
        of("metrics"),
        of("logs"),
    )
}

/// The settings of an exporter, for all three signals.
fn row(exporter: &str, settings: &[&str], text: &str, check: impl Fn(&World) + Send + Sync + 'static) -> Effect {
    let shows: Vec<String> = settings.iter().map(|setting| format!("*.exporter.{exporter}.{setting}")).collect();
    let shows: Vec<&str> = shows.iter().map(String::as_str).collect();
    Effect::new(&shows, exporters(&format!("{exporter}: {{{text}}}")), check)
}

/// Every signal arrives, in requests that are all like this.
fn each(world: &World, is_so: impl Fn(&Request) -> bool) {
    let requests = world.receiver.requests();
    for (signal, name) in SIGNALS {
        let mut own = requests.iter().filter(|request| request.signal() == signal).peekable();
        assert!(own.peek().is_some(), "no {name} arrive: {:?}", world.said.lines());
        assert!(own.all(&is_so), "{name}: {requests:?}");
    }
}

/// For each signal, a request is cut off soon.
fn are_cut_off(world: &World) {
    for (_, name) in SIGNALS {
        let said = format!("cannot deliver {name} to ");
        let is_said = |line: &String| line.starts_with(&said) && line.contains("no answer within 50 ms");
        world.wait_until("the end of a request", |world| world.said.lines().iter().any(is_said));
    }
}

/// A histogram that chose its buckets itself, of the time since the last export.
const PREFERENCES: &str = "temporality_preference: delta, default_histogram_aggregation: base2_exponential_bucket_histogram";

/// The same for an exporter of metrics.
fn preferred(exporter: &str, settings: &str, check: impl Fn(&World) + Send + Sync + 'static) -> Effect {
    let shows = ["temporality_preference", "default_histogram_aggregation"];
    let shows = shows.map(|setting| format!("meter_provider.exporter.{exporter}.{setting}"));
    let reader = format!("{{periodic: {{exporter: {{{exporter}: {{{settings}{PREFERENCES}}}}}}}}}");
    Effect::new(&shows.each_ref().map(String::as_str), format!("meter_provider: {{readers: [{reader}]}}"), check)
}

fn are_preferred(world: &World) {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;

    let metrics = world.receiver.metrics();
    let of = |name: &str| metrics.iter().find(|metric| metric.name() == name).and_then(|metric| metric.data.data.clone());
    let Some(Data::ExponentialHistogram(histogram)) = of("shop.histogram") else { panic!("{metrics:?}") };
    let Some(Data::Sum(sum)) = of("shop.counter") else { panic!("{metrics:?}") };
    assert_eq!((histogram.aggregation_temporality, sum.aggregation_temporality), (1, 1), "both are deltas");
}

pub fn rows() -> Vec<Effect> {
    let path = |request: &Request| request.header("x-a") == Some("1") && request.header("x-b") == Some("2");
    vec![
        row(
            "otlp_http",
            &["endpoint", "encoding", "compression", "headers[].name", "headers[].value", "headers_list"],
            "endpoint: '${HTTP}/v1/@', encoding: json, compression: gzip, headers: [{name: x-a, value: '1'}], headers_list: 'x-a=3,x-b=2'",
            move |world| {
                each(world, |request| {
                    let header = |name| request.header(name);
                    path(request) && header("content-type") == Some("application/json") && header("content-encoding") == Some("gzip")
                });
            },
        ),
        row("otlp_http", &["timeout"], "endpoint: '${SILENT}/v1/@', timeout: 50", |_| {}).cut_off().meanwhile(are_cut_off),
        row(
            "otlp_grpc",
            &["endpoint", "compression", "headers[].name", "headers[].value", "headers_list", "tls.insecure"],
            "endpoint: '${GRPC_HOST}', tls: {insecure: true}, compression: zstd, headers: [{name: x-a, value: '1'}], headers_list: 'x-b=2'",
            move |world| each(world, |request| path(request) && request.header("grpc-encoding") == Some("zstd")),
        ),
        row("otlp_grpc", &["timeout"], "endpoint: '${SILENT}', timeout: 50", |_| {}).cut_off().meanwhile(are_cut_off),
        row("otlp_file", &["output_stream"], "output_stream: 'file://${LINES}'", |world| {
            let lines = std::fs::read_to_string(world.folder.join("lines.jsonl")).expect("there are lines");
            for part in ["resourceSpans", "resourceMetrics", "resourceLogs", "effects.work"] {
                assert!(lines.contains(part), "{part}:\n{lines}");
            }
        }),
        Effect::new(&["*.exporter.console"], exporters("console: "), |world| {
            let printed = world.printed.text();
            for part in ["effects.work", "shop.counter", "brewed"] {
                assert!(printed.contains(part), "{part}:\n{printed}");
            }
        }),
        Effect::new(
            &["tracer_provider.exporter.zipkin.endpoint"],
            "tracer_provider: {processors: [{batch: {exporter: {zipkin: {endpoint: '${RELAY}/zipkin'}}}}]}",
            |world| assert!(world.relay.heard("POST /zipkin HTTP/1.1") && world.relay.heard("effects.work")),
        ),
        Effect::new(
            &["tracer_provider.exporter.zipkin.timeout"],
            "tracer_provider: {processors: [{batch: {schedule_delay: 1, exporter: {zipkin: {endpoint: '${SILENT}/zipkin', timeout: 50}}}}]}",
            |_| {},
        )
        .cut_off()
        .meanwhile(|world| world.wait_until("the end of a request", |world| world.says("no answer within 50 ms"))),
        preferred("otlp_http", "endpoint: '${HTTP}/v1/metrics', ", are_preferred),
        preferred("otlp_grpc", "endpoint: '${GRPC}', ", are_preferred),
        preferred("otlp_file", "output_stream: 'file://${LINES}', ", |world| {
            let lines = std::fs::read_to_string(world.folder.join("lines.jsonl")).expect("there are lines");
            assert!(lines.contains("\"exponentialHistogram\"") && lines.contains("\"aggregationTemporality\":1"), "{lines}");
            assert!(!lines.contains("\"aggregationTemporality\":2,\"isMonotonic\":true"), "{lines}");
        }),
        // It shows totals, of which nothing else is a preference; but how they are gathered is shown.
        preferred("console", "", |world| {
            assert!(world.warns("the console shows totals, whatever the preference"));
            let printed = world.printed.text();
            let histogram = printed.lines().find(|line| line.contains("spread.histogram")).unwrap_or_default();
            // Others have all four of its values in one bucket.
            let buckets = histogram.rsplit(' ').next().unwrap_or_default();
            assert_eq!(buckets.matches('█').count(), 4, "{printed}");
        }),
    ]
}

/// The settings of TLS, of which each is needed: the server is of an authority of the test's own, and wants to know who comes.
pub fn secure_rows() -> Vec<Effect> {
    const FILES: [(&str, &str); 3] = [("ca_file", "${CA}"), ("cert_file", "${CERT}"), ("key_file", "${KEY}")];
    let files = FILES.map(|(key, path)| format!("{key}: '{path}'")).join(", ");
    let shows = FILES.map(|(key, _)| format!("tls.{key}"));
    let shows = shows.each_ref().map(String::as_str);
    vec![
        row("otlp_http", &shows, &format!("endpoint: '${{HTTPS}}/v1/@', tls: {{{files}}}"), |world| each(world, |_| true)),
        row("otlp_grpc", &shows, &format!("endpoint: '${{GRPCS}}', tls: {{{files}}}"), |world| each(world, |_| true)),
        // Without them nothing arrives, and what is said names the keys.
        row("otlp_http", &["tls.ca_file"], "endpoint: '${HTTPS}/v1/@', tls: {ca_file: '${CA}'}", |world| {
            assert!(world.receiver.requests().is_empty());
        })
        .cut_off()
        .meanwhile(|world| {
            let named = "asked for a client certificate: `tls.cert_file` of tracer_provider.processors[0].batch.exporter.otlp_http (2:52) and \
                         `tls.key_file` of ";
            world.wait_until("a message", |world| world.says(named));
        }),
        row("otlp_http", &["endpoint"], "endpoint: '${HTTPS}/v1/@'", |_| {}).cut_off().meanwhile(|world| {
            let named = "name the right one in `tls.ca_file` of meter_provider.readers[0].periodic.exporter.otlp_http (3:";
            world.wait_until("a message", |world| world.says(named));
        }),
    ]
}
