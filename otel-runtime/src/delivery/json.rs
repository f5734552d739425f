//! OTLP in JSON (OTLP specification, "JSON Protobuf Encoding": <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).
//!
//! What is queued and spooled is Protobuf whatever the protocol, so that the next run can send it by another. Its JSON is written from that, by a
//! table of the messages.

mod encode;
mod packed;
mod schema;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::Value;

use super::Signal;
use super::divide::{self, Divide};
use super::http::MAX_MESSAGE;
use super::queue::Parcel;
use super::transport::{Accepted, Recode};

/// What makes JSON of the encoded requests of a signal.
#[allow(clippy::unnecessary_wraps, reason = "the same signature as where the feature is off")]
pub(super) fn recode(signal: Signal) -> Result<Recode, String> {
    Ok(match signal {
        Signal::Traces => |request, max| divided::<ExportTraceServiceRequest>(&schema::TRACES, &request, max),
        Signal::Metrics => |request, max| divided::<ExportMetricsServiceRequest>(&schema::METRICS, &request, max),
        Signal::Logs => |request, max| divided::<ExportLogsServiceRequest>(&schema::LOGS, &request, max),
    })
}

/// The request in JSON. Names and hexadecimal ids take room, mostly once or twice as much again: what was divided by its Protobuf may have to be
/// divided once more.
fn divided<R: Divide + Message + Default>(message: &schema::Message, request: &Parcel, max: usize) -> Result<Vec<Parcel>, String> {
    let json = to_json(message, &request.body)?;
    if json.len() <= max || request.items <= 1 {
        return Ok(vec![Parcel { body: json.into(), items: request.items }]);
    }
    let request = R::decode(request.body.clone()).map_err(unwritable)?;
    divide::encoded(request, max, |part| to_json(message, &part.encode_to_vec()))
}

fn to_json(message: &schema::Message, request: &[u8]) -> Result<Vec<u8>, String> {
    let mut json = Vec::with_capacity(request.len() * 2);
    encode::write(&mut json, message, request).map_err(unwritable)?;
    Ok(json)
}

fn unwritable(error: impl std::fmt::Display) -> String {
    format!("a request cannot be written in JSON: {error}")
}

/// What was rejected of a request that was taken; a reply that says nothing of it that can be read says that nothing was.
pub(super) fn accepted(reply: &[u8]) -> Accepted {
    let reply: Value = serde_json::from_slice(reply).unwrap_or_default();
    let partial = &reply["partialSuccess"];
    let rejected = ["rejectedSpans", "rejectedDataPoints", "rejectedLogRecords"].iter().find_map(|key| number(&partial[key]));
    let message = partial["errorMessage"].as_str().unwrap_or_default().chars().take(MAX_MESSAGE).collect::<String>();
    Accepted { rejected: rejected.unwrap_or(0), message: Some(message).filter(|message| !message.is_empty()) }
}

/// 64-bit numbers are texts in this encoding, and readers take both.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests;
