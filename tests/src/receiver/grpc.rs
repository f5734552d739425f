//! OTLP/gRPC, on the services generated from the protocol's definition.

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::HeaderValue,
};
use opentelemetry_proto::tonic::collector::{
    logs::v1::{
        ExportLogsServiceRequest, ExportLogsServiceResponse,
        logs_service_server::{self, LogsService, LogsServiceServer},
    },
    metrics::v1::{
        ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{self, MetricsService, MetricsServiceServer},
    },
    trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{self, TraceService, TraceServiceServer},
    },
};
use tonic::{
    Status,
    body::Body,
    codegen::{CompressionEncoding, Service},
    metadata::MetadataMap,
};

use super::{
    ledger::{Answer, Session},
    record::Export,
};

/// Marks a response that is to be replaced: the generated services can only
/// send messages that decode, and speak nothing but gRPC.
#[derive(Clone)]
enum Replaced {
    Message { encoding: Option<HeaderValue>, body: Bytes },
    Status { http: StatusCode, headers: HeaderMap },
}

/// The generated services share no trait that has this.
macro_rules! expanding {
    ($service:expr) => {
        $service.accept_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Zstd)
    };
}

pub(super) async fn answer(session: Session, request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path();
    let service = path.trim_start_matches('/').split('/').next();
    let Ok(response) = match service {
        Some(trace_service_server::SERVICE_NAME) => expanding!(TraceServiceServer::new(session)).call(request).await,
        Some(metrics_service_server::SERVICE_NAME) => expanding!(MetricsServiceServer::new(session)).call(request).await,
        Some(logs_service_server::SERVICE_NAME) => expanding!(LogsServiceServer::new(session)).call(request).await,
        _ => {
            session.refuse(format!("gRPC {path}: unimplemented"));
            Ok(Status::unimplemented("not an OTLP service").into_http())
        }
    };
    match response.extensions().get::<Replaced>().cloned() {
        Some(replaced) => replaced.replace(response),
        None => response,
    }
}

async fn export<T: Export>(session: &Session, request: tonic::Request<T>) -> Result<tonic::Response<T::Answer>, Status> {
    let replaced = |replaced| {
        let mut response = tonic::Response::new(T::Answer::default());
        response.extensions_mut().insert(replaced);
        Ok(response)
    };
    let (metadata, _, message) = request.into_parts();
    let headers = metadata.into_headers();
    match session.handle(headers, message.encoded_len(), message.into_body()).await {
        Answer::Success(partial) => Ok(tonic::Response::new(T::answer(partial))),
        Answer::Reply { encoding, body } => replaced(Replaced::Message { encoding, body }),
        Answer::Proxy { http, headers } => {
            let http = StatusCode::from_u16(http).expect("behaviours are checked when set");
            replaced(Replaced::Status { http, headers })
        }
        Answer::Error { grpc, headers, .. } => {
            Err(Status::with_metadata(grpc, "the test wants this error", MetadataMap::from_headers(headers)))
        }
    }
}

impl Replaced {
    fn replace(self, response: Response<Body>) -> Response<Body> {
        match self {
            Self::Message { encoding, body } => message(response, encoding, &body),
            Self::Status { http, headers } => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = http;
                *response.headers_mut() = headers;
                response
            }
        }
    }
}

/// A gRPC message that is whole and called a success, with another body.
fn message(mut response: Response<Body>, encoding: Option<HeaderValue>, body: &Bytes) -> Response<Body> {
    let length = u32::try_from(body.len()).expect("it fits into a message");
    let mut frame = vec![u8::from(encoding.is_some())];
    frame.extend(length.to_be_bytes());
    frame.extend(body);
    if let Some(encoding) = encoding {
        response.headers_mut().insert("grpc-encoding", encoding);
    }
    let trailers = async {
        let status = ("grpc-status".parse().ok()?, HeaderValue::from_static("0"));
        Some(Ok(HeaderMap::from_iter([status])))
    };
    response.map(|_| Body::new(Full::new(Bytes::from(frame)).with_trailers(trailers)))
}

#[tonic::async_trait]
impl TraceService for Session {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, Status> {
        export(self, request).await
    }
}

#[tonic::async_trait]
impl MetricsService for Session {
    async fn export(
        &self,
        request: tonic::Request<ExportMetricsServiceRequest>,
    ) -> Result<tonic::Response<ExportMetricsServiceResponse>, Status> {
        export(self, request).await
    }
}

#[tonic::async_trait]
impl LogsService for Session {
    async fn export(
        &self,
        request: tonic::Request<ExportLogsServiceRequest>,
    ) -> Result<tonic::Response<ExportLogsServiceResponse>, Status> {
        export(self, request).await
    }
}
