//! RPC, and of that gRPC (semantic conventions, "RPC spans" <https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/>, "gRPC"
//! <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/> and "RPC metrics" <https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/>), as
//! pure functions.

pub(crate) mod metrics;
mod wire;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use ::http::uri::Authority;
use ::http::{HeaderName, StatusCode};
use opentelemetry::{Key, KeyValue};
use opentelemetry_semantic_conventions::attribute as key;
use tonic::Code;

use super::network::{host_and_port, peer, server};
use crate::outcome::Outcome;

pub(crate) use self::wire::{code, deadline, is_grpc, message};

/// `rpc.system.name`, and the name of a span whose method is not known.
const SYSTEM: &str = "grpc";

/// What stands for all methods that are not known.
const OTHER: &str = "_OTHER";

/// The method of a call, of which there are few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// `shop.Orders/Place`.
    Known(Arc<str>),
    /// Whoever calls could send any.
    Other,
}

impl Method {
    /// `rpc.method`.
    pub(crate) fn attribute(&self) -> KeyValue {
        match self {
            Self::Known(name) => KeyValue::new(key::RPC_METHOD, Arc::clone(name)),
            Self::Other => KeyValue::new(key::RPC_METHOD, OTHER),
        }
    }

    /// `rpc.method`, and `rpc.method_original` where that is not known.
    pub(crate) fn attributes(&self, path: &str) -> impl Iterator<Item = KeyValue> + use<> {
        let original = matches!(self, Self::Other).then(|| KeyValue::new(key::RPC_METHOD_ORIGINAL, name(path).to_owned()));
        [self.attribute()].into_iter().chain(original)
    }
}

/// The name of a span: the method if it is known, else the system. Never the path, of which there are too many.
pub(crate) fn span_name(method: Option<&Method>) -> Cow<'static, str> {
    match method {
        Some(Method::Known(name)) => Cow::Owned(name.as_ref().to_owned()),
        Some(Method::Other) | None => Cow::Borrowed(SYSTEM),
    }
}

/// The name of the method in a path.
///
/// Input: `/shop.Orders/Place`. Output: `shop.Orders/Place`.
pub(crate) fn name(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

/// `rpc.system.name`.
pub(crate) fn system() -> KeyValue {
    KeyValue::new(key::RPC_SYSTEM_NAME, SYSTEM)
}

/// The attributes of a span that are known at its start, but for those of the method: of a server, what the caller calls it, and the other end of the connection;
/// of a client, whom it calls.
pub(crate) fn attributes(called: Option<&Authority>, other_end: Option<SocketAddr>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(8);
    attributes.push(system());
    attributes.extend(called.into_iter().flat_map(of_server));
    attributes.extend(other_end.into_iter().flat_map(peer).map(KeyValue::from));
    attributes
}

/// `server.address`, and `server.port` if it is written.
pub(crate) fn of_server(authority: &Authority) -> impl Iterator<Item = KeyValue> + Clone {
    let (host, port) = host_and_port(authority);
    server(host, port).map(KeyValue::from)
}

/// `rpc.response.status_code`.
pub(crate) fn status_code(code: Code) -> KeyValue {
    KeyValue::new(key::RPC_RESPONSE_STATUS_CODE, code_name(code))
}

/// The name of a code, as the gRPC project writes it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
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
    }
}

/// How a call went that a server answered: what the client did wrong is no error of the server's.
pub(crate) fn served_outcome(code: Code, message: String) -> Outcome {
    match code {
        Code::Unknown | Code::DeadlineExceeded | Code::Unimplemented | Code::Internal | Code::Unavailable | Code::DataLoss => {
            Outcome::error(code_name(code), message)
        }
        _ => Outcome::OK,
    }
}

/// How a call went that a client made.
pub(crate) fn asked_outcome(code: Code, message: String) -> Outcome {
    if code == Code::Ok { Outcome::OK } else { Outcome::error(code_name(code), message) }
}

/// The code of a response that has none, by its status of HTTP, as gRPC clients understand it
/// (<https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>).
pub(crate) fn inferred(status: StatusCode) -> Code {
    match status {
        StatusCode::BAD_REQUEST => Code::Internal,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::Unimplemented,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Code::Unavailable
        }
        _ => Code::Unknown,
    }
}

/// The key under which metadata of a request is recorded: `rpc.request.metadata.x-tenant`.
pub(crate) fn request_metadata(name: &HeaderName) -> Key {
    Key::new(format!("{}.{name}", key::RPC_REQUEST_METADATA))
}

/// The same of a response.
pub(crate) fn response_metadata(name: &HeaderName) -> Key {
    Key::new(format!("{}.{name}", key::RPC_RESPONSE_METADATA))
}

#[cfg(test)]
mod tests;
