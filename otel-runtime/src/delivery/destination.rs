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
    pub(crate) stated: Stated,
}

/// Where it is stated what is to be changed, if something does not work.
#[derive(Clone, Debug, Default)]
pub(crate) enum Stated {
    #[default]
    InVariables,
    /// The key of a configuration file, with its place.
    At(String),
}

#[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "most of it is for what TLS says"))]
impl Stated {
    pub(crate) fn certificate(&self) -> String {
        self.name("OTEL_EXPORTER_OTLP_CERTIFICATE", "tls.ca_file")
    }

    pub(crate) fn client_certificate(&self) -> String {
        self.name("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "tls.cert_file")
    }

    pub(crate) fn client_key(&self) -> String {
        self.name("OTEL_EXPORTER_OTLP_CLIENT_KEY", "tls.key_file")
    }

    /// A setting, by its variable, or by what follows the key.
    pub(crate) fn name(&self, variable: &str, key: &str) -> String {
        match self {
            Self::InVariables => variable.to_owned(),
            Self::At(exporter) => format!("`{key}` of {exporter}"),
        }
    }

    /// What states another protocol.
    pub(crate) fn protocol(&self, protocol: Protocol) -> String {
        let (value, exporter) = match protocol {
            Protocol::Grpc => ("grpc", "otlp_grpc"),
            Protocol::HttpProtobuf => ("http/protobuf", "otlp_http"),
            Protocol::HttpJson => ("http/json", "otlp_http"),
        };
        match self {
            Self::InVariables => format!("OTEL_EXPORTER_OTLP_PROTOCOL={value}"),
            Self::At(stated) => format!("`{exporter}` in the place of {stated}"),
        }
    }

    /// What states the protocol that there is.
    pub(crate) fn this_protocol(&self) -> String {
        match self {
            Self::InVariables => "OTEL_EXPORTER_OTLP_PROTOCOL".to_owned(),
            Self::At(stated) => stated.clone(),
        }
    }
}

/// Wherever it is stated, it is the same.
impl PartialEq for Stated {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Stated {}

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
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) variable: String,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("path", &self.shown()).field("variable", &self.variable).finish()
    }
}

/// Whoever names it, it is the same file.
impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for File {}

impl File {
    /// The path, for whatever shows it.
    pub(crate) fn shown(&self) -> String {
        // A key may stand there itself, and be a secret.
        if is_pem(&self.path.to_string_lossy()) { "a text of PEM instead of a path".to_owned() } else { self.path.display().to_string() }
    }
}

/// Whether this is what belongs into a file, instead of the path of one.
pub(crate) fn is_pem(text: &str) -> bool {
    text.contains("-----BEGIN")
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.variable, self.shown())
    }
}
