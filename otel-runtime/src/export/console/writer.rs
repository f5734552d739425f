//! Where a console writes, and whether that works.

use std::io::{self, Write};

use crate::diagnostics::Diagnostics;

pub(super) struct Writer {
    pub(super) out: Box<dyn Write + Send>,
    /// How often nothing could be written, since that was said.
    failed: u64,
}

/// What is to be said when nothing is locked.
pub(super) enum News {
    Failing(String),
    /// After so many pieces that were lost.
    Working(u64),
}

impl Writer {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, failed: 0 }
    }

    /// Notes what became of a piece.
    pub(super) fn note(&mut self, written: &io::Result<()>) -> Option<News> {
        let failed = self.failed;
        match written {
            Ok(()) if failed == 0 => None,
            Ok(()) => {
                self.failed = 0;
                Some(News::Working(failed))
            }
            Err(error) => {
                self.failed += 1;
                (failed == 0).then(|| News::Failing(error.to_string()))
            }
        }
    }
}

impl News {
    pub(super) fn tell(self, diagnostics: &Diagnostics) {
        match self {
            Self::Failing(error) => diagnostics.error(format_args!("the console cannot write: {error}; what it would show is lost")),
            Self::Working(lost) => diagnostics.info(format_args!("the console writes again; lost meanwhile: {lost} pieces of output")),
        }
    }
}
