//! Exporters, without the secrets that they have.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use opentelemetry_sdk::metrics::Temporality;

use super::tree::{Map, Yaml};
use crate::delivery::{Destination, File, Headers, Protocol, Signal};
use crate::setup::config::Exporter;
use crate::setup::config::otlp::{COMPRESSIONS, EXPORT_TIMEOUT};

/// The variables that stand for secrets, each with the one secret that it stands for.
#[derive(Default)]
pub(super) struct Secrets(pub(super) Vec<(String, String)>);

impl Secrets {
    /// A reference that stands for this secret alone: `reference`, or one like it.
    fn reference(&mut self, reference: &str, secret: &str) -> String {
        let named = |number: usize| match (number, reference.strip_suffix('}')) {
            (2.., Some(name)) => format!("{name}_{number}}}"),
            _ => reference.to_owned(),
        };
        let free = |name: &String| self.0.iter().all(|(known, of)| known != name || of == secret);
        let name = (1..=self.0.len()).map(named).find(free).unwrap_or_else(|| named(self.0.len() + 1));
        if self.0.iter().all(|(known, _)| *known != name) {
            self.0.push((name.clone(), secret.to_owned()));
        }
        name
    }
}

/// What is said of an exporter; `None` if a file cannot say it.
pub(super) fn exporter(exporter: &Exporter, signal: Signal, secrets: &mut Secrets) -> Option<(&'static str, Map)> {
    let said = match exporter {
        Exporter::Otlp(destination) => otlp(destination, signal, secrets),
        Exporter::OtlpStdout => ("otlp_file/development", Map::of("output_stream", Yaml::plain("stdout"))),
        Exporter::OtlpFile(Some(path)) => {
            ("otlp_file/development", Map::of("output_stream", Yaml::Text(format!("file://{}", path.display()))))
        }
        Exporter::OtlpFile(None) => return None,
        Exporter::Console => ("console", Map::default()),
        Exporter::Zipkin(destination) => {
            let endpoint = endpoint(&destination.endpoint, signal, secrets);
            ("zipkin", Map::of("endpoint", endpoint).with("timeout", millis(destination.timeout)))
        }
    };
    Some(said)
}

/// An exporter of metrics, with what it prefers.
pub(super) fn of_metrics(
    exporter: &Exporter,
    temporality: Temporality,
    exponential_histograms: bool,
    secrets: &mut Secrets,
) -> Option<Map> {
    let (name, settings) = self::exporter(exporter, Signal::Metrics, secrets)?;
    let preference = match temporality {
        Temporality::Delta => Some("delta"),
        Temporality::LowMemory => Some("low_memory"),
        _ => None,
    };
    let aggregation = exponential_histograms.then(|| Yaml::plain("base2_exponential_bucket_histogram"));
    let settings =
        settings.with_some("temporality_preference", preference.map(Yaml::plain)).with_some("default_histogram_aggregation", aggregation);
    Some(Map::of(name, settings))
}

/// The limit of an export, where the usual one would be shorter than that of a request, which holds.
pub(super) fn export_timeout(exporter: &Exporter) -> Option<Yaml> {
    let (Exporter::Otlp(destination) | Exporter::Zipkin(destination)) = exporter else { return None };
    destination.timeout.is_none_or(|timeout| timeout > EXPORT_TIMEOUT).then(|| Yaml::plain(0))
}

fn otlp(destination: &Destination, signal: Signal, secrets: &mut Secrets) -> (&'static str, Map) {
    let Destination { protocol, endpoint, headers, timeout, compression, tls, .. } = destination;
    let (name, encoding) = match protocol {
        Protocol::HttpProtobuf => ("otlp_http", None),
        Protocol::HttpJson => ("otlp_http", Some(Yaml::plain("json"))),
        Protocol::Grpc => ("otlp_grpc", None),
    };
    let path = |file: &Option<File>| file.as_ref().map(|file| Yaml::Text(file.shown()));
    let files = Map::default()
        .with_some("ca_file", path(&tls.certificate))
        .with_some("key_file", path(&tls.client_key))
        .with_some("cert_file", path(&tls.client_certificate));
    let compression = COMPRESSIONS.iter().skip(1).find(|(_, known)| known == compression).map(|(name, _)| Yaml::plain(name));
    let settings = Map::of("endpoint", self::endpoint(endpoint, signal, secrets))
        .with_some("encoding", encoding)
        .with_any("tls", files)
        .with_some("compression", compression)
        .with("timeout", millis(*timeout));
    (name, with_headers(settings, headers, secrets))
}

pub(super) fn millis(time: Option<Duration>) -> Yaml {
    Yaml::plain(time.unwrap_or_default().as_millis())
}

/// A URL, whose query may have a key in it.
fn endpoint(url: &Uri, signal: Signal, secrets: &mut Secrets) -> Yaml {
    let text = url.to_string();
    let Some((bare, query)) = text.split_once('?') else { return Yaml::Text(text) };
    let reference = secrets.reference(&format!("${{{}_ENDPOINT_QUERY}}", signal.name().to_ascii_uppercase()), query);
    Yaml::Reference(format!("{}?{reference}", bare.replace('$', "$$")))
}

fn with_headers(settings: Map, headers: &Headers, secrets: &mut Secrets) -> Map {
    let mut own = Vec::new();
    let mut list = None;
    for (name, reference) in &headers.references {
        if let Some(name) = name {
            let mut values = headers.values.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
            // Where a name is there several times, its references are as many, in the same order.
            let before = own.iter().filter(|(known, _)| *known == name).count();
            let secret = values.nth(before).map(HeaderValue::as_bytes).unwrap_or_default();
            own.push((name, secrets.reference(reference, &String::from_utf8_lossy(secret))));
        } else {
            // A list is always that of a variable.
            list = Some(secrets.reference(reference, reference));
        }
    }
    let header = |(name, reference): (&HeaderName, String)| {
        Map::of("name", Yaml::text(name.as_str())).with("value", Yaml::Reference(reference)).into()
    };
    let own: Vec<Yaml> = own.into_iter().map(header).collect();
    settings.with_some("headers", (!own.is_empty()).then_some(Yaml::List(own))).with_some("headers_list", list.map(Yaml::Reference))
}
