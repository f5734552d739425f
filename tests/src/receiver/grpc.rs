//! OTLP/gRPC, on the services generated from the protocol's definition.

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, Response,
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

/// Marks a response whose message is to be replaced: the generated services
/// can only send messages that decode.
#[derive(Clone)]
struct Replaced {
    encoding: Option<HeaderValue>,
    body: Bytes,
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
    let (metadata, _, message) = request.into_parts();
    let headers = metadata.into_headers();
    match session.handle(headers, message.into_body()).await {
        Answer::Success(partial) => Ok(tonic::Response::new(T::answer(partial))),
        Answer::Reply { encoding, body } => {
            let mut response = tonic::Response::new(T::Answer::default());
            response.extensions_mut().insert(Replaced { encoding, body });
            Ok(response)
        }
        Answer::Error { grpc, headers, .. } => {
            Err(Status::with_metadata(grpc, "the test wants this error", MetadataMap::from_headers(headers)))
        }
    }
}

impl Replaced {
    /// A gRPC message that is whole and called a success, with another body.
    fn replace(self, mut response: Response<Body>) -> Response<Body> {
        let length = u32::try_from(self.body.len()).expect("it fits into a message");
        let mut frame = vec![u8::from(self.encoding.is_some())];
        frame.extend(length.to_be_bytes());
        frame.extend(&self.body);
        if let Some(encoding) = self.encoding {
            response.headers_mut().insert("grpc-encoding", encoding);
        }
        let trailers = async {
            let status = ("grpc-status".parse().ok()?, HeaderValue::from_static("0"));
            Some(Ok(HeaderMap::from_iter([status])))
        };
        response.map(|_| Body::new(Full::new(Bytes::from(frame)).with_trailers(trailers)))
    }
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
