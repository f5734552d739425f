//! OTLP over HTTP, in binary Protobuf or in JSON (OTLP specification, "OTLP/HTTP": <https://opentelemetry.io/docs/specs/otlp/#otlphttp>).

use std::time::SystemTime;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

use super::destination::{Destination, Protocol, Stated};
use super::network::{self, Network, Reply, Wire};
use super::tls::Tls;
use super::transport::{Accepted, Failure, Prepared, Recode};
use super::{Signal, json, retry};

pub(super) fn otlp(signal: Signal, destination: &Destination) -> Result<Network, String> {
    let format = if destination.protocol == Protocol::HttpJson { Format::Json(json::recode(signal)?) } else { Format::Protobuf };
    network(format, destination)
}

/// What is delivered is in Zipkin's format already.
pub(super) fn zipkin(destination: &Destination) -> Result<Network, String> {
    network(Format::Zipkin, destination)
}

fn network(format: Format, destination: &Destination) -> Result<Network, String> {
    let tls = Tls::new(destination, b"http/1.1")?;
    let connector = tls.connector.clone();
    let connect = move || Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector.clone());
    Network::new(Box::new(connect), tls, Box::new(Http(format)), destination)
}

struct Http(Format);

/// What the bodies of requests are in.
enum Format {
    Protobuf,
    Json(Recode),
    Zipkin,
}

impl Wire for Http {
    fn recode(&self) -> Option<Recode> {
        match self.0 {
            Format::Protobuf | Format::Zipkin => None,
            Format::Json(recode) => Some(recode),
        }
    }

    fn request(&self, endpoint: &Uri, prepared: Prepared) -> Result<Request<Full<Bytes>>, http::Error> {
        let content_type = match self.0 {
            Format::Protobuf => "application/x-protobuf",
            Format::Json(_) | Format::Zipkin => "application/json",
        };
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(endpoint.clone())
            .header(CONTENT_TYPE, content_type)
            .header(USER_AGENT, network::USER_AGENT);
        if let Some(encoding) = prepared.encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        request.body(Full::new(prepared.body))
    }

    fn hint(&self, cause: &str, stated: &Stated) -> Option<String> {
        // What comes from a server of HTTP/2 alone, as those of gRPC are: before it was asked, or then.
        let is_other = cause.contains("invalid HTTP version") || cause.contains("unexpected message");
        is_other.then(|| format!("is this a port of gRPC, for {}?", stated.protocol(Protocol::Grpc)))
    }

    fn is_said_by_status(&self, status: StatusCode) -> bool {
        !network::is_retryable(status)
    }

    /// 429, 502, 503 and 504 may be tried again, nothing else.
    fn verdict(&self, reply: &Reply, _: usize) -> Result<Accepted, Failure> {
        let status = reply.status;
        if status.is_success() && matches!(self.0, Format::Zipkin) {
            // It has no more to say than that.
            return Ok(Accepted::default());
        }
        if status.is_success() {
            // Some servers answer in JSON whatever they were asked in, or compressed though they were not asked for that. That they took the
            // request is in the status; nothing is expanded to find out more.
            let is_json = reply.headers.get(CONTENT_TYPE).map_or(matches!(self.0, Format::Json(_)), is_json);
            let is_encoded = reply.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
            return match (is_encoded, is_json) {
                (true, _) => Ok(Accepted::default()),
                (false, true) => Ok(json::accepted(&reply.body)),
                (false, false) => accepted(&reply.body),
            };
        }
        let cause = format!("HTTP status {status}");
        if network::is_retryable(status) {
            Err(Failure::Retryable { cause, after: retry::asked(&reply.headers, SystemTime::now()) })
        } else {
            Err(Failure::is_final(cause))
        }
    }
}

/// Whether a content type is that of JSON, in any case and with whatever parameters.
fn is_json(kind: &HeaderValue) -> bool {
    const JSON: &[u8] = b"application/json";
    kind.as_bytes().get(..JSON.len()).is_some_and(|kind| kind.eq_ignore_ascii_case(JSON))
}

/// Reads a response of any of the three services: the field that says what was rejected stands at the same place in all of them.
pub(super) fn accepted(body: &[u8]) -> Result<Accepted, Failure> {
    let response = ExportTraceServiceResponse::decode(body);
    let response = response.map_err(|_| Failure::is_final("the reply is not an OTLP response; is this an OTLP endpoint?"))?;
    let Some(partial) = response.partial_success else { return Ok(Accepted::default()) };
    let message = partial.error_message.chars().take(MAX_MESSAGE).collect::<String>();
    Ok(Accepted {
        rejected: u64::try_from(partial.rejected_spans).unwrap_or(0),
        message: Some(message).filter(|message| !message.is_empty()),
    })
}

/// How many characters are shown of what a backend says.
pub(super) const MAX_MESSAGE: usize = 500;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::header::RETRY_AFTER;

    use super::*;

    fn verdict(status: u16) -> Result<Accepted, Failure> {
        Http(Format::Protobuf).verdict(&Reply { status: StatusCode::from_u16(status).unwrap_or_default(), ..Reply::default() }, 0)
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
        assert!(matches!(Http(Format::Protobuf).verdict(&reply, 0), Err(Failure::Final { .. })));
    }

    #[test]
    fn a_success_in_json_is_a_success() {
        for kind in ["application/json", "Application/JSON; charset=utf-8"] {
            let mut reply = Reply { body: Bytes::from_static(b"{}"), ..Reply::default() };
            reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            assert_eq!(Http(Format::Protobuf).verdict(&reply, 0), Ok(Accepted::default()), "{kind}");
        }
    }

    #[test]
    fn a_reply_that_does_not_say_what_it_is_in_is_in_what_was_asked() {
        let reply = Reply { body: Bytes::from_static(b"{}"), ..Reply::default() };
        assert_eq!(Http(Format::Json(|_, _| Ok(Vec::new()))).verdict(&reply, 0), Ok(Accepted::default()));
        assert!(Http(Format::Protobuf).verdict(&reply, 0).is_err());
    }

    #[test]
    fn a_success_in_an_encoding_that_was_not_asked_for_is_a_success() {
        let mut reply = Reply { body: Bytes::from_static(b"\x1f\x8b"), ..Reply::default() };
        reply.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(Http(Format::Protobuf).verdict(&reply, 0), Ok(Accepted::default()));
    }

    #[test]
    fn the_wait_that_a_server_asks_for_is_read() {
        let mut reply = Reply { status: StatusCode::SERVICE_UNAVAILABLE, ..Reply::default() };
        reply.headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        let Err(Failure::Retryable { after, .. }) = Http(Format::Protobuf).verdict(&reply, 0) else { panic!("503 may be tried again") };
        assert_eq!(after, Some(Duration::from_secs(7)));
    }
}
