//! OTLP over HTTP with binary Protobuf (OTLP specification, "OTLP/HTTP": <https://opentelemetry.io/docs/specs/otlp/#otlphttp>).

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

use super::transport::{self, Accepted, Destination, Failure, Reply, Transport, Wire};

pub(super) fn transport(destination: &Destination) -> Transport {
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
    Transport::new(client, Box::new(HttpProtobuf), destination)
}

struct HttpProtobuf;

impl Wire for HttpProtobuf {
    fn request(&self, endpoint: &Uri, body: Bytes) -> Result<Request<Full<Bytes>>, http::Error> {
        Request::builder()
            .method(Method::POST)
            .uri(endpoint.clone())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .header(USER_AGENT, transport::USER_AGENT)
            .body(Full::new(body))
    }

    /// 429, 502, 503 and 504 may be tried again, nothing else.
    fn verdict(&self, reply: &Reply) -> Result<Accepted, Failure> {
        let status = reply.status;
        if status.is_success() {
            // Some servers answer in JSON whatever they were asked in. That they took the request is in the status.
            let is_json = reply.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
            return if is_json { Ok(Accepted::default()) } else { accepted(&reply.body) };
        }
        let cause = format!("HTTP status {status}");
        if transport::is_retryable(status) {
            Err(Failure::Retryable { cause, after: retry_after(&reply.headers) })
        } else {
            Err(Failure::is_final(cause))
        }
    }
}

/// Reads a response of any of the three services: the field that says what was rejected stands at the same place in all of them.
pub(super) fn accepted(body: &[u8]) -> Result<Accepted, Failure> {
    let response = ExportTraceServiceResponse::decode(body);
    let response = response.map_err(|_| Failure::is_final("the reply is not an OTLP response; is this an OTLP endpoint?"))?;
    let rejected = response.partial_success.map_or(0, |partial| partial.rejected_spans);
    Ok(Accepted { rejected: u64::try_from(rejected).unwrap_or(0) })
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn verdict(status: u16) -> Result<Accepted, Failure> {
        HttpProtobuf.verdict(&Reply { status: StatusCode::from_u16(status).unwrap_or_default(), ..Reply::default() })
    }

    #[test]
    fn only_four_status_codes_may_be_tried_again() {
        for status in 100..600 {
            let retryable = matches!(verdict(status), Err(Failure::Retryable { .. }));
            assert_eq!(retryable, [429, 502, 503, 504].contains(&status), "{status}");
            assert_eq!(verdict(status).is_ok(), (200..300).contains(&status), "{status}");
        }
    }

    #[test]
    fn a_reply_that_is_no_response_is_not_a_success() {
        let reply = Reply { body: Bytes::from_static(b"<html>"), ..Reply::default() };
        assert!(matches!(HttpProtobuf.verdict(&reply), Err(Failure::Final { .. })));
    }

    #[test]
    fn a_success_in_json_is_a_success() {
        let mut reply = Reply { body: Bytes::from_static(b"{}"), ..Reply::default() };
        reply.headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        assert_eq!(HttpProtobuf.verdict(&reply), Ok(Accepted::default()));
    }

    #[test]
    fn the_wait_that_a_server_asks_for_is_read() {
        let mut reply = Reply { status: StatusCode::SERVICE_UNAVAILABLE, ..Reply::default() };
        reply.headers.insert(RETRY_AFTER, http::HeaderValue::from_static("7"));
        let Err(Failure::Retryable { after, .. }) = HttpProtobuf.verdict(&reply) else { panic!("503 may be tried again") };
        assert_eq!(after, Some(Duration::from_secs(7)));
    }
}
