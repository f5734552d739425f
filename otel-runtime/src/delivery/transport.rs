//! The way to whoever takes what is delivered: over the network, or into lines.

use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::lines::Lines;
use super::network::Network;

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

    /// Makes of an encoded request what is sent, once for all the times that it is sent.
    pub(crate) async fn prepare(&self, request: Bytes) -> Result<Prepared, Failure> {
        match self {
            Self::Network(network) => network.prepare(request).await,
            Self::Lines(lines) => lines.prepare(request).await,
        }
    }

    /// Sends one request, and waits for the answer.
    pub(crate) async fn send(&self, prepared: Prepared) -> Result<Accepted, Failure> {
        match self {
            Self::Network(network) => network.send(prepared).await,
            Self::Lines(lines) => lines.send(prepared).await,
        }
    }
}

/// Makes another encoding of an encoded request.
pub(super) type Recode = fn(&[u8]) -> Result<Vec<u8>, String>;

/// A body as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(super) body: Bytes,
    /// What it is compressed with.
    pub(super) encoding: Option<&'static str>,
    /// The length of the request before it was compressed.
    pub(super) length: usize,
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
