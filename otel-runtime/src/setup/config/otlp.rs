//! `OTEL_EXPORTER_OTLP_…`: where each signal goes, and how.

use std::time::Duration;

use http::Uri;
use opentelemetry_sdk::metrics::Temporality;

use crate::delivery::{Compression, Destination, File, Files, Protocol, Signal, Stated};
use crate::setup::env::{Env, shown};

const PROTOCOLS: &[(&str, Protocol)] =
    &[("http/protobuf", Protocol::HttpProtobuf), ("http/json", Protocol::HttpJson), ("grpc", Protocol::Grpc)];
pub(in crate::setup) const COMPRESSIONS: &[(&str, Compression)] =
    &[("none", Compression::None), ("gzip", Compression::Gzip), ("zstd", Compression::Zstd)];
pub(in crate::setup) const TIMEOUT: Duration = Duration::from_secs(10);
pub(in crate::setup) const EXPORT_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a signal goes. Its own variables come before the general ones.
pub(super) fn destination(env: &mut Env<'_>, signal: Signal) -> Destination {
    read(env, Some(signal))
}

/// Notes what the general variables say; what they mean is read for each signal.
pub(super) fn note_general(env: &mut Env<'_>) {
    read(env, None);
}

/// What a data point of a sum or a histogram covers.
pub(super) fn temporality(env: &mut Env<'_>) -> Temporality {
    const PREFERENCES: &[(&str, Temporality)] =
        &[("cumulative", Temporality::Cumulative), ("delta", Temporality::Delta), ("lowmemory", Temporality::LowMemory)];
    env.word(&["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"], PREFERENCES, PREFERENCES[0])
}

/// With whether histograms choose their buckets themselves.
pub(in crate::setup) const AGGREGATIONS: &[(&str, bool)] =
    &[("explicit_bucket_histogram", false), ("base2_exponential_bucket_histogram", true)];

/// Whether histograms choose their buckets themselves.
pub(super) fn exponential_histograms(env: &mut Env<'_>) -> bool {
    env.word(&["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"], AGGREGATIONS, AGGREGATIONS[0])
}

fn read(env: &mut Env<'_>, signal: Option<Signal>) -> Destination {
    let names = |option: &str| {
        let own = signal.map(|signal| format!("OTEL_EXPORTER_OTLP_{}_{option}", signal.name().to_ascii_uppercase()));
        own.into_iter().chain([format!("OTEL_EXPORTER_OTLP_{option}")]).collect::<Vec<_>>()
    };
    let protocol = env.word(&names("PROTOCOL"), PROTOCOLS, PROTOCOLS[0]);
    let insecure = env.boolean(&names("INSECURE"));
    // Over HTTP every URL says by itself whether it is one of TLS.
    let default_scheme = (protocol == Protocol::Grpc).then_some(if insecure { "http" } else { "https" });
    let endpoint = endpoint(env, &names("ENDPOINT"), protocol, signal, default_scheme);
    let timeout = env.timeout(&names("TIMEOUT"), TIMEOUT);
    let export = signal.and_then(|signal| env.timeout(&[export_timeout(signal)], EXPORT_TIMEOUT));
    let destination = Destination {
        protocol,
        endpoint,
        headers: env.headers(&names("HEADERS")),
        // Whoever exports has handed over to the delivery at once, and what the delivery cannot send it keeps; so what may take long, and is cut
        // off without a loss, is a request.
        timeout: [timeout, export].into_iter().flatten().min(),
        compression: env.word(&names("COMPRESSION"), COMPRESSIONS, COMPRESSIONS[0]),
        tls: Files {
            certificate: env.file(&names("CERTIFICATE")),
            client_certificate: env.file(&names("CLIENT_CERTIFICATE")),
            client_key: env.file(&names("CLIENT_KEY")),
        },
        stated: Stated::InVariables,
    };
    if signal.is_some() {
        env.holds(&names("ENDPOINT")[0], shown(&destination.endpoint));
        contradictions(env, &destination, insecure.then(|| names("INSECURE")), &names("ENDPOINT"));
    }
    destination
}

/// Says what does not go together.
fn contradictions(env: &mut Env<'_>, destination: &Destination, insecure: Option<Vec<String>>, endpoints: &[String]) {
    let written = |env: &Env<'_>, names: &[String]| names.iter().find(|name| env.is_set(name)).cloned();
    for file in unused_files(destination) {
        env.warn(&file.variable, UNUSED_FILE);
    }
    if destination.endpoint.scheme_str() != Some("http")
        && let Some(variable) = insecure.and_then(|names| written(env, &names))
    {
        env.warn(&variable, "has no effect, because the endpoint says https");
    }
    if let Some((variable, doubt)) = written(env, endpoints).zip(port_of_another(destination)) {
        env.warn(&variable, doubt);
    }
}

/// The files of TLS, where there is none.
pub(in crate::setup) fn unused_files(destination: &Destination) -> impl Iterator<Item = &File> {
    let Destination { endpoint, tls, .. } = destination;
    let is_plain = endpoint.scheme_str() == Some("http");
    [&tls.certificate, &tls.client_certificate, &tls.client_key].into_iter().flatten().filter(move |_| is_plain)
}

pub(in crate::setup) const UNUSED_FILE: &str = "is not used where the endpoint is http, without TLS; did you mean https?";

/// What is to be said of the port, if it is that of the other protocol.
pub(in crate::setup) fn port_of_another(destination: &Destination) -> Option<String> {
    let is_grpc = destination.protocol == Protocol::Grpc;
    let (port, of, other, protocol) = if is_grpc { (4318, "HTTP", "4317", "http/protobuf") } else { (4317, "gRPC", "4318", "grpc") };
    let doubt = || format!("{port} is the port of OTLP over {of} by convention; did you mean {other}, or the protocol {protocol}?");
    (destination.endpoint.port_u16() == Some(port)).then(doubt)
}

/// What is to be said of a URL that is used as it is, if it has no path.
pub(in crate::setup) fn without_path(url: &Uri, protocol: Protocol, signal: Signal) -> Option<String> {
    let meant = || format!("{}v1/{}", shown(url).trim_end_matches("?***"), signal.name());
    let is_bare = protocol != Protocol::Grpc && url.path() == "/";
    is_bare.then(|| format!("is used as it is, so requests go to the path `/`; did you mean {}?", meant()))
}

/// The variable that says how long an export may take.
fn export_timeout(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "OTEL_BSP_EXPORT_TIMEOUT",
        Signal::Metrics => "OTEL_METRIC_EXPORT_TIMEOUT",
        Signal::Logs => "OTEL_BLRP_EXPORT_TIMEOUT",
    }
}

/// A signal's own URL is used as it is. The general one, which comes last, is over HTTP a base to which `v1/<signal>` is appended.
fn endpoint(env: &mut Env<'_>, names: &[String], protocol: Protocol, signal: Option<Signal>, default_scheme: Option<&str>) -> Uri {
    let default = match protocol {
        Protocol::HttpProtobuf | Protocol::HttpJson => "http://localhost:4318",
        Protocol::Grpc => "http://localhost:4317",
    };
    let (general, own) = match names {
        [own, general] => (general, Some(own)),
        [general, ..] => (general, None),
        [] => return Uri::from_static(default),
    };
    if let Some((own, url)) = own.and_then(|own| Some((own, env.url(own, "the general endpoint", default_scheme)?))) {
        if let Some(doubt) = signal.and_then(|signal| without_path(&url, protocol, signal)) {
            env.warn(own, doubt);
        }
        return url;
    }
    let base = env.url(general, default, default_scheme).unwrap_or_else(|| Uri::from_static(default));
    let (Some(signal), Some(own), true) = (signal, own, protocol != Protocol::Grpc) else { return base };
    let path = format!("{}/v1/{}", base.path().trim_end_matches('/'), signal.name());
    if base.path().trim_end_matches('/').ends_with(&format!("/v1/{}", signal.name())) {
        let appended = format!("/v1/{}", signal.name());
        let problem = format!(
            "is a base to which `{appended}` is appended, and it ends in that already; did you mean {own}? Using the path `{path}`"
        );
        env.warn(general, problem);
    }
    let query = base.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = base.clone().into_parts();
    parts.path_and_query = format!("{path}{query}").parse().ok();
    Uri::from_parts(parts).unwrap_or(base)
}
