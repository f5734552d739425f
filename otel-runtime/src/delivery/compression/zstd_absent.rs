//! Stands in for `zstd` where the feature is off.

use super::Encoding;

pub(super) const ENCODING: Option<Encoding> = None;
