//! gzip (RFC 1952).

use std::io::{self, Write};

use flate2::write::GzEncoder;

use super::Encoding;

pub(super) const ENCODING: Option<Encoding> = Some(Encoding { name: "gzip", encode });

fn encode(body: &[u8]) -> io::Result<Vec<u8>> {
    // What repeats in a request, names and keys, is found at the fastest level too.
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}
