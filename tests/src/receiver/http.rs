//! OTLP/HTTP with binary protobuf bodies.

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

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

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
        Ok((headers, message)) => write::<T>(session.handle(headers, message.into_body()).await),
        Err(status) => refuse(session, &description, status),
    }
}

/// The headers and the decoded body, or the status to refuse the request with.
async fn read<T: Export>(request: Request<Incoming>) -> Result<(HeaderMap, T), StatusCode> {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let content_type = parts.headers.get(CONTENT_TYPE);
    if content_type != Some(&PROTOBUF) || parts.headers.contains_key(CONTENT_ENCODING) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let body = body.collect().await.map_err(|_| StatusCode::BAD_REQUEST)?;
    let message = T::decode(body.to_bytes()).map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok((parts.headers, message))
}

fn write<T: Export>(answer: Answer) -> Response<Body> {
    match answer {
        Answer::Success(partial) => protobuf(T::answer(partial).encode_to_vec().into()),
        Answer::Reply { encoding, body } => {
            let mut response = protobuf(body);
            response.headers_mut().extend(encoding.map(|encoding| (CONTENT_ENCODING, encoding)));
            response
        }
        Answer::Error { http, headers, .. } => {
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

fn protobuf(body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(body)));
    response.headers_mut().insert(CONTENT_TYPE, PROTOBUF);
    response
}

/// An error. An empty body is the encoding of an empty `google.rpc.Status`,
/// which is what OTLP wants here.
fn empty(status: StatusCode) -> Response<Body> {
    let mut response = protobuf(Bytes::new());
    *response.status_mut() = status;
    response
}
