//! rotel, from `PyPI`: all three signals, over gRPC and HTTP, compressed.

use tests::fetched::Tool;
use tests::process::Child;

use crate::services::{Order, Services};
use crate::{LONG, free_addresses, readme, tell, wait_for_ports};

static ROTEL: Tool = Tool::new("rotel", |folder| readme::block("rotel").find(folder), |folder| readme::block("rotel").fetch(folder));

/// A running one, killed on drop, which prints all that it is sent.
struct Rotel {
    http: String,
    grpc: String,
    process: Child,
}

impl Rotel {
    /// Nothing if it cannot be had.
    fn start() -> Option<Self> {
        let folder = ROTEL.folder()?;
        let [http, grpc] = free_addresses();
        let listen = format!("start --otlp-http-endpoint {http} --otlp-grpc-endpoint {grpc} --debug-log metrics --debug-log logs");
        let mut process = Child::spawn(readme::block("rotel").serve(folder, &[("start", &listen)]));
        wait_for_ports(&mut process, &[&http, &grpc]);
        Some(Self { http, grpc, process })
    }
}

#[test]
#[ignore = "installs rotel from PyPI"]
fn rotel_takes_all_three_signals_over_grpc_and_http() {
    for (protocol, compression) in [("grpc", "gzip"), ("grpc", "none"), ("http/protobuf", "gzip"), ("http/protobuf", "none")] {
        let Some(rotel) = Rotel::start() else { return };
        let endpoint = format!("http://{}", if protocol == "grpc" { &rotel.grpc } else { &rotel.http });
        let more = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", compression),
        ];
        let services = Services::start(&readme::block("rotel").variables(&more));
        let trace = services.order(7, Order::Good).expect("it is placed");
        services.order(8, Order::Failing);
        let [spans, points, logs] = services.end();
        assert_eq!((spans, logs), (10, 6));
        assert!(points > 0);

        // Of spans, of metrics, and of log records.
        for part in [
            &*trace,
            "Name           : GET /order",
            "service.name: Str(api2)",
            "Name: http.server.request.duration",
            "Name: function.calls",
            "function.outcome: Str(error)",
            "order not placed: a service that was called has failed",
        ] {
            rotel.process.wait_for_line(part, LONG);
        }
        tell("rotel", format_args!("{protocol}, compression {compression}: {spans} spans, {points} points, {logs} log records"));
    }
}
