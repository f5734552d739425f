//! Secrets are planted wherever the configuration can have some, and everything that is said, shown or sent is searched for them.

mod bridges;
mod file;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use otel_runtime::opentelemetry::logs::{Logger, LoggerProvider};
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
    look(builder.set("OTEL_RUST_SELF_METRICS", "true"), receiver)
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
            if let Some(loggers) = telemetry.logger_provider() {
                let logger = loggers.logger("secrets");
                logger.emit(logger.create_log_record());
            }
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

/// What is set, and to what.
type Variables = Vec<(String, String)>;

const SIGNALS: [&str; 3] = ["TRACES", "METRICS", "LOGS"];
const NOBODY: &str = "https://127.0.0.1:1";

/// What holds for all signals.
fn general(authority: &Authority) -> Vec<(String, Variables)> {
    let identity = authority.identity("shop", false);
    let (headers, endpoint) = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_ENDPOINT");
    let (certificate, key) = ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY");
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----\n");
    let cases: Vec<(&str, Vec<(&str, String)>)> = vec![
        ("a header", vec![(headers, format!("authorization=Bearer {MARK}"))]),
        ("a header that is none", vec![(headers, format!("authorization={MARK},{MARK},a b={MARK},c={MARK}%0A"))]),
        ("a password", vec![(endpoint, format!("http://user:{MARK}@127.0.0.1:1"))]),
        ("a password of no URL", vec![(endpoint, format!("://user:{MARK}@"))]),
        ("a password of a signal", vec![("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("ftp://user:{MARK}@127.0.0.1"))]),
        ("a key in a query", vec![("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("http://127.0.0.1:1/v1?key={MARK}"))]),
        (
            "a password for Zipkin",
            vec![
                ("OTEL_TRACES_EXPORTER", "otlp,console,zipkin".to_owned()),
                ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", format!("http://user:{MARK}@127.0.0.1:1")),
            ],
        ),
        (
            "a key in a query for Zipkin",
            vec![
                ("OTEL_TRACES_EXPORTER", "otlp,console,zipkin".to_owned()),
                ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", format!("http://127.0.0.1:1/api/v2/spans?key={MARK}")),
            ],
        ),
        (
            "a key in the place of its file",
            vec![(endpoint, NOBODY.to_owned()), (certificate, text(&identity.certificate)), (key, pem.clone())],
        ),
        ("a certificate in the place of its file", vec![(endpoint, NOBODY.to_owned()), (certificate, pem)]),
    ];
    let owned = |variables: Vec<(&str, String)>| variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    cases.into_iter().map(|(case, variables)| (case.to_owned(), owned(variables))).collect()
}

/// Files of TLS, of all signals or of one, that are none.
fn files(authority: &Authority) -> Vec<(String, Variables)> {
    let identity = authority.identity("shop", false);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----\n");
    let (good_certificate, good_key) = (text(&identity.certificate), text(&identity.key));
    let (bad_certificate, bad_key, bad_authority) = (file("certificate.pem", MARK), file("key.pem", &pem), file("authority.pem", MARK));
    let mut cases = Vec::new();
    for of in ["OTEL_EXPORTER_OTLP".to_owned()].into_iter().chain(SIGNALS.map(|signal| format!("OTEL_EXPORTER_OTLP_{signal}"))) {
        let set = |variables: &[(&str, &str)]| -> Variables {
            let endpoint = [("ENDPOINT", NOBODY)];
            endpoint.iter().chain(variables).map(|(name, value)| (format!("{of}_{name}"), (*value).to_owned())).collect()
        };
        cases.push((format!("a key of {of}"), set(&[("CLIENT_CERTIFICATE", &good_certificate), ("CLIENT_KEY", &bad_key)])));
        cases.push((format!("a certificate of {of}"), set(&[("CLIENT_CERTIFICATE", &bad_certificate), ("CLIENT_KEY", &good_key)])));
        cases.push((format!("an authority of {of}"), set(&[("CERTIFICATE", &bad_authority)])));
    }
    cases
}

/// Sends all three signals.
fn sending(receiver: &Receiver, protocol: Protocol, variables: &[(String, String)]) -> Builder {
    let mut builder = to(receiver, protocol).set("OTEL_TRACES_EXPORTER", "otlp,console").set("OTEL_LOG_LEVEL", "debug");
    builder = builder.set("OTEL_METRICS_EXPORTER", "otlp").set("OTEL_LOGS_EXPORTER", "otlp");
    for (variable, value) in variables {
        builder = builder.set(variable, value);
    }
    builder
}

#[test]
fn no_secret_is_seen_anywhere() {
    let authority = Authority::new(&PathBuf::from(file("folder", "")).with_file_name("authority"));
    let cases: Vec<_> = general(&authority).into_iter().chain(files(&authority)).collect();
    // A flush that reaches nobody takes its time, so they take it together.
    thread::scope(|scope| {
        for ((case, variables), protocol) in cases.iter().flat_map(|case| [(case, Protocol::Http), (case, Protocol::Grpc)]) {
            scope.spawn(move || {
                let receiver = Receiver::start();
                let seen = everything(sending(&receiver, protocol, variables), &receiver);
                assert!(!seen.contains(MARK), "{case}, {protocol:?}:\n{seen}");
                assert!(seen.len() > 500, "{case}, {protocol:?}: there was something to search");
            });
        }
    });
}

/// It goes out with its signal, and with no other.
#[test]
fn no_secret_of_a_signal_is_seen_by_others_than_its_backend() {
    for signal in SIGNALS {
        for protocol in [Protocol::Http, Protocol::Grpc] {
            let receiver = Receiver::start();
            let headers = (format!("OTEL_EXPORTER_OTLP_{signal}_HEADERS"), format!("x-token={MARK}"));
            let seen = everything(sending(&receiver, protocol, &[headers]), &receiver);
            assert!(!seen.contains(MARK), "{signal}, {protocol:?}:\n{seen}");
            let mut sent = BTreeMap::new();
            for request in receiver.requests() {
                let has_it = request.header("x-token") == Some(MARK);
                let name = format!("{:?}", request.signal()).to_uppercase();
                assert_eq!(*sent.entry(name).or_insert(has_it), has_it, "{signal}, {protocol:?}");
            }
            let expected = SIGNALS.map(|other| (other.to_owned(), other == signal)).into();
            assert_eq!(sent, expected, "{protocol:?}: the secret reaches whom it is for");
        }
    }
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
            let builder = to(&receiver, protocol)
                .set("OTEL_TRACES_EXPORTER", "otlp,console")
                .set("OTEL_EXPORTER_OTLP_HEADERS", format!("authorization=Bearer {MARK}"));
            let seen = everything(builder, &receiver);
            assert!(!seen.contains(MARK), "{behaviour:?}:\n{seen}");
            let sent = receiver.requests().iter().all(|request| request.header("authorization") == Some(&format!("Bearer {MARK}")));
            assert!(sent, "{behaviour:?}: the secret reaches whom it is for");
        }
    }
}
