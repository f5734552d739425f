//! Compression of requests: one of the encodings that a backend may take.

#[cfg(feature = "gzip")]
mod gzip;
#[cfg(not(feature = "gzip"))]
#[path = "compression/gzip_absent.rs"]
mod gzip;
#[cfg(feature = "zstd")]
mod zstd;
#[cfg(not(feature = "zstd"))]
#[path = "compression/zstd_absent.rs"]
mod zstd;

use std::io;

/// What requests are compressed with (`OTEL_EXPORTER_OTLP_COMPRESSION`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

/// A way to compress.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoding {
    /// As in `content-encoding` and `grpc-encoding`.
    pub(super) name: &'static str,
    pub(super) encode: fn(&[u8]) -> io::Result<Vec<u8>>,
}

impl Compression {
    /// `None` to send what is to be sent as it is; `Err` says what this build lacks.
    pub(super) fn encoding(self) -> Result<Option<Encoding>, String> {
        let encoding = match self {
            Self::None => return Ok(None),
            Self::Gzip => gzip::ENCODING.ok_or("gzip"),
            Self::Zstd => zstd::ENCODING.ok_or("zstd"),
        };
        encoding.map(Some).map_err(|name| format!("compression with {name} needs otel-runtime to be built with its feature `{name}`"))
    }
}
