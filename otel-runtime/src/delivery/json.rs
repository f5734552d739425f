//! OTLP in JSON (OTLP specification, "JSON Protobuf Encoding": <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).
//!
//! What is queued and spooled is Protobuf whatever the protocol, so that the next run can send it by another. Its JSON is written from that, by a
//! table of the messages.

mod encode;
mod schema;
mod packed;

use serde_json::Value;

use super::Signal;
use super::http::MAX_MESSAGE;
use super::transport::{Accepted, Recode};

/// What makes JSON of the encoded requests of a signal.
#[allow(clippy::unnecessary_wraps, reason = "the same signature as where the feature is off")]
pub(super) fn recode(signal: Signal) -> Result<Recode, String> {
    Ok(match signal {
        Signal::Traces => |request| to_json(&schema::TRACES, request),
        Signal::Metrics => |request| to_json(&schema::METRICS, request),
        Signal::Logs => |request| to_json(&schema::LOGS, request),
    })
}

fn to_json(message: &schema::Message, request: &[u8]) -> Result<Vec<u8>, String> {
    // Names and hexadecimal ids take room, mostly once or twice as much again. Requests are divided by their Protobuf: in JSON one may be over 4 MiB.
    let mut json = Vec::with_capacity(request.len() * 2);
    encode::write(&mut json, message, request).map_err(|error| format!("a request cannot be written in JSON: {error}"))?;
    Ok(json)
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
