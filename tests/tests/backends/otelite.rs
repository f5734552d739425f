//! otelite, from crates.io: what a developer looks at.

use serde_json::Value;
use tests::fetched::Tool;
use tests::http;
use tests::process::Child;

use crate::services::{Order, Services};
use crate::{LONG, folder, free_addresses, readme, tell, wait_for_ports};

const NAME: &str = "See it locally";

static OTELITE: Tool = Tool::new("otelite", |folder| readme::block(NAME).find(folder), |folder| readme::block(NAME).fetch(folder));

/// A running one, killed on drop.
struct Otelite {
    api: String,
    /// Where it takes OTLP over HTTP, and over gRPC.
    http: String,
    grpc: String,
    _process: Child,
}

impl Otelite {
    /// Nothing if it cannot be had.
    fn start() -> Option<Self> {
        let fetched = OTELITE.folder()?;
        let data = folder("otelite").display().to_string();
        let [api, http, grpc] = free_addresses();
        let listen = format!("serve --addr {api}");
        let mut command = readme::block(NAME).serve(fetched, &[("target/otelite/data", &data), (" serve", &format!(" {listen}"))]);
        for (name, address) in [("OTELITE_OTLP_HTTP_PORT", &http), ("OTELITE_OTLP_GRPC_PORT", &grpc)] {
            command.env(name, address.rsplit(':').next()?);
        }
        // It would ask elsewhere what language models cost; nobody listens here.
        for name in ["HTTPS_PROXY", "https_proxy"] {
            command.env(name, "http://127.0.0.1:9");
        }
        let mut process = Child::spawn(command);
        wait_for_ports(&mut process, &[&api, &http, &grpc]);
        tell("otelite", format_args!("version {}", readme::block(NAME).version()));
        Some(Self { api, http, grpc, _process: process })
    }

    /// Asks until what is answered will do.
    #[track_caller]
    fn ask<T>(&self, path: &str, answered: impl Fn(&Value) -> Option<T>) -> T {
        http::poll(&self.api, path, LONG, |answer| answered(&answer.json()))
    }
}

#[test]
#[ignore = "builds otelite from crates.io"]
fn otelite_shows_traces_with_their_logs_and_counts_calls() {
    for protocol in ["http/protobuf", "grpc"] {
        // Another for each: its list of traces is for a while what it was when first asked for.
        let Some(otelite) = Otelite::start() else { return };
        let address = if protocol == "grpc" { &otelite.grpc } else { &otelite.http };
        let endpoint = format!("http://{address}");
        let more = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)];
        let services = Services::start(&readme::block(NAME).variables(&more));
        let trace = services.order(1, Order::Good).expect("it is placed");
        services.order(2, Order::Failing);
        services.end();

        let spans =
            otelite.ask(&format!("/api/traces/{trace}"), |found| found["spans"].as_array().cloned().filter(|spans| spans.len() == 5));
        for (service, name) in [("server", "GET /order"), ("api1", "GET /stock"), ("api2", "GET /price")] {
            let is = |span: &Value| span["resource"]["attributes"]["service.name"] == service && span["name"] == name;
            assert!(spans.iter().any(is), "{service}: {name} is missing in {spans:#?}");
        }
        let logs = otelite.ask(&format!("/api/traces/{trace}/logs"), |found| {
            let logs = found.get("logs").unwrap_or(found).as_array()?;
            (logs.len() == 3).then(|| logs.iter().filter_map(|log| log["body"].as_str().map(str::to_owned)).collect::<Vec<_>>())
        });
        assert!(logs.iter().any(|log| log == "order placed"), "{logs:?}");
        // All points that it has: its list of metrics has, of a name, only what was exported last.
        for outcome in ["ok", "error"] {
            let is_one = |point: &Value| {
                let attributes = &point["attributes"];
                attributes["code.function.name"].as_str().is_some_and(|name| name.ends_with("::price"))
                    && attributes["function.outcome"] == outcome
                    && point["metric_type"]["Counter"].as_f64() == Some(1.0)
            };
            otelite.ask("/api/metrics/export?name=function.calls", |found| found.as_array()?.iter().any(is_one).then_some(()));
        }
        let failed = otelite.ask("/api/traces", |found| {
            let traces = found["traces"].as_array()?;
            let good = traces.iter().find(|found| found["trace_id"] == *trace)?;
            assert_eq!((&good["has_errors"], &good["root_span_name"]), (&false.into(), &"GET /order".into()));
            let failed = traces.iter().filter(|trace| trace["has_errors"] == true && trace["span_count"] == 5).count();
            (traces.len() == 2 * failed).then_some(failed)
        });
        let logs = logs.len();
        tell(
            "otelite",
            format_args!("{protocol}: a trace of 5 spans with {logs} log records, {failed} with errors, and both calls counted"),
        );
    }
}
