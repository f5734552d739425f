//! OTLP in JSON (OTLP specification, "JSON Protobuf Encoding": <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).
//!
//! What is queued and spooled is Protobuf whatever the protocol, so that the next run can send it by another.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::Value;

use super::Signal;
use super::http::MAX_MESSAGE;
use super::transport::{Accepted, Recode};

/// What makes JSON of the encoded requests of a signal.
#[allow(clippy::unnecessary_wraps, reason = "the same signature as where the feature is off")]
pub(super) fn recode(signal: Signal) -> Result<Recode, String> {
    Ok(match signal {
        Signal::Traces => to_json::<ExportTraceServiceRequest>,
        Signal::Metrics => to_json::<ExportMetricsServiceRequest>,
        Signal::Logs => to_json::<ExportLogsServiceRequest>,
    })
}

fn to_json<T: Message + Default + serde::Serialize>(request: &[u8]) -> Result<Vec<u8>, String> {
    let request = T::decode(request).map_err(|error| format!("a request cannot be read again: {error}"))?;
    serde_json::to_vec(&request).map_err(|error| format!("a request cannot be written in JSON: {error}"))
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
mod tests {
    use super::*;

    #[test]
    fn what_was_rejected_is_read() {
        let cases: [(&[u8], u64, Option<&str>); 6] = [
            (b"{}", 0, None),
            (b"", 0, None),
            (b"[1]", 0, None),
            (br#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#, 3, Some("too old")),
            (br#"{"partialSuccess":{"rejectedLogRecords":4}}"#, 4, None),
            (br#"{"partialSuccess":{"rejectedDataPoints":-1,"errorMessage":""}}"#, 0, None),
        ];
        for (reply, rejected, message) in cases {
            assert_eq!(accepted(reply), Accepted { rejected, message: message.map(str::to_owned) });
        }
    }
}
