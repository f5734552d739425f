//! The ways to a backend: protocols, compression, TLS.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::opentelemetry::KeyValue;
use otel_runtime::opentelemetry::logs::{LogRecord as _, Logger, LoggerProvider};
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::{AttributeKey, Telemetry, traced};
use tests::receiver::{Receiver, captured};
use tests::relay::Relay;
use tests::telemetry::{Builder, isolated};
use tests::tls::{self, Authority, Identity};

const PARCELS: AttributeKey = AttributeKey::new("shop.parcels");
const SECRET: &str = "the-token-of-the-shop";

/// How long a shutdown may take that finds nobody to talk to.
const SHORT: Duration = Duration::from_secs(2);

#[traced("shop.place_order", fields(order.id = id, order.items = ["tea", "cup \u{1f375}"], order.weight = 0.5))]
fn place_order(id: u64) -> Result<(), std::io::Error> {
    otel_runtime::current().event("packed", &[(PARCELS, &2)]);
    Err(std::io::Error::new(std::io::ErrorKind::OutOfMemory, "no shelf"))
}

/// Telemetry of all signals that goes to `endpoint`.
fn to(protocol: &str, endpoint: impl Into<String>) -> Builder {
    isolated()
        .set("OTEL_METRICS_EXPORTER", "otlp")
        .set("OTEL_LOGS_EXPORTER", "otlp")
        .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .set("OTEL_EXPORTER_OTLP_HEADERS", format!("x-token={SECRET}"))
}

fn record(telemetry: &Telemetry) {
    let _attached = telemetry.context().attach();
    assert!(place_order(7).is_err());
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("shop");
    meter.u64_counter("shop.orders").build().add(3, &[KeyValue::new("payment.method", "card")]);
    meter.f64_histogram("shop.weight").with_boundaries(vec![1.0, 2.0]).build().record(1.5, &[]);
    let logger = telemetry.logger_provider().expect("logs are exported").logger("shop");
    let mut log = logger.create_log_record();
    log.set_body("a parcel".into());
    log.add_attribute("parcel.weight", i64::MAX);
    logger.emit(log);
}

fn target(receiver: &Receiver, protocol: &str) -> SocketAddr {
    let endpoint = if protocol == "grpc" { receiver.grpc_endpoint() } else { receiver.http_endpoint() };
    endpoint.trim_start_matches("http://").parse().expect("an address")
}

fn assert_everything_arrived(receiver: &Receiver, case: &str) {
    let spans = receiver.spans();
    assert_eq!(captured(&spans).tree().lines().next().map(|line| line.starts_with("shop.place_order")), Some(true), "{case}");
    let [order] = spans.as_slice() else { panic!("{case}: one span") };
    assert_eq!(order.attribute("order.id"), Some(&Value::IntValue(7)), "{case}");
    assert_eq!(order.attribute("order.weight"), Some(&Value::DoubleValue(0.5)), "{case}");
    let Some(Value::ArrayValue(items)) = order.attribute("order.items") else { panic!("{case}: an array") };
    assert_eq!(items.values[1].value, Some(Value::StringValue("cup \u{1f375}".to_owned())), "{case}");
    assert_eq!(order.data.events[0].name, "packed", "{case}");
    assert!(order.data.start_time_unix_nano > 1_700_000_000_000_000_000, "{case}");
    let mut metrics: Vec<String> = receiver.metrics().iter().map(|metric| metric.data.name.clone()).collect();
    metrics.sort();
    assert_eq!(metrics, ["shop.orders", "shop.weight"], "{case}");
    let [log] = &receiver.logs()[..] else { panic!("{case}: one log record") };
    assert_eq!(log.data.attributes[0].value.clone().and_then(|value| value.value), Some(Value::IntValue(i64::MAX)), "{case}");
    assert_eq!(receiver.refusals(), [""; 0], "{case}");
}

#[test]
fn every_protocol_with_every_compression() {
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        for compression in ["none", "gzip", "zstd"] {
            let case = format!("{protocol}, {compression}");
            let receiver = Receiver::start();
            let builder = to(protocol, format!("http://{}", target(&receiver, protocol)));
            let telemetry = builder.set("OTEL_EXPORTER_OTLP_COMPRESSION", compression).build().expect("telemetry can be set up");
            record(&telemetry);
            telemetry.shutdown().unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_everything_arrived(&receiver, &case);
            for request in receiver.requests() {
                let (encoding, content) = if protocol == "grpc" {
                    ("grpc-encoding", "application/grpc")
                } else {
                    ("content-encoding", if protocol == "http/json" { "application/json" } else { "application/x-protobuf" })
                };
                let encoding = request.header(encoding).unwrap_or("none");
                assert_eq!((encoding, request.header("content-type")), (compression, Some(content)), "{case}");
            }
        }
    }
}

/// A folder of the test's own, which is empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transports").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn text(path: &Path) -> String {
    path.to_str().expect("the target folder has a name").to_owned()
}

fn as_client(builder: Builder, client: &Identity) -> Builder {
    builder.set("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", text(&client.certificate)).set("OTEL_EXPORTER_OTLP_CLIENT_KEY", text(&client.key))
}

#[test]
fn tls_with_an_authority_of_ones_own() {
    for (protocol, mutual) in [("http/protobuf", false), ("grpc", false), ("http/json", true), ("grpc", true)] {
        let case = format!("{protocol}, {}", if mutual { "with a client certificate" } else { "without" });
        let authority = Authority::new(&folder(&format!("own-{}-{mutual}", protocol.replace('/', "-"))));
        let receiver = Receiver::start();
        let server = tls::server(&authority.identity("localhost", false), mutual.then_some(&authority));
        let terminator = Relay::start(target(&receiver, protocol), Some(server));
        let wire = Relay::start(terminator.address(), None);
        let mut builder = to(protocol, format!("https://localhost:{}", wire.address().port()))
            .set("OTEL_EXPORTER_OTLP_CERTIFICATE", text(&authority.file()));
        if mutual {
            builder = as_client(builder, &authority.identity("shop", false));
        }
        let telemetry = builder.build().expect("telemetry can be set up");
        record(&telemetry);
        telemetry.shutdown().unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_everything_arrived(&receiver, &case);
        assert!(wire.bytes_heard() > 0 && !wire.heard(SECRET) && !wire.heard("shop.place_order"), "{case}: in the clear");
    }
}

/// How a server is not to be trusted, or does not trust.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Authority,
    Expired,
    Host,
    NoTls,
    Client,
}

/// Each with a piece of what the error of the shutdown says.
const FAULTS: [(Fault, &str); 5] = [
    (Fault::Authority, "its certificate comes from no authority that is trusted here"),
    (Fault::Expired, "its certificate has expired"),
    (Fault::Host, "its certificate is for another host"),
    (Fault::NoTls, "it does not speak TLS on this port"),
    (Fault::Client, "asked for a client certificate"),
];

fn sends_nothing(protocol: &str) {
    for (fault, expected) in FAULTS {
        let folder = folder(&format!("{fault:?}-{}", protocol.replace('/', "-")));
        let (authority, stranger) = (Authority::new(&folder.join("known")), Authority::new(&folder.join("stranger")));
        let receiver = Receiver::start();
        let host = if fault == Fault::Host { "example.com" } else { "localhost" };
        let server = authority.identity(host, fault == Fault::Expired);
        let server = tls::server(&server, (fault == Fault::Client).then_some(&authority));
        let terminator = Relay::start(target(&receiver, protocol), (fault != Fault::NoTls).then_some(server));
        let wire = Relay::start(terminator.address(), None);
        let trusted = if fault == Fault::Authority { &stranger } else { &authority };
        let telemetry = to(protocol, format!("https://localhost:{}", wire.address().port()))
            .set("OTEL_EXPORTER_OTLP_CERTIFICATE", text(&trusted.file()))
            .build()
            .expect("telemetry can be set up");
        record(&telemetry);
        let error = telemetry.shutdown_with_timeout(SHORT).expect_err("nothing can be delivered").to_string();
        assert!(error.contains(expected), "{fault:?}, not: {error}");
        assert!(wire.bytes_heard() > 0, "{fault:?}: it was tried");
        assert!(!wire.heard(SECRET) && !wire.heard("shop.place_order"), "{fault:?}: in the clear");
        assert!(receiver.spans().is_empty() && !error.contains(SECRET), "{fault:?}: {error}");
    }
}

#[test]
fn a_connection_that_is_not_safe_is_a_clear_error_and_sends_nothing_over_http() {
    sends_nothing("http/protobuf");
}

#[test]
fn a_connection_that_is_not_safe_is_a_clear_error_and_sends_nothing_over_grpc() {
    sends_nothing("grpc");
}

#[test]
fn files_that_cannot_be_used_are_an_error_of_the_start() {
    let folder = folder("files");
    let authority = Authority::new(&folder);
    let (client, other) = (authority.identity("shop", false), authority.identity("other", false));
    let nothing = folder.join("nothing.pem");
    std::fs::write(&nothing, "no PEM at all").expect("the folder can be written to");
    let missing = text(&folder.join("missing.pem"));
    let certificate = "OTEL_EXPORTER_OTLP_CERTIFICATE";
    let (client_certificate, client_key) = ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY");
    let cases: [(&[(&str, String)], &str); 6] = [
        (&[(certificate, missing.clone())], "missing.pem, cannot be read: No such file or directory"),
        (&[(certificate, text(&nothing))], "nothing.pem, has no certificate"),
        (&[(client_certificate, text(&client.certificate))], "is a client certificate without a key"),
        (&[(client_key, text(&client.key))], "is a key without a client certificate"),
        (
            &[(client_certificate, text(&client.certificate)), (client_key, text(&other.key))],
            "does not go with the key of OTEL_EXPORTER_OTLP_CLIENT_KEY",
        ),
        (&[(client_certificate, text(&client.certificate)), (client_key, text(&nothing))], "OTEL_EXPORTER_OTLP_CLIENT_KEY, "),
    ];
    for (variables, expected) in cases {
        let mut builder = to("http/protobuf", "https://localhost:1").set(certificate, text(&authority.file()));
        for (variable, value) in variables {
            builder = builder.set(*variable, value);
        }
        let error = builder.build().expect_err("it cannot be set up").to_string();
        assert!(error.contains(expected), "{expected}, not: {error}");
    }
}

#[test]
fn an_endpoint_of_grpc_without_a_scheme_is_safe_unless_told_otherwise() {
    for insecure in [true, false] {
        let receiver = Receiver::start();
        let wire = Relay::start(target(&receiver, "grpc"), None);
        let authority = Authority::new(&folder(&format!("bare-{insecure}")));
        let telemetry = to("grpc", format!("localhost:{}", wire.address().port()))
            .set("OTEL_EXPORTER_OTLP_INSECURE", insecure.to_string())
            .set("OTEL_EXPORTER_OTLP_CERTIFICATE", text(&authority.file()))
            .build()
            .expect("telemetry can be set up");
        record(&telemetry);
        assert_eq!(telemetry.shutdown_with_timeout(SHORT).is_ok(), insecure);
        assert_eq!((receiver.spans().len(), wire.heard("shop.place_order")), (usize::from(insecure), insecure));
    }
}

#[test]
fn a_port_of_the_other_protocol_is_said_to_be_one() {
    let receiver = Receiver::start();
    let telemetry = to("http/protobuf", receiver.grpc_endpoint()).build().expect("telemetry can be set up");
    record(&telemetry);
    let error = telemetry.shutdown_with_timeout(SHORT).expect_err("nothing can be delivered").to_string();
    assert!(error.contains("is this a port of gRPC, for OTEL_EXPORTER_OTLP_PROTOCOL=grpc?"), "{error}");
}
