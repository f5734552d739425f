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
    /// Sent with every request.
    pub(crate) headers: Headers,
    /// For one request; `None` is no limit.
    pub(crate) timeout: Option<Duration>,
    pub(crate) compression: Compression,
    pub(crate) tls: Files,
}

/// Headers, and how a configuration file refers to them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Headers {
    /// The values are marked as sensitive, so that no `Debug` shows them.
    pub(crate) values: Vec<(HeaderName, HeaderValue)>,
    /// With variables in the place of the values, which may be secret: of the header of that name, or of a list of some.
    pub(crate) references: Vec<(Option<HeaderName>, String)>,
}

impl Headers {
    /// The headers of a list to which a file refers so.
    pub(crate) fn listed(values: Vec<(HeaderName, HeaderValue)>, reference: String) -> Self {
        let references = if values.is_empty() { Vec::new() } else { vec![(None, reference)] };
        Self { values, references }
    }
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

/// A file, and the variable, or the key of a configuration file, that names it.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) variable: String,
}

/// Whoever names it, it is the same file.
impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for File {}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.variable, self.path.display())
    }
}
