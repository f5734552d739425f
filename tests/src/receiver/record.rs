//! What is recorded about a request.

use std::time::Instant;

use hyper::HeaderMap;
use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse},
    metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse},
    trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};

/// The protocol a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Grpc,
    Http,
}

/// The signal a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Traces,
    Metrics,
    Logs,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Request {
    pub protocol: Protocol,
    /// The HTTP headers or the gRPC metadata.
    pub headers: HeaderMap,
    /// When the whole body had come in.
    pub arrived: Instant,
    /// Whether it was answered with success; decided on arrival, so a delayed
    /// success counts at once.
    pub accepted: bool,
    /// The bytes of the body, without its compression.
    pub size: usize,
    pub body: Body,
}

impl Request {
    #[must_use]
    pub fn signal(&self) -> Signal {
        match self.body {
            Body::Traces(_) => Signal::Traces,
            Body::Metrics(_) => Signal::Metrics,
            Body::Logs(_) => Signal::Logs,
        }
    }

    /// The value of a header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The decoded body of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
    Logs(ExportLogsServiceRequest),
}

/// That some items were rejected, as the answer reports it.
pub(super) struct Partial {
    pub(super) rejected: i64,
    pub(super) message: String,
}

/// What tells the signals apart for the protocols.
pub(super) trait Export: Message + Default + DeserializeOwned {
    type Answer: Message + Default + Serialize;

    fn into_body(self) -> Body;

    fn answer(partial: Option<Partial>) -> Self::Answer;
}

impl Export for ExportTraceServiceRequest {
    type Answer = ExportTraceServiceResponse;

    fn into_body(self) -> Body {
        Body::Traces(self)
    }

    fn answer(partial: Option<Partial>) -> Self::Answer {
        ExportTraceServiceResponse {
            partial_success: partial
                .map(|partial| ExportTracePartialSuccess { rejected_spans: partial.rejected, error_message: partial.message }),
        }
    }
}

impl Export for ExportMetricsServiceRequest {
    type Answer = ExportMetricsServiceResponse;

    fn into_body(self) -> Body {
        Body::Metrics(self)
    }

    fn answer(partial: Option<Partial>) -> Self::Answer {
        ExportMetricsServiceResponse {
            partial_success: partial
                .map(|partial| ExportMetricsPartialSuccess { rejected_data_points: partial.rejected, error_message: partial.message }),
        }
    }
}

impl Export for ExportLogsServiceRequest {
    type Answer = ExportLogsServiceResponse;

    fn into_body(self) -> Body {
        Body::Logs(self)
    }

    fn answer(partial: Option<Partial>) -> Self::Answer {
        ExportLogsServiceResponse {
            partial_success: partial
                .map(|partial| ExportLogsPartialSuccess { rejected_log_records: partial.rejected, error_message: partial.message }),
        }
    }
}
