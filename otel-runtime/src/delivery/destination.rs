//! Where one signal goes, and how: what the configuration says of it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};

use super::compression::Compression;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    HttpProtobuf,
    HttpJson,
    Grpc,
}

/// Where one signal goes, and how.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Destination {
    pub(crate) protocol: Protocol,
    /// The URL to post to; for gRPC that of the server.
    pub(crate) endpoint: Uri,
    /// Sent with every request. The values are marked as sensitive, so that no `Debug` shows them.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// For one request; `None` is no limit.
    pub(crate) timeout: Option<Duration>,
    pub(crate) compression: Compression,
    pub(crate) tls: Files,
}

/// The PEM files of a TLS connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Files {
    /// Whom to trust, instead of whom the system trusts.
    pub(crate) certificate: Option<File>,
    /// Who we are.
    pub(crate) client_certificate: Option<File>,
    pub(crate) client_key: Option<File>,
}

/// A file, and the variable that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) variable: String,
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.variable, self.path.display())
    }
}
