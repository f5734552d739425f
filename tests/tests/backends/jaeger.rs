//! Jaeger, built from the source that Go's module proxy has: OTLP in, traces found by service and operation.

use std::fs;

use serde_json::Value;
use tests::fetched::Tool;
use tests::http;
use tests::process::Child;

use crate::services::{Order, Services};
use crate::{LONG, folder, free_addresses, readme, tell};

static JAEGER: Tool = Tool::new("jaeger", |folder| readme::block("Jaeger").find(folder), |folder| readme::block("Jaeger").fetch(folder));

/// What it does by itself, at ports that are free; by itself, it would listen at a dozen that are not.
fn settings([http, grpc, api, api_grpc]: &[String; 4]) -> String {
    format!(
        "
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [jaeger_storage_exporter]
  telemetry:
    metrics:
      level: none
extensions:
  jaeger_query:
    storage:
      traces: memory
    http:
      endpoint: {api}
    grpc:
      endpoint: {api_grpc}
  jaeger_storage:
    backends:
      memory:
        memory:
          max_traces: 1000
receivers:
  otlp:
    protocols:
      http:
        endpoint: {http}
      grpc:
        endpoint: {grpc}
exporters:
  jaeger_storage_exporter:
    trace_storage: memory
"
    )
}

#[test]
#[ignore = "builds Jaeger from Go's modules"]
fn jaeger_finds_traces_by_service_and_operation() {
    let Some(fetched) = JAEGER.folder() else { return };
    let addresses = free_addresses();
    let [http, grpc, api, _] = &addresses;
    let path = folder("jaeger").join("jaeger.yaml");
    fs::write(&path, settings(&addresses)).expect("the target folder can be written to");
    let with = format!("bin/jaeger --config {}", path.display());
    let jaeger = Child::spawn(readme::block("Jaeger").serve(fetched, &[("bin/jaeger", &with)]));
    jaeger.wait_for_line("Everything is ready", LONG);
    tell("jaeger", format_args!("version {}", readme::block("Jaeger").version()));

    for (protocol, address) in [("http/protobuf", http), ("grpc", grpc)] {
        let endpoint = format!("http://{address}");
        let more = [("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)];
        let mut variables = readme::block("Jaeger").variables(&more);
        variables.push(("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), endpoint));
        let services = Services::start(&variables);
        let trace = services.order(1, Order::Good).expect("it is placed");
        services.order(2, Order::Failing);
        assert_eq!(services.end(), [10, 0, 0]);

        let list = |path: &str| http::get(api, path).expect("it answers").json()["data"].as_array().cloned().unwrap_or_default();
        let found = |query: &str| {
            let ids = |trace: &Value| (trace["traceID"].as_str().map(str::to_owned), trace["spans"].as_array().map(Vec::len));
            list(&format!("/api/traces?{query}")).iter().map(ids).collect::<Vec<_>>()
        };
        let whole = (Some(trace.clone()), Some(5));
        for query in
            ["service=server&operation=GET%20%2Forder", "service=api1&operation=GET%20%2Fstock", "service=api2&operation=GET%20%2Fprice"]
        {
            assert!(found(query).contains(&whole), "{query} finds {trace}: {:?}", found(query));
        }
        let failed = found("service=api2&tags=%7B%22error.type%22%3A%22no_price%22%7D");
        assert!(!failed.is_empty() && !failed.contains(&whole), "with errors, it is another: {failed:?}");
        assert_eq!(found("service=api2&operation=GET%20%2Forder"), []);
        tell("jaeger", format_args!("{protocol}: the trace has 5 spans, by service and operation; {} with errors", failed.len()));
    }
}
