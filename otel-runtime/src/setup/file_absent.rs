//! Without the feature `config-file` no configuration file is read.

use std::collections::BTreeSet;

use super::config::Config;
use super::env::Lookup;
use super::error::InitError;
use super::warning::Warning;
use crate::delivery::File;

pub(super) struct FileRead {
    pub(super) config: Config,
    pub(super) warnings: Vec<Warning>,
    pub(super) substituted: BTreeSet<String>,
}

pub(super) fn read(file: &File, _lookup: &Lookup<'_>) -> Result<FileRead, InitError> {
    Err(InitError::Unsupported(format!(
        "for the configuration file of {}, otel-runtime must be built with its feature `config-file`",
        file.variable
    )))
}
