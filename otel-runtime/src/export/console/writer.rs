//! Where a console writes, and whether that works.

use std::io::{self, Write};

use crate::diagnostics::{Diagnostics, Spell, times};

pub(super) struct Writer {
    out: Box<dyn Write + Send>,
}

impl Writer {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }

    pub(super) fn write(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// Says of a console what became of a piece of its output, if that is news.
pub(super) fn tell(diagnostics: &Diagnostics, spell: &Spell, written: &io::Result<()>) {
    match written {
        Err(error) if spell.goes_wrong() => {
            diagnostics.error(format_args!("the console cannot write: {error}; what it would show is lost"));
        }
        Err(_) => {}
        Ok(()) => {
            if let Some(failed) = spell.goes_right() {
                diagnostics.info(format_args!("the console writes again; it could not {}", times(failed)));
            }
        }
    }
}
