//! OTLP/HTTP, in binary Protobuf or JSON, and compressed or not.

use std::io::Read;

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue},
};
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest,
};
use prost::Message;
use tonic::body::Body;

use super::{
    ledger::{Answer, Session},
    record::Export,
};

/// What a body is in; the answer is in the same.
#[derive(Clone, Copy)]
enum Format {
    Protobuf,
    Json,
}

impl Format {
    fn of(headers: &HeaderMap) -> Option<Self> {
        [Self::Protobuf, Self::Json].into_iter().find(|format| headers.get(CONTENT_TYPE) == Some(&format.content_type()))
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        })
    }

    fn read<T: Export>(self, body: &[u8]) -> Option<T> {
        match self {
            Self::Protobuf => T::decode(body).ok(),
            Self::Json => serde_json::from_slice(body).ok(),
        }
    }

    fn write(self, message: &(impl Message + serde::Serialize)) -> Bytes {
        match self {
            Self::Protobuf => message.encode_to_vec().into(),
            Self::Json => serde_json::to_vec(message).expect("messages can be written").into(),
        }
    }
}

pub(super) async fn answer(session: &Session, request: Request<Incoming>) -> Response<Body> {
    match request.uri().path() {
        "/v1/traces" => export::<ExportTraceServiceRequest>(session, request).await,
        "/v1/metrics" => export::<ExportMetricsServiceRequest>(session, request).await,
        "/v1/logs" => export::<ExportLogsServiceRequest>(session, request).await,
        _ => refuse(session, &describe(&request), StatusCode::NOT_FOUND),
    }
}

async fn export<T: Export>(session: &Session, request: Request<Incoming>) -> Response<Body> {
    let description = describe(&request);
    match read::<T>(request).await {
        Ok(Whole { format, headers, size, message }) => write::<T>(format, session.handle(headers, size, message.into_body()).await),
        Err(status) => refuse(session, &description, status),
    }
}

/// What a request is.
struct Whole<T> {
    format: Format,
    headers: HeaderMap,
    /// Of the body, without its compression.
    size: usize,
    message: T,
}

/// The request, or the status to refuse it with.
async fn read<T: Export>(request: Request<Incoming>) -> Result<Whole<T>, StatusCode> {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let format = Format::of(&parts.headers).ok_or(StatusCode::UNSUPPORTED_MEDIA_TYPE)?;
    let body = body.collect().await.map_err(|_| StatusCode::BAD_REQUEST)?.to_bytes();
    let body = expand(parts.headers.get(CONTENT_ENCODING), body)?;
    let message = format.read(&body).ok_or(StatusCode::BAD_REQUEST)?;
    Ok(Whole { format, headers: parts.headers, size: body.len(), message })
}

/// The body without its compression.
fn expand(encoding: Option<&HeaderValue>, body: Bytes) -> Result<Bytes, StatusCode> {
    let mut expanded = Vec::new();
    let read = match encoding.map(HeaderValue::as_bytes) {
        None => return Ok(body),
        Some(b"gzip") => flate2::read::GzDecoder::new(&*body).read_to_end(&mut expanded),
        Some(b"zstd") => zstd::Decoder::new(&*body).and_then(|mut decoder| decoder.read_to_end(&mut expanded)),
        Some(_) => return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
    };
    read.map(|_| expanded.into()).map_err(|_| StatusCode::BAD_REQUEST)
}

fn write<T: Export>(format: Format, answer: Answer) -> Response<Body> {
    match answer {
        Answer::Success(partial) => content(format, format.write(&T::answer(partial))),
        Answer::Reply { encoding, body } => {
            let mut response = content(format, body);
            response.headers_mut().extend(encoding.map(|encoding| (CONTENT_ENCODING, encoding)));
            response
        }
        Answer::Error { http, headers, .. } | Answer::Proxy { http, headers } => {
            let status = StatusCode::from_u16(http).expect("behaviours are checked when set");
            let mut response = empty(status);
            response.headers_mut().extend(headers);
            response
        }
    }
}

fn refuse(session: &Session, description: &str, status: StatusCode) -> Response<Body> {
    session.refuse(format!("{description}: {status}"));
    let mut response = empty(status);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = HeaderValue::from_static("POST");
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

fn describe(request: &Request<Incoming>) -> String {
    format!("{} {}", request.method(), request.uri().path())
}

fn content(format: Format, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(body)));
    response.headers_mut().insert(CONTENT_TYPE, format.content_type());
    response
}

/// An error. An empty body is the encoding of an empty `google.rpc.Status`,
/// which is what OTLP wants here.
fn empty(status: StatusCode) -> Response<Body> {
    let mut response = content(Format::Protobuf, Bytes::new());
    *response.status_mut() = status;
    response
}
