//! OTLP over gRPC (OTLP specification, "OTLP/gRPC": <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc>).
//!
//! A unary call is one HTTP/2 request: the same bytes as over HTTP behind a prefix of five, and the status in the trailers
//! (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::Signal;
use super::http::accepted;
use super::transport::{self, Accepted, Destination, Failure, Reply, Transport, Wire};

#[allow(clippy::unnecessary_wraps, reason = "the same signature as where the feature is off")]
pub(super) fn transport(signal: Signal, destination: &Destination) -> Result<Transport, String> {
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).timer(TokioTimer::new()).http2_only(true).build_http();
    Ok(Transport::new(client, Box::new(Grpc { method: method(signal) }), destination))
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

/// Not compressed, and the length of the message.
const PREFIX: usize = 5;

impl Wire for Grpc {
    fn request(&self, endpoint: &Uri, body: Bytes) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut framed = BytesMut::with_capacity(PREFIX + body.len());
        framed.put_u8(0);
        framed.put_u32(u32::try_from(body.len()).unwrap_or(u32::MAX));
        framed.put(body);
        let mut uri = endpoint.clone().into_parts();
        uri.path_and_query = Some(self.method.parse()?);
        Request::builder()
            .method(Method::POST)
            .uri(Uri::from_parts(uri)?)
            .header(CONTENT_TYPE, "application/grpc")
            .header(TE, "trailers")
            .header(USER_AGENT, transport::USER_AGENT)
            .body(Full::new(framed.freeze()))
    }

    fn verdict(&self, reply: &Reply) -> Result<Accepted, Failure> {
        if reply.status != StatusCode::OK {
            return Err(without_status(reply.status));
        }
        match code(&reply.headers) {
            Some(0) => accepted(reply.body.get(PREFIX..).unwrap_or_default()),
            Some(code) if is_retryable(code) => Err(Failure::retryable(format!("gRPC status {}", name(code)))),
            Some(code) => Err(Failure::is_final(format!("gRPC status {}", name(code)))),
            None => Err(Failure::is_final("the reply has no gRPC status; is this a gRPC endpoint?")),
        }
    }
}

/// What speaks HTTP but not gRPC, such as a proxy whose backend is away.
fn without_status(status: StatusCode) -> Failure {
    let cause = format!("HTTP status {status} instead of a gRPC one");
    if transport::is_retryable(status) { Failure::retryable(cause) } else { Failure::is_final(cause) }
}

fn code(headers: &HeaderMap) -> Option<u8> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

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
        Grpc { method: method(Signal::Traces) }.verdict(&reply)
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
    fn a_reply_without_a_status_is_not_a_success() {
        let grpc = Grpc { method: method(Signal::Logs) };
        assert!(matches!(grpc.verdict(&Reply::default()), Err(Failure::Final { .. })));
    }

    #[test]
    fn the_message_stands_behind_its_length() {
        let grpc = Grpc { method: method(Signal::Metrics) };
        let request = grpc.request(&Uri::from_static("http://localhost:4317"), Bytes::from_static(b"abc"));
        let uri = request.map(|request| request.uri().to_string()).unwrap_or_default();
        assert_eq!(uri, "http://localhost:4317/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
    }
}
