//! What is an error in what is answered.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, ServerError, Value};

use crate::middleware::database::Failure;
use crate::outcome::ErrorType;
use crate::semconv::db::redis::{OTHER, StatusCode};

/// What a connection answers: errors of the server are in it.
pub(super) trait Answer {
    fn error(&self) -> Option<&ServerError>;
}

impl Answer for Value {
    /// The first one in the reply, wherever the crate looks for one.
    fn error(&self) -> Option<&ServerError> {
        match self {
            Self::ServerError(error) => Some(error),
            Self::Array(values) | Self::Set(values) | Self::Push { data: values, .. } => values.error(),
            Self::Map(pairs) => of_pairs(pairs),
            Self::Attribute { data, attributes } => data.error().or_else(|| of_pairs(attributes)),
            _ => None,
        }
    }
}

impl Answer for Vec<Value> {
    fn error(&self) -> Option<&ServerError> {
        self.iter().find_map(Answer::error)
    }
}

fn of_pairs(pairs: &[(Value, Value)]) -> Option<&ServerError> {
    pairs.iter().find_map(|(key, value)| key.error().or_else(|| value.error()))
}

/// An error that the server has answered.
pub(super) fn of_server<'a>(code: &'a str, details: Option<&'a str>) -> Failure<'a> {
    let status_code = StatusCode::new(code);
    Failure {
        class: status_code.as_ref().map_or(OTHER, StatusCode::known).into(),
        code: status_code.map(StatusCode::into_inner),
        said: details.map_or(Cow::Borrowed(code), |details| format!("{code} {details}").into()),
    }
}

/// An error that the crate has made of what the server answered, or of something else.
pub(super) fn of_client(error: &RedisError) -> Failure<'static> {
    let answered = error.clone().into_server_errors();
    if let Some((_, first)) = answered.as_ref().and_then(|errors| errors.first()) {
        // A transaction that was refused has a code of its own.
        let failure = of_server(error.code().unwrap_or_else(|| first.code()), first.details());
        return Failure { code: failure.code.map(|code| Cow::Owned(code.into_owned())), said: failure.said.into_owned().into(), ..failure };
    }
    match error.code().and_then(StatusCode::new) {
        Some(code) => Failure { class: code.known().into(), code: Some(code.into_inner()), said: error.to_string().into() },
        None => Failure { code: None, class: class(error), said: error.to_string().into() },
    }
}

/// The class of an error that is not the server's.
fn class(error: &RedisError) -> Cow<'static, str> {
    // The crate hands on what it keeps an error in.
    let kept = error.source().and_then(|source| source.downcast_ref::<Arc<dyn Error + Send + Sync>>());
    if let Some(error) = kept.and_then(|kept| kept.downcast_ref::<std::io::Error>()) {
        return error.error_type();
    }
    let class = match error.kind() {
        ErrorKind::AuthenticationFailed => "authentication_failed",
        ErrorKind::Client => "client",
        ErrorKind::ClusterConnectionNotFound => "cluster_connection_not_found",
        ErrorKind::EmptySentinelList => "empty_sentinel_list",
        ErrorKind::InvalidClientConfig => "invalid_client_config",
        ErrorKind::Io => "io",
        ErrorKind::MasterNameNotFoundBySentinel => "master_name_not_found_by_sentinel",
        ErrorKind::NoValidReplicasFoundBySentinel => "no_valid_replicas_found_by_sentinel",
        ErrorKind::Parse => "parse",
        ErrorKind::RESP3NotSupported => "resp3_not_supported",
        ErrorKind::UnexpectedReturnType => "unexpected_return_type",
        _ => OTHER,
    };
    class.into()
}
