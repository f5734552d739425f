//! What tonic's own transport knows of connections (feature `tonic-transport`).

use std::any::Any;
use std::error::Error;
use std::net::SocketAddr;

use h2::Reason;
use http::Extensions;
use tonic::Code;
use tonic::transport::server::TcpConnectInfo;

/// Who is at the other end of a server's connection.
pub(super) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<TcpConnectInfo>()?.remote_addr()
}

/// The error of a channel.
pub(super) fn error(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    error.downcast_ref::<tonic::transport::Error>().map(|error| error as _)
}

/// The code of a call that the other side broke off ("gRPC over HTTP2", "Errors":
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors>).
pub(super) fn reset(error: &(dyn Error + 'static)) -> Option<Code> {
    let error = error.downcast_ref::<h2::Error>()?;
    Some(match error.reason() {
        Some(
            Reason::NO_ERROR
            | Reason::PROTOCOL_ERROR
            | Reason::INTERNAL_ERROR
            | Reason::FLOW_CONTROL_ERROR
            | Reason::SETTINGS_TIMEOUT
            | Reason::FRAME_SIZE_ERROR
            | Reason::COMPRESSION_ERROR
            | Reason::CONNECT_ERROR,
        ) => Code::Internal,
        Some(Reason::REFUSED_STREAM) => Code::Unavailable,
        Some(Reason::CANCEL) => Code::Cancelled,
        Some(Reason::ENHANCE_YOUR_CALM) => Code::ResourceExhausted,
        Some(Reason::INADEQUATE_SECURITY) => Code::PermissionDenied,
        _ => Code::Unknown,
    })
}
