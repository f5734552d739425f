//! The same with every bridge on at the lowest level: what exporting says of itself to `tracing` and `log`, which libraries for HTTP do in detail,
//! is neither recorded nor, where the program prints all of it, a secret.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tests::process::Child;
use tests::receiver::{Behaviour, Protocol, Receiver};
use tests::relay::Relay;
use tests::tls::{Authority, server};
use tonic::Code;

use super::{MARK, file, text};

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(60);

/// All that can be seen of a program that records and prints whatever is said, at whatever level.
fn seen(receiver: &Receiver, environment: &[(&str, String)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatty"));
    command.args(["0", "print"]).env_clear().envs(environment.iter().map(|(name, value)| (name, value))).env("RUST_LOG", "trace");
    command.env("OTEL_LOG_LEVEL", "debug").env("OTEL_RUST_SELF_METRICS", "true");
    let output = Child::spawn(command).wait_with_timeout(LONG);
    let mut seen = format!("{}{}", output.stdout, output.stderr);
    for request in receiver.requests() {
        let _ = write!(seen, "{:?}", request.body);
    }
    seen
}

#[test]
fn a_program_that_hears_everything_neither_records_nor_prints_a_secret() {
    let header = ("OTEL_EXPORTER_OTLP_HEADERS", format!("authorization=Bearer%20{MARK},x-token={MARK}"));
    let cases = [
        Behaviour::Accept,
        // What repeats the secret, and what breaks off.
        Behaviour::Reply { encoding: None, body: MARK.as_bytes().into() },
        Behaviour::status(401, Code::Unauthenticated),
        Behaviour::Reset,
    ];
    for behaviour in cases {
        for protocol in [Protocol::Http, Protocol::Grpc] {
            let receiver = Receiver::start();
            receiver.respond_with(behaviour.clone());
            let (name, endpoint) = match protocol {
                Protocol::Http => ("http/protobuf", receiver.http_endpoint()),
                Protocol::Grpc => ("grpc", receiver.grpc_endpoint()),
            };
            let query = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("{endpoint}/v1/traces?key={MARK}"));
            let seen = seen(
                &receiver,
                &[("OTEL_EXPORTER_OTLP_PROTOCOL", name.to_owned()), ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), header.clone(), query],
            );
            assert!(!seen.contains(MARK), "{behaviour:?} {protocol:?}:\n{}", around(&seen));
            assert!(seen.contains("hyper"), "{behaviour:?} {protocol:?}: what exports is heard:\n{seen}");
            let requests = receiver.requests();
            let is_sent = requests.iter().all(|request| request.header("x-token") == Some(MARK));
            assert!(is_sent && !requests.is_empty(), "{behaviour:?} {protocol:?}: the secret reaches whom it is for");
            assert!(requests.iter().all(|request| !format!("{:?}", request.body).contains("hyper")), "nothing of it is recorded");
        }
    }
}

#[test]
fn nor_does_one_that_speaks_tls_with_a_key_and_a_configuration_file() {
    let authority = Authority::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("secrets").join("bridges-authority"));
    let receiver = Receiver::start();
    let address = ([127, 0, 0, 1], receiver.http_port()).into();
    let terminator = Relay::start(address, Some(server(&authority.identity("localhost", false), Some(&authority))));
    let client = authority.identity("shop", false);
    let config = format!(
        "file_format: '1.0'\nlog_level: debug\ntracer_provider: {{processors: [{{batch: {{exporter: {{otlp_http: {{endpoint: \
         'https://localhost:{}/v1/traces', headers: [{{name: x-token, value: '${{TOKEN}}'}}], tls: {{ca_file: '{}', cert_file: '{}', \
         key_file: '{}'}}}}}}}}}}]}}\n",
        terminator.address().port(),
        text(&authority.file()),
        text(&client.certificate),
        text(&client.key),
    );
    let path = file("bridges.yaml", &config);
    let seen = seen(&receiver, &[("OTEL_CONFIG_FILE", path), ("TOKEN", MARK.to_owned())]);
    let pem = std::fs::read_to_string(&client.key).expect("the key is there");
    let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    assert!(!seen.contains(MARK), "{}", around(&seen));
    assert!(!lines.is_empty() && lines.iter().all(|line| !seen.contains(line)), "the key is seen");
    assert!(seen.contains("hyper"), "what exports is heard:\n{seen}");
    let requests = receiver.requests();
    assert!(!requests.is_empty() && requests.iter().all(|request| request.header("x-token") == Some(MARK)), "{requests:?}\n{seen}");
}

/// The lines in which the secret is, for a test that fails.
fn around(seen: &str) -> String {
    seen.lines().filter(|line| line.contains(MARK)).take(20).collect::<Vec<_>>().join("\n")
}
