//! Stands in for `gzip` where the feature is off.

use super::Encoding;

pub(super) const ENCODING: Option<Encoding> = None;
