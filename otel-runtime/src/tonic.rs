//! What `tonic`'s types say about themselves (feature `tonic`).

use std::borrow::Cow;

use ::tonic::{Code, Status};

use crate::outcome::ErrorType;

/// The name of the code, as in `rpc.response.status_code` (semantic conventions, "RPC":
/// <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>).
///
/// ```
/// use otel_runtime::ErrorType;
///
/// assert_eq!(tonic::Status::unavailable("the bank is closed").error_type(), "UNAVAILABLE");
/// ```
impl ErrorType for Status {
    fn error_type(&self) -> Cow<'static, str> {
        let name = match self.code() {
            Code::Ok => "OK",
            Code::Cancelled => "CANCELLED",
            Code::Unknown => "UNKNOWN",
            Code::InvalidArgument => "INVALID_ARGUMENT",
            Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Code::NotFound => "NOT_FOUND",
            Code::AlreadyExists => "ALREADY_EXISTS",
            Code::PermissionDenied => "PERMISSION_DENIED",
            Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Code::FailedPrecondition => "FAILED_PRECONDITION",
            Code::Aborted => "ABORTED",
            Code::OutOfRange => "OUT_OF_RANGE",
            Code::Unimplemented => "UNIMPLEMENTED",
            Code::Internal => "INTERNAL",
            Code::Unavailable => "UNAVAILABLE",
            Code::DataLoss => "DATA_LOSS",
            Code::Unauthenticated => "UNAUTHENTICATED",
        };
        name.into()
    }
}
