//! Secrets are planted wherever the configuration can have some, and everything that is said, shown or sent is searched for them.

mod bridges;
mod file;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use otel_runtime::traced;
use tests::receiver::{Behaviour, Protocol, Receiver};
use tests::telemetry::{Builder, Printed, Said, to};
use tests::tls::Authority;
use tonic::Code;

/// In every secret, and nowhere else.
const MARK: &str = "s3cr3t";

#[traced("secrets.work")]
fn work() {}

/// A file whose content is a secret, and no PEM.
fn file(name: &str, content: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("secrets");
    std::fs::create_dir_all(&folder).expect("the target folder can be written to");
    let path = folder.join(name);
    std::fs::write(&path, content).expect("the target folder can be written to");
    text(&path)
}

fn text(path: &Path) -> String {
    path.to_str().expect("the target folder has a name").to_owned()
}

/// Runs a program with this configuration and gives all that can be seen of it.
fn everything(builder: Builder, receiver: &Receiver) -> String {
    look(builder.set("OTEL_TRACES_EXPORTER", "otlp,console").set("OTEL_RUST_SELF_METRICS", "true"), receiver)
}

fn look(builder: Builder, receiver: &Receiver) -> String {
    let (said, printed) = (Said::default(), Printed::default());
    let mut seen = String::new();
    let builder = said.listen(builder).console(printed.clone());
    let _ = write!(seen, "{:?}", builder.to_config_file());
    let variables = builder.variables();
    let _ = write!(seen, "{builder:?} {variables:?}");
    for variable in &variables {
        let _ = write!(seen, "{variable}");
    }
    match builder.build() {
        Err(error) => {
            let _ = write!(seen, "{error} {error:?}");
        }
        Ok(telemetry) => {
            let attached = telemetry.context().attach();
            work();
            drop(attached);
            let flushed = telemetry.force_flush();
            let _ = write!(seen, "{flushed:?} {telemetry:?} {:?} {:?}", telemetry.health(), telemetry.warnings());
            let ended = telemetry.shutdown_with_timeout(Duration::from_millis(300));
            let _ = write!(seen, "{ended:?} {telemetry:?} {:?} {:?}", telemetry.health(), telemetry.tracer_provider());
        }
    }
    for request in receiver.requests() {
        let _ = write!(seen, "{:?}", request.body);
    }
    let _ = write!(seen, "{:?} {}", said.lines(), printed.text());
    seen
}

#[test]
fn no_secret_is_seen_anywhere() {
    let authority = Authority::new(&PathBuf::from(file("folder", "")).with_file_name("authority"));
    let identity = authority.identity("shop", false);
    let (headers, endpoint) = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_ENDPOINT");
    let (certificate, key) = ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY");
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----\n");
    let cases: Vec<(&str, Vec<(&str, String)>)> = vec![
        ("a header", vec![(headers, format!("authorization=Bearer {MARK}"))]),
        ("a header that is none", vec![(headers, format!("authorization={MARK},{MARK},a b={MARK},c={MARK}%0A"))]),
        ("a header of a signal", vec![("OTEL_EXPORTER_OTLP_TRACES_HEADERS", format!("x-token={MARK}"))]),
        ("a password", vec![(endpoint, format!("http://user:{MARK}@127.0.0.1:1"))]),
        ("a password of no URL", vec![(endpoint, format!("://user:{MARK}@"))]),
        ("a password of a signal", vec![("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("ftp://user:{MARK}@127.0.0.1"))]),
        ("a key in a query", vec![("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("http://127.0.0.1:1/v1?key={MARK}"))]),
        ("a password for Zipkin", vec![("OTEL_EXPORTER_ZIPKIN_ENDPOINT", format!("http://user:{MARK}@127.0.0.1:1"))]),
        (
            "a key",
            vec![(endpoint, "https://127.0.0.1:1".to_owned()), (certificate, text(&identity.certificate)), (key, file("key.pem", &pem))],
        ),
        (
            "a certificate",
            vec![(endpoint, "https://127.0.0.1:1".to_owned()), (certificate, file("certificate.pem", MARK)), (key, text(&identity.key))],
        ),
        (
            "an authority",
            vec![(endpoint, "https://127.0.0.1:1".to_owned()), ("OTEL_EXPORTER_OTLP_CERTIFICATE", file("authority.pem", MARK))],
        ),
        (
            "a key in the place of its file",
            vec![(endpoint, "https://127.0.0.1:1".to_owned()), (certificate, text(&identity.certificate)), (key, pem.clone())],
        ),
        ("a certificate in the place of its file", vec![(endpoint, "https://127.0.0.1:1".to_owned()), (certificate, pem.clone())]),
    ];
    // A flush that reaches nobody takes its time, so they take it together.
    thread::scope(|scope| {
        for (case, variables) in &cases {
            scope.spawn(move || {
                let receiver = Receiver::start();
                let mut builder = to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp").set("OTEL_LOG_LEVEL", "debug");
                for (variable, value) in variables {
                    builder = builder.set(*variable, value);
                }
                let seen = everything(builder, &receiver);
                assert!(!seen.contains(MARK), "{case}:\n{seen}");
                assert!(seen.len() > 500, "{case}: there was something to search");
            });
        }
    });
}

/// A server that refuses, fails, or breaks off may have the secret in its answer; what is said of that is not the answer.
#[test]
fn no_secret_that_a_server_repeats_is_seen() {
    let behaviours = [
        Behaviour::status(401, Code::Unauthenticated),
        Behaviour::Reply { encoding: None, body: MARK.as_bytes().into() },
        Behaviour::Reset,
    ];
    for behaviour in behaviours {
        for protocol in [Protocol::Http, Protocol::Grpc] {
            let receiver = Receiver::start();
            receiver.respond_with(behaviour.clone());
            let builder = to(&receiver, protocol).set("OTEL_EXPORTER_OTLP_HEADERS", format!("authorization=Bearer {MARK}"));
            let seen = everything(builder, &receiver);
            assert!(!seen.contains(MARK), "{behaviour:?}:\n{seen}");
            let sent = receiver.requests().iter().all(|request| request.header("authorization") == Some(&format!("Bearer {MARK}")));
            assert!(sent, "{behaviour:?}: the secret reaches whom it is for");
        }
    }
}
