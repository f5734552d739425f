//! Zstandard (RFC 8878).

use std::io;

use super::Encoding;

pub(super) const ENCODING: Option<Encoding> = Some(Encoding { name: "zstd", encode });

fn encode(body: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(body, zstd::DEFAULT_COMPRESSION_LEVEL)
}
