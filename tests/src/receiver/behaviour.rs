//! What a receiver does with a request.

use std::time::Duration;

use hyper::HeaderMap;
use tonic::Code;

/// How requests are answered.
#[derive(Debug, Clone, Default)]
pub enum Behaviour {
    /// Success.
    #[default]
    Accept,
    /// An error: over HTTP a status with an empty body, over gRPC a code. The
    /// headers go along with either.
    Status { http: u16, grpc: Code, headers: HeaderMap },
    /// Success, but only after this time.
    Delay(Duration),
    /// No answer, the connection stays open.
    Hang,
    /// No answer, the connection is closed.
    Reset,
    /// Success that rejects some of the items.
    PartialSuccess { rejected: i64, message: String },
    /// Success by its status, with a body that does not decode.
    Garbage,
}

impl Behaviour {
    /// An error without headers.
    #[must_use]
    pub fn status(http: u16, grpc: Code) -> Self {
        Self::Status { http, grpc, headers: HeaderMap::new() }
    }

    /// Whether the sender is told, in a way it can understand, that its data
    /// were taken.
    pub(super) fn accepts(&self) -> bool {
        match self {
            Self::Accept | Self::Delay(_) | Self::PartialSuccess { .. } => true,
            Self::Status { .. } | Self::Hang | Self::Reset | Self::Garbage => false,
        }
    }

    /// Returns itself, checked in the thread of the test, where a mistake
    /// fails the test and does not only break a connection.
    #[track_caller]
    pub(super) fn checked(self) -> Self {
        if let Self::Status { http, grpc, .. } = &self {
            assert!((300..600).contains(http), "{http} is no HTTP status of an error");
            assert!(*grpc != Code::Ok, "OK is no gRPC code of an error");
        }
        self
    }
}
