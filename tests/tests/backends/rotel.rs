//! rotel, from `PyPI`: all three signals, over gRPC and HTTP, compressed.

use tests::rotel::Rotel;

use crate::services::{Order, Services};
use crate::{LONG, tell};

#[test]
#[ignore = "installs rotel from PyPI"]
fn rotel_takes_all_three_signals_over_grpc_and_http() {
    for (protocol, compression) in [("grpc", "gzip"), ("http/protobuf", "gzip"), ("http/protobuf", "none")] {
        let Some(rotel) = Rotel::start() else { return };
        let endpoint = if protocol == "grpc" { rotel.grpc_endpoint() } else { rotel.http_endpoint() };
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", compression),
        ];
        let services = Services::start(&variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
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
            rotel.wait_for_line(part, LONG);
        }
        tell("rotel", format_args!("{protocol}, compression {compression}: {spans} spans, {points} points, {logs} log records"));
    }
}
