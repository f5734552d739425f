//! The way to whoever takes what is delivered: over the network, or into lines.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::lines::Lines;
use super::network::Network;
use super::queue::Parcel;
use crate::own::{IO_ERROR, Status};

/// The way to whoever takes what is delivered.
#[derive(Debug)]
pub(crate) enum Transport {
    Network(Box<Network>),
    Lines(Lines),
}

impl Transport {
    /// Where it leads to, without what may be secret in it.
    pub(crate) fn endpoint(&self) -> String {
        match self {
            Self::Network(network) => network.endpoint(),
            Self::Lines(lines) => lines.name().to_owned(),
        }
    }

    /// Makes of an encoded request what is sent, once for all the times that it is sent: one request, or, where one would be too large, several with
    /// its items in their order.
    pub(crate) async fn prepare(&self, request: Parcel) -> Result<Vec<Prepared>, Failure> {
        match self {
            Self::Network(network) => network.prepare(request).await,
            Self::Lines(lines) => lines.prepare(request).await,
        }
    }

    /// Sends one request, and waits for the answer.
    pub(crate) async fn send(&self, prepared: Prepared) -> Attempt {
        match self {
            Self::Network(network) => network.send(prepared).await,
            Self::Lines(lines) => lines.send(prepared).await,
        }
    }
}

/// Makes another encoding of an encoded request: of none of the requests that it becomes more bytes than these, unless it has only one item.
pub(super) type Recode = fn(Parcel, usize) -> Result<Vec<Parcel>, String>;

/// A body as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(super) body: Bytes,
    /// What it is compressed with.
    pub(super) encoding: Option<&'static str>,
    /// The length of the request before it was compressed.
    pub(super) length: usize,
    /// How many items are in it.
    pub(super) items: u64,
}

/// One try to have a request taken.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) verdict: Result<Accepted, Failure>,
    pub(crate) ending: Ending,
}

/// How a try ended, whatever it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was answered.
    Status(Status),
    TimedOut,
    /// There was no connection, or it broke.
    Broken,
    /// What is on this machine did its part, or did not.
    Local,
}

impl Attempt {
    pub(super) fn local(verdict: Result<Accepted, Failure>) -> Self {
        Self { verdict, ending: Ending::Local }
    }

    /// What the backend answered with.
    pub(crate) fn status(&self) -> Option<Status> {
        match self.ending {
            Ending::Status(status) => Some(status),
            Ending::TimedOut | Ending::Broken | Ending::Local => None,
        }
    }

    /// Why it is no full success, as the value of `error.type`.
    pub(crate) fn error_type(&self) -> Option<Cow<'static, str>> {
        if let Ok(accepted) = &self.verdict {
            return (accepted.rejected > 0).then_some(Cow::Borrowed("rejected"));
        }
        Some(match self.ending {
            // It said that all is well, and not in the way that it should.
            Ending::Status(Status::Http(200..300) | Status::Rpc("OK")) => Cow::Borrowed("invalid_reply"),
            Ending::Status(Status::Http(code)) => Cow::Owned(code.to_string()),
            Ending::Status(Status::Rpc(code)) => Cow::Borrowed(code),
            Ending::TimedOut => Cow::Borrowed("timeout"),
            Ending::Broken => Cow::Borrowed("connection_error"),
            Ending::Local => Cow::Borrowed(IO_ERROR),
        })
    }
}

/// The backend took a request, but for some items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) rejected: u64,
    /// What the backend has to say of that, or of what it took.
    pub(crate) message: Option<String>,
}

/// The backend did not take a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It may take it later; `after` is how long it asked to be left alone.
    Retryable {
        cause: String,
        after: Option<Duration>,
    },
    Final {
        cause: String,
    },
}

impl Failure {
    pub(super) fn retryable(cause: impl Into<String>) -> Self {
        Self::Retryable { cause: cause.into(), after: None }
    }

    pub(super) fn is_final(cause: impl Into<String>) -> Self {
        Self::Final { cause: cause.into() }
    }

    /// What went wrong, in words that contain nothing a server said: it may repeat a secret of ours.
    pub(crate) fn cause(&self) -> &str {
        match self {
            Self::Retryable { cause, .. } | Self::Final { cause } => cause,
        }
    }
}

/// Runs what takes its time on a thread beside the delivery's.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    match spawn_blocking(work).await {
        Ok(result) => Ok(result),
        Err(error) if error.is_panic() => Err(Failure::is_final("the encoding of a request panicked")),
        // The delivery ends.
        Err(_) => std::future::pending().await,
    }
}
