//! OTLP over gRPC (OTLP specification, "OTLP/gRPC": <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc>).
//!
//! A unary call is one HTTP/2 request: the same bytes as over HTTP behind a prefix of five, and the status in the trailers
//! (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use prost::Message;

use super::Signal;
use super::destination::{Destination, Protocol, Stated};
use super::divide::MAX_REQUEST;
use super::http::accepted;
use super::network::{self, Network, Reply, Wire};
use super::tls::Tls;
use super::transport::{Accepted, Failure, Prepared};
use crate::own;

pub(super) fn otlp(signal: Signal, destination: &Destination) -> Result<Network, String> {
    let tls = Tls::new(destination, b"h2")?;
    let connector = tls.connector.clone();
    let connect = move || {
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).timer(TokioTimer::new()).http2_only(true).build(connector.clone())
    };
    Network::new(Box::new(connect), tls, Box::new(Grpc { method: method(signal) }), destination)
}

fn method(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    }
}

struct Grpc {
    method: &'static str,
}

/// Whether it is compressed, and the length of the message.
const PREFIX: usize = 5;

impl Wire for Grpc {
    fn frame(&self, body: Bytes, is_compressed: bool) -> Bytes {
        let mut framed = BytesMut::with_capacity(PREFIX + body.len());
        framed.put_u8(is_compressed.into());
        framed.put_u32(u32::try_from(body.len()).unwrap_or(u32::MAX));
        framed.put(body);
        framed.freeze()
    }

    fn request(&self, endpoint: &Uri, prepared: Prepared) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut uri = endpoint.clone().into_parts();
        uri.path_and_query = Some(self.method.parse()?);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(Uri::from_parts(uri)?)
            .header(CONTENT_TYPE, "application/grpc")
            .header(TE, "trailers")
            .header(USER_AGENT, network::USER_AGENT);
        if let Some(encoding) = prepared.encoding {
            request = request.header("grpc-encoding", encoding);
        }
        request.body(Full::new(prepared.body))
    }

    fn hint(&self, cause: &str, stated: &Stated) -> Option<String> {
        // What a server of HTTP/1.1 says, read as HTTP/2.
        let is_other = cause.contains("frame with invalid size") || cause.contains("http2 error");
        is_other.then(|| format!("is this a port of HTTP, for {}, or one of TLS?", stated.protocol(Protocol::HttpProtobuf)))
    }

    /// It is in the trailers.
    fn is_said_by_status(&self, _: StatusCode) -> bool {
        false
    }

    fn status(&self, reply: &Reply) -> own::Status {
        match code(&reply.headers).filter(|_| reply.status == StatusCode::OK) {
            Some(code) => own::Status::Rpc(NAMES.get(usize::from(code)).copied().unwrap_or("UNKNOWN")),
            None => own::Status::Http(reply.status.as_u16()),
        }
    }

    fn verdict(&self, reply: &Reply, length: usize) -> Result<Accepted, Failure> {
        if reply.status != StatusCode::OK {
            return Err(without_status(reply.status));
        }
        match code(&reply.headers) {
            // Compressed, though that was not asked for: what it took is in the status.
            Some(0) if reply.body.first().is_some_and(|flag| *flag != 0) => Ok(Accepted::default()),
            Some(0) => accepted(reply.body.get(PREFIX..).unwrap_or_default()),
            // Who takes no more than this says so, and never takes it: to try again would hold up what is small enough.
            Some(OUT_OF_RANGE) if length > MAX_REQUEST => {
                Err(Failure::is_final("gRPC status OUT_OF_RANGE for a request of more than 4 MiB"))
            }
            Some(code) => {
                let (cause, after) = (format!("gRPC status {}", name(code)), retry_info(&reply.headers));
                // RESOURCE_EXHAUSTED may pass, but only who says when knows that it does.
                let is_retryable = is_retryable(code) || (code == RESOURCE_EXHAUSTED && after.is_some());
                Err(if is_retryable { Failure::Retryable { cause, after } } else { Failure::is_final(cause) })
            }
            None => Err(Failure::is_final("the reply has no gRPC status; is this a gRPC endpoint?")),
        }
    }
}

/// What speaks HTTP but not gRPC, such as a proxy whose backend is away.
fn without_status(status: StatusCode) -> Failure {
    let cause = format!("HTTP status {status} instead of a gRPC one");
    if network::is_retryable(status) { Failure::retryable(cause) } else { Failure::is_final(cause) }
}

/// `google.rpc.Status`, as far as it is read.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Detail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`: its `retry_delay`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// How long the server asks to be left alone (OTLP specification, "OTLP/gRPC Throttling").
fn retry_info(headers: &HeaderMap) -> Option<Duration> {
    let encoded = headers.get("grpc-status-details-bin")?;
    // Padding may be there or not.
    let encoded = encoded.as_bytes().trim_ascii().split(|byte| *byte == b'=').next()?;
    let status = Status::decode(&*STANDARD_NO_PAD.decode(encoded).ok()?).ok()?;
    let info = status.details.iter().find(|detail| detail.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(&*info.value).ok()?.delay?;
    Some(Duration::new(u64::try_from(delay.seconds).ok()?, u32::try_from(delay.nanos).ok()?))
}

fn code(headers: &HeaderMap) -> Option<u8> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

const RESOURCE_EXHAUSTED: u8 = 8;

const OUT_OF_RANGE: u8 = 11;

/// The names of the codes from 0 to 16.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

fn name(code: u8) -> String {
    NAMES.get(usize::from(code)).map_or_else(|| code.to_string(), |name| (*name).to_owned())
}

/// `CANCELLED`, `DEADLINE_EXCEEDED`, `ABORTED`, `OUT_OF_RANGE`, `UNAVAILABLE` and `DATA_LOSS`.
fn is_retryable(code: u8) -> bool {
    matches!(code, 1 | 4 | 10 | 11 | 14 | 15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn verdict(code: &'static str) -> Result<Accepted, Failure> {
        let mut reply = Reply::default();
        reply.headers.insert("grpc-status", HeaderValue::from_static(code));
        Grpc { method: method(Signal::Traces) }.verdict(&reply, 0)
    }

    #[test]
    fn the_codes_that_may_be_tried_again() {
        let codes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17"];
        for (number, code) in codes.into_iter().enumerate() {
            let retryable = matches!(verdict(code), Err(Failure::Retryable { .. }));
            assert_eq!(retryable, [1, 4, 10, 11, 14, 15].contains(&number), "{code}");
            assert_eq!(verdict(code).is_ok(), number == 0, "{code}");
        }
    }

    #[test]
    fn what_is_longer_than_servers_take_is_not_tried_again() {
        for (length, is_final) in [(MAX_REQUEST, false), (MAX_REQUEST + 1, true)] {
            let mut reply = Reply::default();
            reply.headers.insert("grpc-status", HeaderValue::from_static("11"));
            let verdict = Grpc { method: method(Signal::Traces) }.verdict(&reply, length);
            assert_eq!(matches!(verdict, Err(Failure::Final { .. })), is_final, "{length}: {verdict:?}");
        }
    }

    #[test]
    fn an_exhausted_server_is_tried_again_when_it_says_so() {
        let info = RetryInfo { delay: Some(Delay { seconds: 7, nanos: 500_000_000 }) };
        let detail = Detail { type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(), value: info.encode_to_vec() };
        let details = base64::engine::general_purpose::STANDARD.encode(Status { details: vec![detail] }.encode_to_vec());
        for code in ["8", "14"] {
            let mut reply = Reply::default();
            reply.headers.insert("grpc-status", HeaderValue::from_static(code));
            reply.headers.insert("grpc-status-details-bin", HeaderValue::from_str(&details).unwrap_or_else(|error| panic!("{error}")));
            let Err(Failure::Retryable { after, .. }) = (Grpc { method: method(Signal::Traces) }).verdict(&reply, 0) else {
                panic!("{code} may be tried again")
            };
            assert_eq!(after, Some(Duration::from_millis(7500)));
        }
    }

    #[test]
    fn a_server_of_something_else_is_recognised() {
        let grpc = Grpc { method: method(Signal::Traces) };
        assert!(grpc.hint("connection error detected: frame with invalid size", &Stated::InVariables).is_some());
        assert!(grpc.hint("Connection refused (os error 111)", &Stated::InVariables).is_none());
    }

    #[test]
    fn a_reply_without_a_status_is_not_a_success() {
        let grpc = Grpc { method: method(Signal::Logs) };
        assert!(matches!(grpc.verdict(&Reply::default(), 0), Err(Failure::Final { .. })));
    }

    #[test]
    fn the_message_stands_behind_its_length() {
        let grpc = Grpc { method: method(Signal::Metrics) };
        for (is_compressed, flag) in [(false, 0), (true, 1)] {
            assert_eq!(*grpc.frame(Bytes::from_static(b"abc"), is_compressed), [flag, 0, 0, 0, 3, b'a', b'b', b'c']);
        }
        let prepared = Prepared { body: Bytes::new(), encoding: Some("gzip"), length: 0, items: 0 };
        let request = grpc.request(&Uri::from_static("http://localhost:4317"), prepared).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(request.headers()["grpc-encoding"], "gzip");
        let uri = request.uri().to_string();
        assert_eq!(uri, "http://localhost:4317/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
    }
}
