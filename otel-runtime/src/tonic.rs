//! What `tonic`'s types say about themselves (feature `tonic`).

use std::borrow::Cow;

use ::tonic::Status;

use crate::outcome::ErrorType;
use crate::semconv::rpc::code_name;

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
        code_name(self.code()).into()
    }
}
