//! Exporters: who takes telemetry, and how it gets there.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use opentelemetry_sdk::metrics::Temporality;

use super::field::{Field, Section};
use crate::delivery::{Compression, Destination, File, Files, Headers, Protocol, Signal, is_pem};
use crate::setup::config::otlp::{AGGREGATIONS, COMPRESSIONS, TIMEOUT, UNUSED_FILE, port_of_another, unused_files, without_path};
use crate::setup::config::{Exporter, environment};
use crate::setup::env::pairs::{self, NoHeader};
use crate::setup::env::url;

/// An exporter, and what one of metrics says beside where it exports to.
pub(super) struct Exported {
    pub(super) exporter: Exporter,
    pub(super) temporality: Temporality,
    pub(super) exponential_histograms: bool,
}

/// Reads an exporter; `timeout` is what its processor or its reader says of an export.
pub(super) fn read(field: &Field<'_>, signal: Signal, timeout: Option<Duration>) -> Option<Exported> {
    let choices: &[&str] = match signal {
        Signal::Traces => &["otlp_http", "otlp_grpc", "otlp_file", "console", "zipkin"],
        Signal::Metrics | Signal::Logs => &["otlp_http", "otlp_grpc", "otlp_file", "console"],
    };
    field.section(|exporter| {
        let (choice, field) = exporter.component(choices)?;
        field.section(|section| {
            let exporter = match choice {
                "otlp_http" => Exporter::Otlp(Box::new(otlp_http(section, signal, timeout))),
                "otlp_grpc" => Exporter::Otlp(Box::new(otlp_grpc(section, signal, timeout))),
                "otlp_file" => output(section)?,
                "zipkin" => Exporter::Zipkin(Box::new(zipkin(section, timeout))),
                _ => Exporter::Console,
            };
            let (temporality, exponential_histograms) = preferences(section, signal, &exporter);
            Some(Exported { exporter, temporality, exponential_histograms })
        })?
    })?
}

fn preferences(section: &Section<'_>, signal: Signal, exporter: &Exporter) -> (Temporality, bool) {
    const PREFERENCES: &[(&str, Temporality)] =
        &[("cumulative", Temporality::Cumulative), ("delta", Temporality::Delta), ("low_memory", Temporality::LowMemory)];
    if signal != Signal::Metrics {
        return (Temporality::Cumulative, false);
    }
    let temporality = section.value("temporality_preference").map(|field| (field.word(PREFERENCES).unwrap_or_default(), field));
    if let Some((Temporality::Delta | Temporality::LowMemory, field)) = &temporality
        && *exporter == Exporter::Console
    {
        field.warn("the console shows totals, whatever the preference");
    }
    let aggregation = section.value("default_histogram_aggregation").and_then(|field| field.word(AGGREGATIONS));
    (temporality.map_or(Temporality::Cumulative, |(temporality, _)| temporality), aggregation.unwrap_or(false))
}

fn otlp_http(section: &Section<'_>, signal: Signal, timeout: Option<Duration>) -> Destination {
    const ENCODINGS: &[(&str, Protocol)] = &[("protobuf", Protocol::HttpProtobuf), ("json", Protocol::HttpJson)];
    let protocol = section.value("encoding").and_then(|encoding| encoding.word(ENCODINGS)).unwrap_or(Protocol::HttpProtobuf);
    let default = match signal {
        Signal::Traces => "http://localhost:4318/v1/traces",
        Signal::Metrics => "http://localhost:4318/v1/metrics",
        Signal::Logs => "http://localhost:4318/v1/logs",
    };
    let tls = section.value("tls").and_then(|tls| tls.section(files)).unwrap_or_default();
    destination(section, signal, timeout, Way { protocol, default, default_scheme: None, tls })
}

fn otlp_grpc(section: &Section<'_>, signal: Signal, timeout: Option<Duration>) -> Destination {
    let tls = section.value("tls").and_then(|tls| {
        tls.section(|section| (files(section), section.value("insecure").and_then(|insecure| insecure.boolean()).unwrap_or(false)))
    });
    let (tls, insecure) = tls.unwrap_or_default();
    let default_scheme = Some(if insecure { "http" } else { "https" });
    destination(section, signal, timeout, Way { protocol: Protocol::Grpc, default: "http://localhost:4317", default_scheme, tls })
}

/// What differs between the protocols.
struct Way {
    protocol: Protocol,
    default: &'static str,
    /// Of a URL that has none.
    default_scheme: Option<&'static str>,
    tls: Files,
}

fn destination(section: &Section<'_>, signal: Signal, timeout: Option<Duration>, way: Way) -> Destination {
    let Way { protocol, default, default_scheme, tls } = way;
    let field = section.value("endpoint");
    let url = field.as_ref().and_then(|field| endpoint(field, default_scheme));
    let destination = Destination {
        protocol,
        endpoint: url.unwrap_or_else(|| Uri::from_static(default)),
        headers: headers(section),
        timeout: shorter(section, timeout),
        compression: section.value("compression").and_then(|compression| compression.word(COMPRESSIONS)).unwrap_or(Compression::None),
        tls,
        stated: section.stated(),
    };
    if let Some(field) = field {
        let doubts = [without_path(&destination.endpoint, protocol, signal), port_of_another(&destination)];
        doubts.into_iter().flatten().for_each(|doubt| field.warn(doubt));
    }
    if unused_files(&destination).next().is_some()
        && let Some(tls) = section.value("tls")
    {
        tls.warn(UNUSED_FILE);
    }
    destination
}

/// The shorter of two times, as where variables say them.
fn shorter(section: &Section<'_>, of_export: Option<Duration>) -> Option<Duration> {
    [section.timeout("timeout", TIMEOUT), of_export].into_iter().flatten().min()
}

/// What is no URL may still contain a password, so no problem repeats it.
fn endpoint(field: &Field<'_>, default_scheme: Option<&str>) -> Option<Uri> {
    let text = field.text()?;
    url::parse(&text, default_scheme).map_err(|problem| field.error(problem)).ok()
}

fn files(section: &Section<'_>) -> Files {
    let file = |key: &'static str| {
        let field = section.value(key)?;
        if is_pem(&field.text()?) {
            // It may be a key, so it is not repeated.
            field.error("this is a text of PEM; expected is the path of a file that has it");
            return None;
        }
        Some(File { path: PathBuf::from(field.text()?), variable: field.named() })
    };
    Files { certificate: file("ca_file"), client_certificate: file("cert_file"), client_key: file("key_file") }
}

/// Those of `headers`, and those of `headers_list` that are not among them. Values are secrets: no message repeats them.
fn headers(section: &Section<'_>) -> Headers {
    let mut own = Headers::default();
    for item in section.value("headers").iter().flat_map(Field::items) {
        item.section(|item| header(item, &mut own));
    }
    let Some(field) = section.value("headers_list") else { return own };
    let Some(text) = field.text() else { return own };
    let pairs::List { headers: mut listed, problems } = pairs::headers(&text);
    for problem in problems {
        field.warn(problem);
    }
    listed.retain(|(name, _)| own.values.iter().all(|(known, _)| known != name));
    let mut references = match field.reference() {
        _ if listed.is_empty() => Vec::new(),
        Some(reference) => vec![(None, reference.to_owned())],
        None => listed.iter().map(|(name, _)| (Some(name.clone()), placeholder(name.as_str()))).collect(),
    };
    listed.append(&mut own.values);
    references.append(&mut own.references);
    Headers { values: listed, references }
}

fn header(section: &Section<'_>, headers: &mut Headers) {
    let name = section.required("name").and_then(|name| name.text());
    let Some(field) = section.required("value") else { return };
    let (Some(name), false) = (name, field.is_null()) else { return };
    let Some(value) = field.text() else { return };
    match pairs::header(&name, &value) {
        Ok((name, value)) => {
            let reference = field.reference().map_or_else(|| placeholder(name.as_str()), str::to_owned);
            headers.references.push((Some(name.clone()), reference));
            headers.values.push((name, value));
        }
        Err(NoHeader::Framing(name)) => field.warn(format!("`{name}` is for the exporter to set; it is ignored")),
        Err(NoHeader::Malformed) => field.error("this is not a header: the name, or the value, has characters that none has"),
    }
}

/// The variable that stands for a secret where a file has it in plain text.
fn placeholder(header: &str) -> String {
    let name: String =
        header.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' }).collect();
    format!("${{HEADER_{name}}}")
}

fn output(section: &Section<'_>) -> Option<Exporter> {
    let Some(field) = section.value("output_stream") else { return Some(Exporter::OtlpStdout) };
    let text = field.text()?;
    if text == "stdout" {
        return Some(Exporter::OtlpStdout);
    }
    let path = text.strip_prefix("file://").filter(|path| !path.is_empty());
    if path.is_none() {
        field.error("this is neither `stdout` nor a file like `file:///var/log/traces.jsonl`");
    }
    path.map(|path| Exporter::OtlpFile(Some(PathBuf::from(path))))
}

fn zipkin(section: &Section<'_>, timeout: Option<Duration>) -> Destination {
    let url = section.value("endpoint").and_then(|field| endpoint(&field, None));
    let default = environment::zipkin_at(url);
    Destination { timeout: shorter(section, timeout), stated: section.stated(), ..default }
}
