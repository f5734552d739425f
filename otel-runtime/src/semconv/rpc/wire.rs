//! What gRPC says in headers and trailers ("gRPC over HTTP2", <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).

use std::time::Duration;

use ::http::header::CONTENT_TYPE;
use ::http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode;
use tonic::Code;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// Whether a request is a call of gRPC: gRPC-Web has its trailers elsewhere, and is translated in front of a service.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|text| text.to_str().ok());
    let rest = text.and_then(|text| text.strip_prefix("application/grpc"));
    rest.is_some_and(|rest| matches!(rest.as_bytes().first(), None | Some(b'+' | b';')))
}

/// The code in headers or trailers, if there is one; one that nobody knows is `Unknown`.
pub(crate) fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get(STATUS).map(|code| Code::from_bytes(code.as_bytes()))
}

/// What is said of the code; empty if nothing is.
pub(crate) fn message(headers: &HeaderMap) -> String {
    let message = headers.get(MESSAGE).map(|message| percent_decode(message.as_bytes()).decode_utf8_lossy().into_owned());
    message.unwrap_or_default()
}

/// How long a caller waits for the end of a call, if it says so.
///
/// Input: `100m`. Output: 100 ms.
pub(crate) fn deadline(headers: &HeaderMap) -> Option<Duration> {
    let (value, unit) = headers.get(TIMEOUT)?.to_str().ok()?.split_at_checked(headers.get(TIMEOUT)?.len().checked_sub(1)?)?;
    // The specification has it so: any more could be too much for a number.
    if value.is_empty() || value.len() > 8 || !value.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let value = value.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(3600 * value),
        "M" => Duration::from_secs(60 * value),
        "S" => Duration::from_secs(value),
        "m" => Duration::from_millis(value),
        "u" => Duration::from_micros(value),
        "n" => Duration::from_nanos(value),
        _ => return None,
    })
}
