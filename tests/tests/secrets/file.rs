//! The same with a configuration file: secrets in it, in variables that it names, in files that it names, and next to its mistakes.

use std::path::Path;

use tests::receiver::Receiver;
use tests::tls::Authority;

use super::{MARK, file, look, text};

/// Where an exporter goes that stands for `@`.
const FILE: &str = "\
file_format: '1.0'
log_level: debug
tracer_provider:
  processors:
    - simple: {exporter: {console: }}
    - batch:
        exporter:
          @
meter_provider:
  readers:
    - periodic: {exporter: {console: }}
distribution:
  otel-runtime: {self_metrics: true}
";

/// How a file with a secret ends up.
enum End {
    /// Telemetry is set up, and the secret reaches whom it is for.
    Sent,
    /// Telemetry is set up.
    Starts,
    /// The file, or what it names, is refused.
    Refused,
}

/// All that can be seen of a program with this file, and what arrived at a receiver beside it.
fn seen(case: &str, text: &str, receiver: &Receiver) -> (String, bool) {
    let path = file(&format!("{}.yaml", case.replace([' ', '\''], "-")), text);
    let secrets = [("TOKEN", MARK.to_owned()), ("LIST", format!("authorization=Bearer {MARK}")), ("ENDPOINT", receiver.http_endpoint())];
    let lookup = move |wanted: &str| {
        let named = secrets.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.into());
        named.or_else(|| (wanted == "OTEL_CONFIG_FILE").then(|| path.clone().into()))
    };
    let seen = look(otel_runtime::builder().environment(lookup).into(), receiver);
    let arrived = receiver.requests().iter().any(|request| request.header("authorization") == Some(&format!("Bearer {MARK}")));
    (seen, arrived)
}

#[test]
fn no_secret_of_a_configuration_file_is_seen_anywhere() {
    let authority = Authority::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("secrets").join("file-authority"));
    let identity = authority.identity("shop", false);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----\n");
    let to = |more: &str| format!("otlp_http: {{endpoint: '${{ENDPOINT}}/v1/traces', {more}}}");
    let tls = |files: &str| format!("otlp_http: {{endpoint: 'https://127.0.0.1:1/v1/traces', tls: {{{files}}}}}");
    let (certificate, key) = (text(&identity.certificate), text(&identity.key));
    let broken = |name: &str| file(name, &pem);
    let cases: Vec<(&str, String, End)> = vec![
        ("a header in the file", to(&format!("headers: [{{name: authorization, value: 'Bearer {MARK}'}}]")), End::Sent),
        ("a header from a variable", to("headers: [{name: authorization, value: 'Bearer ${TOKEN}'}]"), End::Sent),
        ("a header from a variable by env", to("headers: [{name: authorization, value: 'Bearer ${env:TOKEN}'}]"), End::Sent),
        ("a header by default", to(&format!("headers: [{{name: authorization, value: 'Bearer ${{NO:-{MARK}}}'}}]")), End::Sent),
        ("a list of headers", to("headers_list: '${LIST}'"), End::Sent),
        ("a list of headers in the file", to(&format!("headers_list: 'authorization=Bearer {MARK}'")), End::Sent),
        ("a list with none that is one", to(&format!("headers_list: '{MARK},a b={MARK},c={MARK}%0A'")), End::Starts),
        ("a header that is none", to(&format!("headers: [{{name: a b, value: {MARK}}}]")), End::Refused),
        ("a header with the wrong type", to(&format!("headers: {{authorization: {MARK}}}")), End::Refused),
        ("a header that lost its key", to(&format!("headers: [{{Bearer {MARK}}}]")), End::Refused),
        ("a header that lost its item", to(&format!("headers: [Bearer {MARK}]")), End::Refused),
        ("a header twice", to(&format!("headers: [{{Bearer {MARK}: 1, Bearer {MARK}: 2}}]")), End::Refused),
        ("a header like a tag", to(&format!("headers: [{{name: authorization, value: !{MARK}}}]")), End::Refused),
        ("a header like an alias", to(&format!("headers: [{{name: authorization, value: *{MARK}}}]")), End::Refused),
        ("a header like a directive", to(&format!("headers: [{{name: authorization, value: @{MARK}}}]")), End::Refused),
        ("a header without its quote", to(&format!("headers: [{{name: authorization, value: 'Bearer {MARK}}}]")), End::Refused),
        (
            "a header with a reference that is none",
            to(&format!("headers: [{{name: authorization, value: '${{{MARK} {MARK}}}'}}]")),
            End::Refused,
        ),
        ("a password", format!("otlp_http: {{endpoint: 'http://user:{MARK}@127.0.0.1:1'}}"), End::Refused),
        ("a password from a variable", "otlp_http: {endpoint: 'http://user:${TOKEN}@127.0.0.1:1'}".to_owned(), End::Refused),
        ("a password for Zipkin", format!("zipkin: {{endpoint: 'http://user:{MARK}@127.0.0.1:1'}}"), End::Refused),
        ("a key in a query", format!("otlp_http: {{endpoint: '${{ENDPOINT}}/v1/traces?key={MARK}'}}"), End::Starts),
        ("a mistake beside a secret", to(&format!("headers: [{{name: authorization, value: {MARK}}}], compression: brotli")), End::Refused),
        ("an unknown key beside a secret", to("headers: [{name: authorization, value: 'Bearer ${TOKEN}'}], retries: 7"), End::Sent),
        ("a key in a file", tls(&format!("cert_file: '{certificate}', key_file: '{}'", broken("file-key.pem"))), End::Refused),
        ("a certificate in a file", tls(&format!("cert_file: '{}', key_file: '{key}'", broken("file-certificate.pem"))), End::Refused),
        ("an authority in a file", tls(&format!("ca_file: '{}'", broken("file-authority.pem"))), End::Refused),
        (
            "a key in the place of its file",
            tls(&format!("cert_file: '{certificate}', key_file: \"{}\"", pem.replace('\n', "\\n"))),
            End::Refused,
        ),
        ("an authority in the place of its file", tls(&format!("ca_file: \"{}\"", pem.replace('\n', "\\n"))), End::Refused),
    ];
    for (case, exporter, end) in &cases {
        let receiver = Receiver::start();
        let (seen, arrived) = seen(case, &FILE.replace('@', exporter), &receiver);
        assert!(!seen.contains(MARK), "{case}:\n{seen}");
        let is_refused = seen.contains("cannot be used") || seen.contains("cannot be exported over OTLP:");
        assert_eq!(is_refused, matches!(end, End::Refused), "{case}:\n{seen}");
        assert_eq!(arrived, matches!(end, End::Sent), "{case}: the secret reaches whom it is for, and nobody else");
        assert!(is_refused || seen.contains("secrets.work"), "{case}: there was something to search:\n{seen}");
    }
}

/// What is written of a configuration can be read where the variables are set that it names, and is the same then.
#[test]
fn a_file_that_is_written_has_no_secret_and_works_with_the_variables_that_it_names() {
    let receiver = Receiver::start();
    let secret = format!("api-key={MARK}");
    let endpoint = receiver.http_endpoint();
    let variables = move |wanted: &str| match wanted {
        "OTEL_EXPORTER_OTLP_HEADERS" => Some(secret.clone().into()),
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" => Some(format!("{endpoint}/v1/traces?key={MARK}").into()),
        "OTEL_METRICS_EXPORTER" | "OTEL_LOGS_EXPORTER" => Some("none".into()),
        _ => None,
    };
    let written = otel_runtime::builder().environment(variables.clone()).to_config_file().expect("it can be written");
    assert!(!written.contains(MARK), "{written}");
    let first = "# Secrets are not in this file: where it is read, set ";
    assert!(written.starts_with(first), "{written}");
    let path = file("written.yaml", &written);
    let lookup = move |wanted: &str| match wanted {
        "OTEL_CONFIG_FILE" => Some(path.clone().into()),
        "TRACES_ENDPOINT_QUERY" => Some(format!("key={MARK}").into()),
        other => variables(other),
    };
    let again = otel_runtime::builder().environment(lookup.clone()).to_config_file().expect("it can be read");
    assert_eq!(again, written);
    let seen = look(otel_runtime::builder().environment(lookup).into(), &receiver);
    assert!(!seen.contains(MARK), "{seen}");
    let requests = receiver.requests();
    assert!(!requests.is_empty() && requests.iter().all(|request| request.header("api-key") == Some(MARK)), "{requests:?}");
}
